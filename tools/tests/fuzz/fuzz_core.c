/* SPDX-License-Identifier: GPL-2.0-only */
// sources: xen/common/mm/*.c xen/arch/x86/mm/audit.c xen/arch/x86/mm/desc.c xen/arch/x86/mm/entry.c xen/arch/x86/mm/hold.c xen/arch/x86/mm/mmuext.c xen/arch/x86/mm/promote.c xen/arch/x86/mm/teardown.c xen/arch/x86/mm/update.c xen/arch/x86/mm/walk.c tools/tests/model/*.c
// cflags: -DPT_ENTRIES=8
// plain: tools/tests/model/*.c tools/tests/fuzz/fuzz_core.c
// coverage: inline-8bit-counters,pc-table
// options: -max_len=962 -len_control=20
// share: 4
// merge-counters: 1
/*
 * The memory core: two domains of two vCPUs on two CPUs share a machine of 23 frames, whose page tables have eight entries, and do what
 * the input says. It also says where calls are stopped, what happens before they go on, when there is no memory, and what guests store
 * to where they still can. After every call core and model agree on everything, and no CPU holds a dangerous translation. In the
 * end both domains are taken down, and every frame is free.
 *
 *   1. bytes into operations
 *   2. one operation to its end, or as far as it gets
 *   3. whole inputs
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "../model/model.h"
#include "core_input.h"
#include "fuzz.h"

/* ---- 1. bytes into operations -------------------------------------------------------------------------------------- */

#define P        1ULL
#define RW       2ULL
#define US       4ULL
#define AD       0x60ULL
#define ALL_ONES 0xffffffffffULL /* the largest frame number that an entry has room for */

static uint64_t frame_of(uint8_t byte)
{
    static const uint64_t odd[] = { 0,          SMALL_MFNS,  SMALL_MFNS + 1, 0xfffffff,
                                    0x10000000, ALL_ONES,    ~0ULL,          1ULL << 40,
                                    0x100001,   ~0ULL >> 12, 1ULL << 63,     0xfffffffffffffULL };

    return byte < 0xe0 ? byte % SMALL_MFNS : odd[byte % ARRAY_SIZE(odd)];
}

static uint64_t flags_of(uint8_t byte)
{
    static const uint64_t rare[16] = {
        0,    0,    0,         1ULL << 3, 1ULL << 4,  0x18,       0x80,       0x88,
        0x90, 0x98, 1ULL << 8, 0xe00,     1ULL << 52, 1ULL << 63, 1ULL << 45, 0x7f0ULL << 52,
    };

    return (byte & 1 ? 0 : P) | (byte & 2 ? RW : 0) | (byte & 4 ? US : 0) | (byte & 8 ? AD : 0) |
           rare[byte >> 4];
}

static uint64_t entry_of(uint8_t frame, uint8_t flags)
{
    if ( flags == 0xff )
        return 0;
    return ((frame_of(frame) << PAGE_SHIFT) & 0x000ffffffffff000ULL) | flags_of(flags);
}

static unsigned int slot_of(uint8_t byte)
{
    return byte >= 0xf0 ? PT_ENTRIES + byte % 3 : byte % PT_ENTRIES;
}

static uint32_t target_of(const struct core_record *r)
{
    const uint32_t ids[] = { small_id(0), small_id(1), DOMID_IO, DOMID_XEN, 3 };
    unsigned int how = r->who >> 2;

    if ( how < 48 )
        return DOMID_SELF;
    if ( how < 56 )
        return ids[how % ARRAY_SIZE(ids)];
    return ((ids[how % 2] + 1) << 16) | (how & 4 ? DOMID_SELF : ids[how % 3]);
}

