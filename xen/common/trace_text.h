/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files that put hypercalls in words share: text that grows, and how small things are printed. */
#ifndef COMMON_TRACE_TEXT_H
#define COMMON_TRACE_TEXT_H

#include <asm/uaccess.h>
#include <public/xen.h>
#include <xen/lib.h>

/** Text that is cut off at the end of its buffer. */
struct text
{
    char *buf;
    size_t size, len; /* len < size */
};

/** Requests of a list that are shown. */
#define SHOWN 3

/** Read the guest's @va into @dst; false: it cannot be read. */
#define READ(dst, va) (copy_from_guest(&(dst), va, sizeof(dst)) == 0)

void text_put(struct text *t, const char *fmt, ...) __printf(2, 3);
/** What a pointer leads to cannot be had: only the pointer. */
void text_unreadable(struct text *t, uint64_t va);
/** names[nr], or the number where there is no name. */
void text_name(struct text *t, const char *const *names, size_t count, unsigned long nr);
#define TEXT_NAME(t, names, nr) text_name(t, names, ARRAY_SIZE(names), nr)
void text_domain(struct text *t, unsigned int id);
/** The last argument of mmu_update and its like, where it is not the caller alone (public/xen.h). */
void text_target(struct text *t, unsigned int fd);
void text_pte(struct text *t, uint64_t e);

/** The arguments @a of a call, made with the stack at @rsp. */
typedef void trace_decoder(struct text *t, const unsigned long *a, uint64_t rsp);

/* trace_mm.c */
trace_decoder trace_mmu_update, trace_mmuext_op, trace_update_va_mapping,
    trace_update_va_mapping_otherdomain, trace_memory_op, trace_set_trap_table, trace_set_gdt,
    trace_update_descriptor, trace_set_callbacks, trace_callback_op, trace_stack_switch,
    trace_set_segment_base, trace_iret;

#endif /* COMMON_TRACE_TEXT_H */
