/* SPDX-License-Identifier: GPL-2.0-only */
/* AFL++'s side of a target's own mutator: a shared object that calls LLVMFuzzerCustomMutator() (AFL_CUSTOM_MUTATOR_LIBRARY). */
#include <stdlib.h>

#include "../fuzz.h"

struct mutator
{
    uint64_t seed;
    uint8_t *out;
    size_t max;
};

/* AFL++ looks these up by name. */
void *afl_custom_init(void *afl, unsigned int seed);
size_t afl_custom_fuzz(void *data, uint8_t *buf, size_t size, uint8_t **out, uint8_t *add,
                       size_t add_size, size_t max);
void afl_custom_deinit(void *data);

static uint64_t state;

static uint32_t next_random(void)
{
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    return (uint32_t)(state >> 33);
}

/* libFuzzer brings its own; here a byte or a bit changes, sometimes the length. */
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max)
{
    uint32_t r = next_random();

    if ( size == 0 || (r % 8 == 0 && size < max) )
    {
        data[size] = (uint8_t)next_random();
        return size + 1;
    }
    if ( r % 8 == 1 && size > 1 )
        return size - 1;
    if ( r & 0x100 )
        data[next_random() % size] = (uint8_t)next_random();
    else
        data[next_random() % size] ^= (uint8_t)(1U << (r >> 9) % 8);
    return size;
}

void *afl_custom_init(void *afl, unsigned int seed)
{
    struct mutator *mutator = calloc(1, sizeof(*mutator));

    if ( mutator )
        mutator->seed = state = seed;
    return mutator;
}

size_t afl_custom_fuzz(void *data, uint8_t *buf, size_t size, uint8_t **out, uint8_t *add,
                       size_t add_size, size_t max)
{
    struct mutator *mutator = data;

    if ( mutator->max < max )
    {
        free(mutator->out);
        mutator->out = malloc(max);
        mutator->max = mutator->out ? max : 0;
    }
    if ( !mutator->out || size > max )
        return 0;
    memcpy(mutator->out, buf, size);
    *out = mutator->out;
    return LLVMFuzzerCustomMutator(mutator->out, size, max, next_random());
}

void afl_custom_deinit(void *data)
{
    struct mutator *mutator = data;

    free(mutator->out);
    free(mutator);
}