static uint64_t va_of(const struct core_record *r)
{
    static const uint64_t odd[] = { 0x0000800000000000ULL, 0xffff800000000000ULL,
                                    0xffff87fffffff000ULL, 0xffff880000000000ULL,
                                    ~0ULL << 12,           0x00007ffffffff000ULL };

    if ( r->frame >= 0xf8 )
        return odd[r->frame % ARRAY_SIZE(odd)];
    return ((uint64_t)(r->slot % PT_ENTRIES) << 12) | ((uint64_t)(r->frame & 3) << 21) |
           ((uint64_t)((r->frame >> 2) & 3) << 30) | ((uint64_t)((r->frame >> 4) & 15) << 39);
}

static struct pt_update request_of(const struct core_record *r)
{
    static const uint8_t commands[16] = {
        [10] = MMU_PT_UPDATE_PRESERVE_AD,  [11] = MMU_PT_UPDATE_PRESERVE_AD,
        [12] = MMU_MACHPHYS_UPDATE,        [13] = MMU_MACHPHYS_UPDATE,
        [14] = MMU_PT_UPDATE_NO_TRANSLATE, [15] = 5,
    };
    uint64_t command = commands[r->extra % 16];

    return (struct pt_update){ .ptr = (frame_of(r->frame) << PAGE_SHIFT) + slot_of(r->slot) * 8 +
                                      command,
                               .val = entry_of(r->frame2, r->flags) };
}

static void decode_ext(struct small_op *op, const struct core_record *r)
{
    op->kind = SMALL_EXT;
    op->cmd = r->extra % 22;
    op->arg[0] = frame_of(r->frame);
    op->arg[1] = frame_of(r->frame2);
    op->mask = r->slot;
    if ( op->cmd >= MMUEXT_TLB_FLUSH_LOCAL && op->cmd <= MMUEXT_INVLPG_ALL )
        op->arg[0] = va_of(r);
    if ( op->cmd != MMUEXT_SET_LDT )
        return;
    op->arg[0] = va_of(r) | (r->flags == 0xfe ? 8 : 0);
    op->arg[1] = (uint64_t)r->frame2 * 40;
}

static void decode_va(struct small_op *op, const struct core_record *r)
{
    static const uint64_t whom[] = { UVMF_LOCAL, UVMF_LOCAL, UVMF_ALL, UVMF_MULTI | 64 };

    op->kind = SMALL_VA;
    op->arg[0] = va_of(r);
    op->arg[1] = entry_of(r->frame2, r->flags);
    op->arg[2] = (r->extra & 3) | whom[(r->extra >> 2) & 3];
    op->mask = (r->extra >> 4) & 3;
}

static void decode_gdt(struct small_op *op, const struct core_record *r)
{
    op->kind = SMALL_GDT;
    op->arg[0] = r->extra < 0xf0 ? r->extra * 9ULL : 7168 + r->extra % 2U;
    op->req[0].val = frame_of(r->frame);
    op->req[1].val = frame_of(r->frame2);
    op->req[2].val = op->req[3].val = frame_of(r->flags);
}

/* Descriptors of every kind; where in the page does not matter much. */
static void decode_desc(struct small_op *op, const struct core_record *r)
{
    op->kind = SMALL_DESC;
    op->arg[0] = (frame_of(r->frame) << PAGE_SHIFT) + slot_of(r->slot) * 8 + (r->extra == 255);
    op->arg[1] = ((uint64_t)r->flags << 40) | r->frame2;
}

static void decode_ptwr(struct small_op *op, const struct core_record *r)
{
    uint64_t mfn = frame_of(r->frame);

    op->kind = SMALL_PTWR;
    op->arg[0] = (mfn << PAGE_SHIFT) + slot_of(r->slot) * 8 + (r->extra == 255);
    op->arg[1] = mfn < SMALL_MFNS ? small_memory[mfn][r->slot % PT_ENTRIES] : 0;
    if ( r->extra % 8 == 1 )
        op->arg[1] ^= AD & r->extra;
    op->arg[2] = entry_of(r->frame2, r->flags);
}

