/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A plugin for QEMU 7.2: counts every instruction that the machine executes between two marks, by the chain of calls that led to it.
 *
 * The marks are no-operations of the guest's, told apart by their displacement (tools/tests/bench/bench.h):
 *
 *     nopl MARK_RESET(%rax)     forget what was counted
 *     nopl MARK_BEGIN(%rax)     count from the next instruction on
 *     nopl MARK_END(%rax)       count no more
 *     nopl MARK_DONE(%rax)      write it down
 *
 * Written to the file given as out=FILE, for each MARK_DONE: the line "done"; a line for each node of the call tree, "node NUMBER
 * PARENT CALL"; for each instruction executed in it, "NUMBER ADDRESS COUNT BYTES"; then, "trace ADDRESS", the first instructions in
 * their order. tools/lib/bench/profile.py reads this.
 *
 * Chains of calls are followed by the instructions themselves: a call that goes elsewhere than to the next instruction makes a node,
 * a return leaves it, and whatever crosses between the hypervisor's addresses and the guest's begins at the root. A kernel of its own size is not followed
 * so: it changes stacks. One vCPU.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "qemu.h"

/* ---- Instructions ------------------------------------------------------------------------------------------------------ */

enum kind
{
    PLAIN,
    CALL,
    RETURN,
    RESET, /* from here on marks */
    BEGIN,
    END,
    DONE,
};

#define MARK_RESET 0x54455352U
#define MARK_BEGIN 0x4e474542U
#define MARK_END   0x21444e45U
#define MARK_DONE  0x454e4f44U

struct insn
{
    uint64_t at;
    struct insn *next; /* of the same hash */
    struct count *counts;
    enum kind kind;
    uint8_t size, bytes[15];
};

#define HASH 65536U
static struct insn *insns[HASH];

static enum kind kind_of(const uint8_t *b, size_t size)
{
    uint32_t mark;

    if ( size == 7 && b[0] == 0x0f && b[1] == 0x1f && b[2] == 0x80 )
    {
        memcpy(&mark, b + 3, sizeof(mark));
        switch ( mark )
        {
        case MARK_RESET: return RESET;
        case MARK_BEGIN: return BEGIN;
        case MARK_END: return END;
        case MARK_DONE: return DONE;
        default: return PLAIN;
        }
    }
    while ( size > 1 && (b[0] == 0xf2 || b[0] == 0xf3 || b[0] == 0x66 || (b[0] & 0xf0) == 0x40) )
    {
        b++;
        size--;
    }
    if ( b[0] == 0xe8 || (b[0] == 0xff && size > 1 && (b[1] & 0x38) == 0x10) )
        return CALL;
    if ( b[0] == 0xc3 || b[0] == 0xc2 )
        return RETURN;
    return PLAIN;
}

static struct insn *insn_of(uint64_t at, const uint8_t *bytes, size_t size)
{
    struct insn **head = &insns[(at ^ at >> 16) % HASH], *insn;

    for ( insn = *head; insn; insn = insn->next )
        if ( insn->at == at && insn->size == size && memcmp(insn->bytes, bytes, size) == 0 )
            return insn;
    insn = calloc(1, sizeof(*insn));
    insn->at = at;
    insn->next = *head;
    insn->kind = kind_of(bytes, size);
    insn->size = (uint8_t)size;
    memcpy(insn->bytes, bytes, size);
    return *head = insn;
}

/* ---- The tree of calls, and counts in its nodes ------------------------------------------------------------------------ */

struct node
{
    uint64_t entry, call; /* the first instruction, and the one that called it */
    struct node *parent, *child, *sibling;
    unsigned int number;
};

struct count
{
    const struct node *node;
    const struct insn *insn;
    uint64_t times;
    struct count *next; /* of the same instruction */
    struct count *all;
};

#define TRACE 20000U
static uint64_t trace[TRACE];
static unsigned int traced;

static struct node root;
static struct node *here = &root;
static struct count *counts;
static const struct insn *last;
static bool counting;

static struct node *child_of(struct node *parent, uint64_t call, uint64_t entry)
{
    struct node *n;

