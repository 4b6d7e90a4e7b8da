/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Hypercalls in words, the first half: those that are about memory and about ways into the guest.
 *
 *  1. memory: mmu_update, mmuext_op, update_va_mapping, memory_op
 *  2. descriptors, traps, callbacks
 *
 * See trace_decode.c. No locks.
 */
#include <public/callback.h>
#include <public/memory.h>
#include <xen/continuation.h>
#include "trace_text.h"

/* ---- 1. Memory ------------------------------------------------------------------------------ */

/* A list at a1 of a2 entries of @size bytes: how many, and the first of those still to be done. */
static void put_list(struct text *t, const unsigned long *a, size_t size,
                     void (*one)(struct text *t, uint64_t va))
{
    struct progress p = progress_decode(a[1]);
    uint64_t va = a[0] + (uint64_t)p.done * size;

    text_put(t, "%u", p.count);
    if ( p.done )
        text_put(t, " from %u on", p.done);
    for ( unsigned int i = p.done; i < p.count; i++, va += size )
    {
        text_put(t, ", ");
        if ( i - p.done == SHOWN )
        {
            text_put(t, "...");
            return;
        }
        one(t, va);
    }
}

static void put_mmu_update(struct text *t, uint64_t va)
{
    struct mmu_update req;

    if ( !READ(req, va) )
    {
        text_unreadable(t, va);
        return;
    }
    if ( (req.ptr & 3) == MMU_MACHPHYS_UPDATE )
    {
        text_put(t, "{M2P[%#lx] := pfn %#lx}", req.ptr >> 12, req.val);
        return;
    }
    text_put(t, "{mfn %#lx[%lu] := ", req.ptr >> 12, (req.ptr & 0xfff) / sizeof(uint64_t));
    text_pte(t, req.val);
    if ( (req.ptr & 3) == MMU_PT_UPDATE_PRESERVE_AD )
        text_put(t, ", keep A and D");
    if ( req.ptr & 4 )
        text_put(t, ", bad pointer %#lx", req.ptr);
    text_put(t, "}");
}

void trace_mmu_update(struct text *t, const unsigned long *a, uint64_t rsp)
{
    put_list(t, a, sizeof(struct mmu_update), put_mmu_update);
    text_target(t, (unsigned int)a[3]);
}

static const char *const mmuext_names[] = {
    [MMUEXT_PIN_L1_TABLE] = "PIN_L1",
    [MMUEXT_PIN_L2_TABLE] = "PIN_L2",
    [MMUEXT_PIN_L3_TABLE] = "PIN_L3",
    [MMUEXT_PIN_L4_TABLE] = "PIN_L4",
    [MMUEXT_UNPIN_TABLE] = "UNPIN",
    [MMUEXT_NEW_BASEPTR] = "NEW_BASEPTR",
    [MMUEXT_TLB_FLUSH_LOCAL] = "TLB_FLUSH_LOCAL",
    [MMUEXT_INVLPG_LOCAL] = "INVLPG_LOCAL",
    [MMUEXT_TLB_FLUSH_MULTI] = "TLB_FLUSH_MULTI",
    [MMUEXT_INVLPG_MULTI] = "INVLPG_MULTI",
    [MMUEXT_TLB_FLUSH_ALL] = "TLB_FLUSH_ALL",
    [MMUEXT_INVLPG_ALL] = "INVLPG_ALL",
    [MMUEXT_FLUSH_CACHE] = "FLUSH_CACHE",
    [MMUEXT_SET_LDT] = "SET_LDT",
    [MMUEXT_NEW_USER_BASEPTR] = "NEW_USER_BASEPTR",
    [MMUEXT_CLEAR_PAGE] = "CLEAR_PAGE",
    [MMUEXT_COPY_PAGE] = "COPY_PAGE",
    [MMUEXT_FLUSH_CACHE_GLOBAL] = "FLUSH_CACHE_GLOBAL",
    [MMUEXT_MARK_SUPER] = "MARK_SUPER",
    [MMUEXT_UNMARK_SUPER] = "UNMARK_SUPER",
};