/* To an entry of a table that is mapped somewhere: tables are pages 0 to 3 of a domain to begin with. */
static void decode_mov(struct small_op *op, const struct core_record *r)
{
    op->kind = SMALL_MOV;
    op->arg[0] = va_of(r) + slot_of(r->extra) * 8 + (r->extra == 255);
    op->arg[1] = entry_of(r->frame2, r->flags);
}

/* A kind whose first argument is a frame, or a domain. */
static void decode_simple(struct small_op *op, enum small_kind kind, uint64_t arg)
{
    op->kind = (uint8_t)kind;
    op->arg[0] = arg;
}

static void decode_guest(struct small_op *op, const struct core_record *r)
{
    op->kind = r->kind % CORE_KINDS == CORE_AD ? SMALL_AD : SMALL_STORE;
    op->arg[0] = frame_of(r->frame);
    op->arg[1] = r->slot >= 0xf0 ? r->slot * 2ULL : r->slot % PT_ENTRIES;
    op->arg[2] = op->kind == SMALL_AD ? r->flags & AD : entry_of(r->frame2, r->flags);
}

/* How many of @left records make the operation; at least one. */
static unsigned int decode(struct small_op *op, const struct core_record *r, unsigned int left)
{
    unsigned int nr = 1;

    memset(op, 0, sizeof(*op));
    op->vcpu = r->who % SMALL_VCPUS_ALL;
    op->target = target_of(r);
    op->nr = 1;
    switch ( r->kind % CORE_KINDS )
    {
    case CORE_VA:
    case CORE_VA2: decode_va(op, r); break;
    case CORE_PIN:
        decode_ext(op, r);
        op->cmd = (uint8_t)(MMUEXT_PIN_L1_TABLE + r->slot % 4);
        break;
    case CORE_UNPIN:
        decode_ext(op, r);
        op->cmd = MMUEXT_UNPIN_TABLE;
        break;
    case CORE_BASE:
        decode_ext(op, r);
        op->cmd = r->slot % 3 ? MMUEXT_NEW_BASEPTR : MMUEXT_NEW_USER_BASEPTR;
        op->arg[0] = frame_of(r->frame);
        break;
    case CORE_BATCH:
        for ( nr = 0; nr < SMALL_BATCH && nr < left; nr++ )
            op->req[nr] = request_of(&r[nr]);
        op->nr = (uint8_t)nr;
        break;
    case CORE_EXT: decode_ext(op, r); break;
    case CORE_GDT: decode_gdt(op, r); break;
    case CORE_DESC: decode_desc(op, r); break;
    case CORE_LDT_FAULT: decode_simple(op, SMALL_LDT_FAULT, r->frame * 256ULL); break;
    case CORE_PTWR: decode_ptwr(op, r); break;
    case CORE_MOV: decode_mov(op, r); break;
    case CORE_DRAIN: decode_simple(op, SMALL_DRAIN, 0); break;
    case CORE_ALLOC:
        decode_simple(op, r->frame >= 0xc0 ? SMALL_ALLOC_EXTRA : SMALL_ALLOC,
                      r->frame >= 0x80 && r->frame < 0xc0 ? r->frame : 0);
        break;
    case CORE_RELEASE: decode_simple(op, SMALL_RELEASE, frame_of(r->frame)); break;
    case CORE_HOLD: decode_simple(op, SMALL_HOLD, frame_of(r->frame)); break;
    case CORE_UNHOLD: decode_simple(op, SMALL_UNHOLD, frame_of(r->frame)); break;
    case CORE_TEARDOWN: decode_simple(op, SMALL_TEARDOWN, r->frame % SMALL_DOMAINS); break;
    case CORE_CREATE: decode_simple(op, SMALL_CREATE, r->frame % SMALL_DOMAINS); break;
    case CORE_STORE_OP:
    case CORE_AD: decode_guest(op, r); break;
    case CORE_USER: decode_simple(op, SMALL_USER, 0); break;
    default: op->req[0] = request_of(r); break;
    }
    return nr;
}

