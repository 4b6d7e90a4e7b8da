/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory for the decompression libraries, which allocate a few structures and one large window each. Small pieces come from a
 * pool of 2 MiB, with a list of those given back (first fit; they are few); larger ones are buffers of their own. Everything counts
 * against the arena's limit. Pure, on vzalloc(). Locks: none; an arena has one user.
 */

#include "decompress.h"

#include <xen/vmap.h>

#define POOL_SIZE  (2UL << 20)
#define LARGE_SIZE (256UL << 10) /* from here on a buffer of its own */
#define ALIGN      16UL

struct arena_piece
{
    size_t bytes; /* behind this header */
    struct arena_piece *next;
};
BUILD_BUG_ON(sizeof(struct arena_piece) != ALIGN);

struct arena_large
{
    struct arena_large *next;
    void *p;
    size_t bytes;
};

static bool charge(struct arena *a, size_t bytes)
{
    a->asked = MAX(a->asked, a->used + bytes);
    if ( bytes > a->limit - a->used )
        return false;
    a->used += bytes;
    return true;
}

static struct arena_piece *reuse(struct arena *a, size_t bytes)
{
    for ( struct arena_piece **at = &a->free_pieces; *at; at = &(*at)->next )
        if ( (*at)->bytes >= bytes )
        {
            struct arena_piece *piece = *at;

            *at = piece->next;
            return piece;
        }
    return NULL;
}

static struct arena_piece *carve(struct arena *a, size_t bytes)
{
    struct arena_piece *piece;

    if ( !a->pool )
        a->pool = vzalloc(POOL_SIZE);
    if ( !a->pool || bytes + sizeof(*piece) > POOL_SIZE - a->pool_used )
        return NULL;
    piece = (struct arena_piece *)(a->pool + a->pool_used);
    a->pool_used += bytes + sizeof(*piece);
    piece->bytes = bytes;
    return piece;
}

static void *alloc_small(struct arena *a, size_t bytes)
{
    struct arena_piece *piece;

    bytes = ROUND_UP(MAX(bytes, ALIGN), ALIGN);
    piece = reuse(a, bytes);
    if ( !piece )
        piece = carve(a, bytes);
    if ( !piece )
        return NULL;
    if ( charge(a, piece->bytes) )
        return piece + 1;
    piece->next = a->free_pieces;
    a->free_pieces = piece;
    return NULL;
}

static void free_small(struct arena *a, void *p)
{
    struct arena_piece *piece = (struct arena_piece *)p - 1;

    a->used -= piece->bytes;
    piece->next = a->free_pieces;
    a->free_pieces = piece;
}

static void *alloc_large(struct arena *a, size_t bytes)
{
    struct arena_large *l = alloc_small(a, sizeof(*l));

    if ( !l )
        return NULL;
    if ( !charge(a, bytes) )
    {
        free_small(a, l);
        return NULL;
    }
    l->p = vzalloc(bytes);
    if ( !l->p )
    {
        a->used -= bytes;
        free_small(a, l);
        return NULL;
    }
    l->bytes = bytes;
    l->next = a->large;
    a->large = l;
    return l->p;
}

static void free_large(struct arena *a, struct arena_large **at)
{
    struct arena_large *l = *at;

    *at = l->next;
    vfree(l->p, l->bytes);
    a->used -= l->bytes;
    free_small(a, l);
}

void *arena_alloc(struct arena *a, size_t bytes)
{
    return bytes < LARGE_SIZE ? alloc_small(a, bytes) : alloc_large(a, bytes);
}

void arena_free(struct arena *a, void *p)
{
    struct arena_large **at = &a->large;

    if ( !p )
        return;
    if ( (uint8_t *)p >= a->pool && (uint8_t *)p < a->pool + POOL_SIZE )
    {
        free_small(a, p);
        return;
    }
    while ( *at && (*at)->p != p )
        at = &(*at)->next;
    BUG_ON(!*at);
    free_large(a, at);
}

void arena_destroy(struct arena *a)
{
    while ( a->large )
        free_large(a, &a->large);
    vfree(a->pool, POOL_SIZE);
    a->pool = NULL;
    a->pool_used = a->used = 0;
    a->free_pieces = NULL;
}