static void put_mmuext(struct text *t, uint64_t va)
{
    struct mmuext_op op;

    if ( !READ(op, va) )
    {
        text_unreadable(t, va);
        return;
    }
    text_put(t, "{");
    TEXT_NAME(t, mmuext_names, op.cmd);
    switch ( op.cmd )
    {
    case MMUEXT_TLB_FLUSH_LOCAL:
    case MMUEXT_TLB_FLUSH_MULTI:
    case MMUEXT_TLB_FLUSH_ALL:
    case MMUEXT_FLUSH_CACHE:
    case MMUEXT_FLUSH_CACHE_GLOBAL: break;
    case MMUEXT_INVLPG_LOCAL:
    case MMUEXT_INVLPG_MULTI:
    case MMUEXT_INVLPG_ALL: text_put(t, " va %#lx", op.arg1.linear_addr); break;
    case MMUEXT_SET_LDT:
        text_put(t, " va %#lx, %u entries", op.arg1.linear_addr, op.arg2.nr_ents);
        break;
    case MMUEXT_COPY_PAGE:
        text_put(t, " mfn %#lx from mfn %#lx", op.arg1.mfn, op.arg2.src_mfn);
        break;
    default: text_put(t, " mfn %#lx", op.arg1.mfn); break;
    }
    text_put(t, "}");
}

void trace_mmuext_op(struct text *t, const unsigned long *a, uint64_t rsp)
{
    put_list(t, a, sizeof(struct mmuext_op), put_mmuext);
    text_target(t, (unsigned int)a[3]);
}

void trace_update_va_mapping(struct text *t, const unsigned long *a, uint64_t rsp)
{
    static const char *const how[] = { "", ", flush", ", invlpg", ", bad flush type 3" };
    unsigned long flags = a[2];

    text_put(t, "va %#lx, ", a[0]);
    text_pte(t, a[1]);
    text_put(t, "%s", how[flags & UVMF_FLUSHTYPE_MASK]);
    if ( !(flags & UVMF_FLUSHTYPE_MASK) )
        return;
    if ( flags & UVMF_ALL )
        text_put(t, " on all vCPUs");
    else if ( flags & ~(UVMF_FLUSHTYPE_MASK | UVMF_ALL) )
        text_put(t, " on vCPUs in the mask at %#lx", flags & ~(UVMF_FLUSHTYPE_MASK | UVMF_ALL));
}

void trace_update_va_mapping_otherdomain(struct text *t, const unsigned long *a, uint64_t rsp)
{
    trace_update_va_mapping(t, a, rsp);
    text_target(t, (unsigned int)a[3]);
}

static const char *const memory_names[] = {
    [XENMEM_increase_reservation] = "increase_reservation",
    [XENMEM_decrease_reservation] = "decrease_reservation",
    [XENMEM_maximum_ram_page] = "maximum_ram_page",
    [XENMEM_current_reservation] = "current_reservation",
    [XENMEM_maximum_reservation] = "maximum_reservation",
    [XENMEM_machphys_mfn_list] = "machphys_mfn_list",
    [XENMEM_populate_physmap] = "populate_physmap",
    [XENMEM_add_to_physmap] = "add_to_physmap",
    [XENMEM_memory_map] = "memory_map",
    [XENMEM_machine_memory_map] = "machine_memory_map",
    [XENMEM_exchange] = "exchange",
    [XENMEM_machphys_mapping] = "machphys_mapping",
    [XENMEM_set_memory_map] = "set_memory_map",
    [XENMEM_maximum_gpfn] = "maximum_gpfn",
    [XENMEM_remove_from_physmap] = "remove_from_physmap",
    [XENMEM_claim_pages] = "claim_pages",
    [XENMEM_get_vnumainfo] = "get_vnumainfo",
    [XENMEM_acquire_resource] = "acquire_resource",
};

static void put_reservation(struct text *t, uint64_t va)
{
    struct xen_memory_reservation r;
    uint64_t first;

    if ( !READ(r, va) )
    {
        text_unreadable(t, va);
        return;
    }
    text_put(t, "%lu extents of order %u", r.nr_extents, r.extent_order);
    if ( r.nr_extents && READ(first, (uint64_t)r.extent_start.p) )
        text_put(t, ", the first %#lx", first);
    if ( r.domid != DOMID_SELF )
    {
        text_put(t, ", for ");
        text_domain(t, r.domid);
    }
}

void trace_memory_op(struct text *t, const unsigned long *a, uint64_t rsp)
{
    /* Above the command's number an interrupted call keeps how far it has got. */
    unsigned int cmd = (unsigned int)a[0] & 0x3f;

    TEXT_NAME(t, memory_names, cmd);
    if ( cmd == XENMEM_increase_reservation || cmd == XENMEM_decrease_reservation ||
         cmd == XENMEM_populate_physmap )
    {
        text_put(t, ", ");
        put_reservation(t, a[1]);
    }
    else if ( a[1] )
        text_put(t, ", %#lx", a[1]);
}

