// SPDX-License-Identifier: GPL-2.0-only
/* Threads: futexes between many, thread-local storage (the FS base) over switches, coming and going. */
#define _GNU_SOURCE
#include "check.h"
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <time.h>
#include <unistd.h>

#define THREADS 64
#define TURNS   400

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t turned = PTHREAD_COND_INITIALIZER;
static pthread_barrier_t barrier;
static unsigned long counter, turn;
static __thread uint64_t mine[128];
static unsigned long tls_errors;

static void *adder(void *arg)
{
    uint64_t id = (uintptr_t)arg;

    for ( unsigned int i = 0; i < 128; i++ )
        mine[i] = id << 32 | i;
    pthread_barrier_wait(&barrier);
    for ( unsigned int i = 0; i < TURNS; i++ )
    {
        pthread_mutex_lock(&mutex);
        counter++;
        if ( i % 16 == 0 )
            sched_yield(); /* with the lock held: the others wait in the kernel */
        pthread_mutex_unlock(&mutex);
        if ( mine[i % 128] != (id << 32 | i % 128) )
            __atomic_fetch_add(&tls_errors, 1, __ATOMIC_RELAXED);
    }
    pthread_barrier_wait(&barrier);
    return arg;
}

static void many_adders(void)
{
    pthread_t thread[THREADS];
    void *ret;

    pthread_barrier_init(&barrier, NULL, THREADS);
    for ( uintptr_t i = 0; i < THREADS; i++ )
        expect(!pthread_create(&thread[i], NULL, adder, (void *)i), "thread %lu", i);
    for ( uintptr_t i = 0; i < THREADS; i++ )
        expect(!pthread_join(thread[i], &ret) && ret == (void *)i, "thread %lu's end", i);
    ok_quiet("64 threads start and end");
    ok(counter == THREADS * TURNS, "they counted to %lu under a lock", counter);
    ok(!tls_errors, "each found its own thread-local storage (%lu errors)", tls_errors);
}

static void *take_turns(void *arg)
{
    unsigned long me = (uintptr_t)arg;

    pthread_mutex_lock(&mutex);
    while ( turn < 2000 )
    {
        while ( turn < 2000 && turn % 3 != me )
            pthread_cond_wait(&turned, &mutex);
        if ( turn < 2000 )
            turn++;
        pthread_cond_broadcast(&turned);
    }
    pthread_mutex_unlock(&mutex);
    return NULL;
}

static void in_turns(void)
{
    pthread_t thread[3];

    for ( uintptr_t i = 0; i < 3; i++ )
        pthread_create(&thread[i], NULL, take_turns, (void *)i);
    for ( unsigned int i = 0; i < 3; i++ )
        pthread_join(thread[i], NULL);
    ok(turn == 2000, "three threads took turns 2000 times");
}

static void *nothing(void *arg)
{
    return arg;
}

void test_threads(void)
{
    struct timespec until;
    pthread_t thread;
    uint64_t start;

    many_adders();
    in_turns();
    for ( unsigned int i = 0; i < 500; i++ )
        expect(!pthread_create(&thread, NULL, nothing, NULL) && !pthread_join(thread, NULL),
               "thread %u", i);
    ok_quiet("500 threads one after the other");

    start = now_ns(CLOCK_MONOTONIC);
    must(clock_gettime(CLOCK_REALTIME, &until));
    until.tv_nsec += 50000000;
    if ( until.tv_nsec >= 1000000000 )
    {
        until.tv_nsec -= 1000000000;
        until.tv_sec++;
    }
    pthread_mutex_lock(&mutex);
    ok(pthread_cond_timedwait(&turned, &mutex, &until) == ETIMEDOUT &&
           now_ns(CLOCK_MONOTONIC) - start > 45000000,
       "a futex times out, not early");
    pthread_mutex_unlock(&mutex);
}