static struct small_schedule schedule_of(const struct core_record *r)
{
    return (struct small_schedule){
        .yield_at = r->yield,
        .back_fails = r->mood & CORE_NO_MEMORY,
        .store_at_flush = r->mood & (CORE_STORE | CORE_STORE_ANY),
        .store_at_yield = r->mood & CORE_STORE_ANY,
        .touch_ad = r->mood & CORE_TOUCH_AD,
        .common = r->mood & CORE_COMMON,
        .meet = r->mood & CORE_MEET,
        .store_pick = r->store_frame,
        .store_index = r->store_slot % PT_ENTRIES,
        .store_value = entry_of(r->store_frame, r->store_flags),
    };
}

/* ---- 2. one operation ---------------------------------------------------------------------------------------------- */

/* Each attempt handles an entry at least; of every table, down and up again. */
#define RESTARTS_MAX (2 * SMALL_RAM_END * (PT_ENTRIES + 2))

static struct model model, twin;

/* What a vCPU was doing when it was left. */
static struct
{
    bool active;
    unsigned int from;
    struct small_op op;
} left[SMALL_VCPUS_ALL];

/* Combinations of operation and result, for libFuzzer: states it has not seen are worth keeping. */
__attribute__((used, section("__libfuzzer_extra_counters"))) static volatile uint8_t seen[16384];
static bool plain;

static void tell(const struct small_op *op, const struct small_schedule *s, unsigned int from,
                 int rc, unsigned int done)
{
    static const char *const names[] = {
        "mmu_update",     "update_va_mapping", "mmuext_op",      "set_gdt",  "update_descriptor",
        "LDT fault",      "page-table write",  "MOV to a table", "drain",    "allocate",
        "allocate extra", "release",           "hold",           "unhold",   "teardown",
        "create",         "guest's store",     "CPU sets A, D",  "user mode"
    };

    printf("  vCPU %u %s", op->vcpu, names[op->kind]);
    if ( op->kind == SMALL_EXT )
        printf(" cmd %u", op->cmd);
    if ( op->target != DOMID_SELF )
        printf(" foreigndom %#x", op->target);
    for ( unsigned int i = from; op->kind == SMALL_UPDATE && i < op->nr; i++ )
        printf(" [mfn %#" PRIx64 " entry %u.%u := %#" PRIx64 "]", op->req[i].ptr >> PAGE_SHIFT,
               (unsigned int)(op->req[i].ptr % PAGE_SIZE / 8), (unsigned int)(op->req[i].ptr & 7),
               op->req[i].val);
    if ( op->kind != SMALL_UPDATE )
        printf(" %#" PRIx64 ", %#" PRIx64 ", %#" PRIx64, op->arg[0], op->arg[1], op->arg[2]);
    if ( op->kind == SMALL_GDT )
        printf(" frames %#" PRIx64 " %#" PRIx64 " %#" PRIx64, op->req[0].val, op->req[1].val,
               op->req[2].val);
    if ( s->yield_at )
        printf(" (stop at %u, %u questions)", s->yield_at, small.questions);
    for ( unsigned int i = 0; i < small.nr_stores; i++ )
        printf(" (mfn %#x entry %u written: %#" PRIx64 ")", small.stores[i].mfn,
               small.stores[i].index, small.stores[i].value);
    printf(" -> %d", rc);
    if ( op->kind == SMALL_UPDATE )
        printf(", %u done", done);
    putchar('\n');
    fflush(stdout);
}