/* ---- 2. Descriptors and traps --------------------------------------------------------------- */

void trace_set_trap_table(struct text *t, const unsigned long *a, uint64_t rsp)
{
    struct trap_info gate;

    if ( !a[0] )
    {
        text_put(t, "none");
        return;
    }
    for ( unsigned int i = 0; i <= 256; i++ )
    {
        uint64_t va = a[0] + i * sizeof(gate);

        if ( !READ(gate, va) )
        {
            text_put(t, "%u gates, then ", i);
            text_unreadable(t, va);
            return;
        }
        if ( !gate.address )
        {
            text_put(t, "%u gates", i);
            return;
        }
        if ( i < SHOWN )
            text_put(t, "%#x: %#lx dpl %u%s, ", gate.vector, gate.address, TI_GET_DPL(&gate),
                     TI_GET_IF(&gate) ? " masking events" : "");
    }
    text_put(t, "no end in sight");
}

void trace_set_gdt(struct text *t, const unsigned long *a, uint64_t rsp)
{
    unsigned int entries = (unsigned int)a[1], pages = entries / 512 + (entries % 512 != 0);
    uint64_t mfn;

    text_put(t, "%u entries", entries);
    for ( unsigned int i = 0; i < MIN(pages, (unsigned int)FIRST_RESERVED_GDT_PAGE); i++ )
    {
        uint64_t va = a[0] + i * sizeof(mfn);

        if ( !READ(mfn, va) )
        {
            text_put(t, ", ");
            text_unreadable(t, va);
            return;
        }
        text_put(t, ", mfn %#lx", mfn);
    }
}

void trace_update_descriptor(struct text *t, const unsigned long *a, uint64_t rsp)
{
    text_put(t, "mfn %#lx[%lu] := %016lx", a[0] >> 12, (a[0] & 0xfff) / sizeof(uint64_t), a[1]);
}

void trace_set_callbacks(struct text *t, const unsigned long *a, uint64_t rsp)
{
    text_put(t, "event %#lx, failsafe %#lx, syscall %#lx", a[0], a[1], a[2]);
}

void trace_callback_op(struct text *t, const unsigned long *a, uint64_t rsp)
{
    static const char *const commands[] = {
        [CALLBACKOP_register] = "register", [CALLBACKOP_unregister] = "unregister"
    };
    static const char *const types[] = {
        [CALLBACKTYPE_event] = "event",       [CALLBACKTYPE_failsafe] = "failsafe",
        [CALLBACKTYPE_syscall] = "syscall",   [CALLBACKTYPE_nmi] = "nmi",
        [CALLBACKTYPE_sysenter] = "sysenter", [CALLBACKTYPE_syscall32] = "syscall32",
    };
    struct callback_register cb;
    uint16_t type;

    TEXT_NAME(t, commands, (unsigned int)a[0]);
    text_put(t, ", ");
    if ( (unsigned int)a[0] == CALLBACKOP_register && READ(cb, a[1]) )
    {
        TEXT_NAME(t, types, cb.type);
        text_put(t, ", %#lx%s", cb.address,
                 cb.flags & CALLBACKF_mask_events ? " masking events" : "");
    }
    else if ( (unsigned int)a[0] == CALLBACKOP_unregister && READ(type, a[1]) )
        TEXT_NAME(t, types, type);
    else
        text_put(t, "%#lx", a[1]);
}

void trace_stack_switch(struct text *t, const unsigned long *a, uint64_t rsp)
{
    text_put(t, "ss %#lx, sp %#lx", a[0], a[1]);
}

void trace_set_segment_base(struct text *t, const unsigned long *a, uint64_t rsp)
{
    static const char *const names[] = { [SEGBASE_FS] = "fs",
                                         [SEGBASE_GS_USER] = "user gs",
                                         [SEGBASE_GS_KERNEL] = "kernel gs",
                                         [SEGBASE_GS_USER_SEL] = "user gs selector" };

    TEXT_NAME(t, names, (unsigned int)a[0]);
    text_put(t, ", %#lx", a[1]);
}

void trace_iret(struct text *t, const unsigned long *a, uint64_t rsp)
{
    struct iret_context f;

    if ( !READ(f, rsp) )
    {
        text_put(t, "frame ");
        text_unreadable(t, rsp);
        return;
    }
    text_put(t, "to the %s at %#lx, sp %#lx, flags %#lx%s", (f.cs & 3) == 3 ? "user" : "kernel",
             f.rip, f.rsp, f.rflags, f.flags & VGCF_in_syscall ? ", from a system call" : "");
}
