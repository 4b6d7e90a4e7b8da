/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the decompression libraries find where processes have a C library (beside mem*, which the hypervisor has): names are
 * given by tools/build/foreign. They allocate from an arena; only code that is never reached here asks for malloc(). No locks.
 */

#ifdef CONFIG_DECOMPRESS

#include "decompress.h"

/* Functions of the libraries, called under these names. */
void *foreign_malloc(size_t bytes);
void *foreign_calloc(size_t nr, size_t bytes);
void foreign_free(void *p);
void __noreturn foreign_stack_smashed(void);
void __noreturn foreign_not_linked(void);

/* Constructors: tools/build/foreign renames the libraries' .init_array so. */
typedef void (*constructor)(void);
extern const constructor __start_foreign_init[], __stop_foreign_init[];

void *foreign_malloc(size_t bytes)
{
    return NULL;
}

void *foreign_calloc(size_t nr, size_t bytes)
{
    return NULL;
}

void foreign_free(void *p)
{
    BUG_ON(p);
}

/** A library's function has written beyond its own stack frame. */
void foreign_stack_smashed(void)
{
    BUG();
}

/** Code for old formats, left out; frame_at() in zstd.c keeps them away. */
void foreign_not_linked(void)
{
    BUG();
}

void libraries_init(void)
{
    static bool done;

    if ( done )
        return;
    done = true;
    for ( const constructor *c = __start_foreign_init; c != __stop_foreign_init; c++ )
        (*c)();
}

#endif /* CONFIG_DECOMPRESS */