static void note_state(const struct small_op *op, int rc)
{
    uint64_t mfn = op->kind == SMALL_UPDATE ? op->req[0].ptr >> PAGE_SHIFT : op->arg[0];
    unsigned int type = mfn < SMALL_MFNS && model.a.types[mfn] ? model.a.type[mfn] : 0;
    unsigned int h = op->kind * 37U + op->cmd;

    unsigned int around = 0;

    if ( plain )
        return;
    h = h * 31 + (unsigned int)-rc;
    h = h * 8 + type;
    h = h * 2 + (mfn < SMALL_MFNS && model.f[mfn].partial);
    seen[(h * 2654435761U) >> 18] = 1;
    /* What is half-way, anywhere; what the vCPU has. */
    for ( unsigned int i = 0; i < SMALL_RAM_END; i++ )
        if ( model.f[i].partial )
            around = around * 3 + model.f[i].partial * 2U + model.f[i].slot;
    around = around * 2 + (model.v[op->vcpu].drain != SMALL_NO_MFN);
    around = around * 2 + (model.v[op->vcpu].ldt[0] != SMALL_NO_MFN);
    around = around * 2 + (model.v[op->vcpu].user_root != SMALL_NO_MFN);
    seen[((h + around * 0x9e37U) * 2654435761U) >> 18] = 1;
}

static int step(const struct small_op *op, const struct small_schedule *s, unsigned int from,
                unsigned int *done)
{
    const char *what;
    int rc;

    fuzz_operations++;
    what = model_step(&model, op, s, from, &rc, done);
    if ( fuzz_verbose )
        tell(op, s, from, rc, *done);
    FUZZ_CHECK(!what, "%s (%s)", what, model_details());
    note_state(op, rc);
    return rc;
}

/* Nothing is left half-way: then what an interrupted operation comes to does not depend on where it was stopped. */
static bool nothing_half_way(void)
{
    for ( unsigned int mfn = 0; mfn < SMALL_RAM_END; mfn++ )
        if ( model.f[mfn].partial )
            return false;
    for ( unsigned int v = 0; v < SMALL_VCPUS_ALL; v++ )
        if ( model.v[v].drain != SMALL_NO_MFN )
            return false;
    return true;
}

/* Invariant 10: the same result and state as without a stop. */
static void compare_twin(const struct small_op *op, int rc)
{
    unsigned int done;
    int want = model_do(&twin, op, 0, op->nr, &done);

    model_settle(&twin, false);
    FUZZ_CHECK(rc == want, "[10] %d after stops, %d without", rc, want);
    FUZZ_CHECK(!memcmp(&twin.a, &model.a, sizeof(twin.a)), "[10] other accounts after stops");
    FUZZ_CHECK(!memcmp(twin.page, model.page, sizeof(twin.page)), "[10] other memory after stops");
}

static int drain_all(const struct small_op *op, const struct small_schedule *s)
{
    const struct small_op drain = { .kind = SMALL_DRAIN, .vcpu = op->vcpu };
    unsigned int restarts = 0, done;
    int rc = 0;

    while ( small_alive(op->vcpu) && model.v[op->vcpu].drain != SMALL_NO_MFN )
    {
        rc = step(&drain, s, 0, &done);
        FUZZ_CHECK(restarts++ < RESTARTS_MAX, "[10] no progress in the drain");
    }
    return rc;
}

/* Until it is done, whatever stops it. */
static void run_to_end(const struct small_op *op, const struct small_schedule *s, unsigned int from)
{
    bool compare = s->yield_at && from == 0 && op->kind <= SMALL_DRAIN && !s->touch_ad &&
                   !s->store_at_flush && nothing_half_way();
    unsigned int restarts = 0, done;
    int rc;

    if ( compare )
        twin = model;
    do
    {
        rc = step(op, s, from, &done);
        from += done;
        FUZZ_CHECK(restarts++ < RESTARTS_MAX, "[10] no progress");
    } while ( rc == -ERESTART );
    if ( compare )
    {
        drain_all(op, s);
        compare_twin(op, rc);
    }
}

static void run_once(const struct small_op *op, const struct small_schedule *s, unsigned int from)
{
    unsigned int done;
    int rc = step(op, s, from, &done);

    left[op->vcpu].active = rc == -ERESTART && op->kind <= SMALL_LAST_CALL;
    left[op->vcpu].op = *op;
    left[op->vcpu].from = from + done;
}

