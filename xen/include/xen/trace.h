/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The hypercall trace: boot option `trace`, a line for each call with its arguments in words, its result, and why it was
 * refused. docs/pvrun.md describes the lines for users.
 *
 *     struct trace_call call;
 *     trace_begin(&call, nr, args);
 *     ret = ...;
 *     trace_end(&call, ret, again);
 */
#ifndef XEN_TRACE_H
#define XEN_TRACE_H

#include <stdarg.h>
#include <xen/lib.h>

struct mm_domain;

#define TRACE_ARGS   5
#define TRACE_TEXT   256
#define TRACE_REASON 184

/** A call being made. Its text is put together before the call, which may change what the arguments point to. */
struct trace_call
{
    unsigned long nr, args[TRACE_ARGS];
    bool inner;  /* an entry of a multicall */
    bool wanted; /* trace= names it */
    struct trace_call *outer;
    char text[TRACE_TEXT];
    char reason[TRACE_REASON];
};

/* ---- trace.c -------------------------------------------------------------------------------------------------------- */

/** Bit n: hypercall n is to be traced; bit 63 also stands for numbers that are no hypercall. 0: tracing is off. */
extern uint64_t trace_mask;

/** What `trace=@names` asks for: names separated by commas, a `-` before each that is to be left out (of all, if the first is
 *  one). "" and truth values mean all or nothing. 0; -EINVAL: no such hypercall, *mask is as before. */
int trace_parse(const char *names, uint64_t *mask);

/** The current vCPU begins a call. */
void trace_begin(struct trace_call *call, unsigned long nr, const unsigned long *args, bool inner);
/** It is over with @ret, or, if @again, will come again. Prints the line. */
void trace_end(struct trace_call *call, long ret, bool again);
/** The current vCPU, if it is @d's, never comes back from the calls it is in: print what is known of them. */
void trace_abandon(const struct mm_domain *d);
/** A refusal on behalf of @d: true if it goes to the line of the call that is being traced, and needs no line of its own. */
bool trace_refusal(const struct mm_domain *d, const char *fmt, va_list ap) __printf(2, 0);

/* ---- trace_decode.c: pure but for reading the guest's memory -------------------------------------------------------- */

/** A hypercall's name, or NULL. */
const char *trace_name(unsigned long nr);
/** "name(arguments)", as much as fits. Reads what @args point to; @rsp is the guest's stack pointer. */
void trace_decode(char *buf, size_t size, unsigned long nr, const unsigned long *args,
                  uint64_t rsp);
/** " = result": an error's name, what the call has filled in, @reason if there is one. "" for a call without a result. */
void trace_decode_result(char *buf, size_t size, unsigned long nr, const unsigned long *args,
                         long ret, const char *reason);

#endif /* XEN_TRACE_H */