    for ( n = parent->child; n; n = n->sibling )
        if ( n->entry == entry && n->call == call )
            return n;
    n = calloc(1, sizeof(*n));
    n->entry = entry;
    n->call = call;
    n->parent = parent;
    n->sibling = parent->child;
    return parent->child = n;
}

static void count(const struct node *n, struct insn *insn)
{
    struct count *c;

    for ( c = insn->counts; c; c = c->next )
        if ( c->node == n )
        {
            c->times++;
            return;
        }
    c = calloc(1, sizeof(*c));
    *c = (struct count){ n, insn, 1, insn->counts, counts };
    insn->counts = counts = c;
}

static void forget(void)
{
    for ( struct count *c = counts; c; c = c->all )
        c->times = 0;
    traced = 0;
}

/* Whose code is it? Both hypervisors are in slots 256 to 271 of the root; a large kernel is above them. */
enum side
{
    LOWER_HALF,
    HYPERVISOR,
    LARGE_KERNEL,
};

static enum side side_of(uint64_t at)
{
    return !(at >> 63) ? LOWER_HALF : at < 0xffff880000000000 ? HYPERVISOR : LARGE_KERNEL;
}

static void follow(const struct insn *insn)
{
    enum side side = side_of(insn->at);

    if ( !last || side_of(last->at) != side || side == LARGE_KERNEL )
        here = &root;
    else if ( last->kind == CALL && insn->at != last->at + last->size )
        here = child_of(here, last->at, insn->at);
    else if ( last->kind == RETURN && here->parent )
        here = here->parent;
    last = insn;
}

static void executed(unsigned int vcpu, void *data)
{
    struct insn *insn = data;

    if ( !counting )
        return;
    follow(insn);
    count(here, insn);
    if ( traced < TRACE )
        trace[traced++] = insn->at;
}

/* ---- In and out -------------------------------------------------------------------------------------------------------- */

static FILE *out;

static void write_nodes(struct node *n, unsigned int *number)
{
    n->number = (*number)++;
    fprintf(out, "node %u %u %lx\n", n->number, n->parent ? n->parent->number : 0, n->call);
    for ( n = n->child; n; n = n->sibling )
        write_nodes(n, number);
}

static void write_count(const struct count *c)
{
    fprintf(out, "%u %lx %lu ", c->node->number, c->insn->at, c->times);
    for ( unsigned int b = 0; b < c->insn->size; b++ )
        fprintf(out, "%02x", c->insn->bytes[b]);
    fputc('\n', out);
}

static void write_down(void)
{
    unsigned int number = 0;

    fprintf(out, "done\n");
    write_nodes(&root, &number);
    for ( const struct count *c = counts; c; c = c->all )
        if ( c->times )
            write_count(c);
    for ( unsigned int i = 0; i < traced; i++ )
        fprintf(out, "trace %lx\n", trace[i]);
    fflush(out);
}

static void marked(unsigned int vcpu, void *data)
{
    const struct insn *insn = data;

    if ( insn->kind == RESET )
        forget();
    else if ( insn->kind == DONE )
        write_down();
    counting = insn->kind == BEGIN;
    here = &root;
    last = NULL;
}

static void translated(plugin_id id, struct qemu_plugin_tb *tb)
{
    for ( size_t i = 0; i < qemu_plugin_tb_n_insns(tb); i++ )
    {
        struct qemu_plugin_insn *q = qemu_plugin_tb_get_insn(tb, i);
        struct insn *insn =
            insn_of(qemu_plugin_insn_vaddr(q), qemu_plugin_insn_data(q), qemu_plugin_insn_size(q));

        qemu_plugin_register_vcpu_insn_exec_cb(q, insn->kind >= RESET ? marked : executed,
                                               CALLBACK_NO_REGS, insn);
    }
}

int qemu_plugin_version = 1;

int qemu_plugin_install(plugin_id id, const void *info, int argc, char **argv)
{
    out = argc == 1 && strncmp(argv[0], "out=", 4) == 0 ? fopen(argv[0] + 4, "w") : NULL;
    if ( !out )
    {
        fprintf(stderr, "profile plugin: out=FILE is wanted, one that can be written\n");
        return 1;
    }
    qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
    return 0;
}