static unsigned int run_record(const struct core_record *r, unsigned int nr)
{
    struct small_schedule s = schedule_of(r);
    unsigned int v = r->who % SMALL_VCPUS_ALL, used = 1;
    struct small_op op;

    if ( left[v].active && !(r->mood & CORE_ABANDON) )
    {
        left[v].active = false;
        op = left[v].op;
        if ( r->mood & CORE_LEAVE )
            run_once(&op, &s, left[v].from);
        else
            run_to_end(&op, &s, left[v].from);
        return 1;
    }
    left[v].active = false;
    used = decode(&op, r, nr);
    if ( r->mood & CORE_LEAVE )
        run_once(&op, &s, 0);
    else
        run_to_end(&op, &s, 0);
    return used;
}

/* ---- 3. whole inputs ----------------------------------------------------------------------------------------------- */

/* The machines that inputs begin with, built when they are first asked for. */
static void begin(uint8_t world)
{
    static struct
    {
        struct small_copy machine;
        struct model model;
    } * kept[64];
    unsigned int i = world % ARRAY_SIZE(kept);

    if ( !kept[i] )
    {
        const struct small_config config = { .privileged = i & 1,
                                             .l1tf = i & 2,
                                             .tight = i & 4,
                                             .plain_pages = i & 8,
                                             .yield_mask = (uint8_t)((1U << (i >> 4)) - 1) };

        plain = getenv("FUZZ_PLAIN");
        small_reset(&config);
        model_adopt(&model);
        kept[i] = malloc(sizeof(*kept[i]));
        if ( !kept[i] )
            abort();
        small_save(&kept[i]->machine);
        kept[i]->model = model;
    }
    small_restore(&kept[i]->machine);
    model = kept[i]->model;
    memset(left, 0, sizeof(left));
    small_verbose = fuzz_verbose;
}

static void take_up(void)
{
    const struct small_schedule s = { 0 };

    for ( unsigned int v = 0; v < SMALL_VCPUS_ALL; v++ )
        if ( left[v].active && small_alive(v) )
            run_to_end(&left[v].op, &s, left[v].from);
}

/* Both domains go; each may have to wait for the other, that still maps some of its frames. */
static void end(const struct core_header *h)
{
    struct small_schedule s = { .yield_at = h->ending };
    struct small_op op = { .kind = SMALL_TEARDOWN, .arg[0] = (h->world >> 6) & 1 };

    if ( h->world & 0x80 )
        take_up();
    for ( unsigned int i = 0; i < 2 * SMALL_DOMAINS; i++ )
    {
        run_to_end(&op, &s, 0);
        op.arg[0] = (op.arg[0] + 1) % SMALL_DOMAINS;
    }
    FUZZ_CHECK(small.m.heap.nr_free == SMALL_RAM_END - 2, "[12] %" PRIu64 " of %u frames free",
               small.m.heap.nr_free, SMALL_RAM_END - 2);
}

/* The core's own audit must come to the same verdict. */
static void check_audit(void)
{
    static struct audit_count counts[SMALL_MFNS];
    struct audit_result res;

    audit(&small.m, counts, &res);
    FUZZ_CHECK(res.violations == 0, "the core's audit sees %u violations, the model none",
               res.violations);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct core_record records[CORE_RECORDS];
    struct core_header h;
    unsigned int nr, i = 0;

    if ( size < sizeof(h) )
        return 0;
    memcpy(&h, data, sizeof(h));
    nr = (unsigned int)((size - sizeof(h)) / sizeof(records[0]));
    if ( nr > CORE_RECORDS )
        nr = CORE_RECORDS;
    memcpy(records, data + sizeof(h), nr * sizeof(records[0]));
    begin(h.world);
    while ( i < nr )
        i += run_record(&records[i], nr - i);
    check_audit();
    end(&h);
    return 0;
}
