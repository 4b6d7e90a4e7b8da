/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Runs a fuzz target on files, without a fuzzer.
 *
 *     fuzz_NAME               every file of the committed corpus, as a test program (TAP): part of make check
 *     fuzz_NAME FILE          that one, telling what happens
 *     fuzz_NAME -r N PATH...  all of these, directories too, N times over: how fast is it?
 */
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "../fuzz.h"

#define CORPUS    "tools/tests/fuzz/corpus/" FUZZ_TARGET
#define INPUT_MAX (1 << 20)

static char current_file[4096];
static uint8_t content[INPUT_MAX];
static unsigned long runs, bytes;

/* Called by the sanitizers before they end the process, and on abort(). */
static void tell_file(void)
{
    fprintf(stderr, "fuzz_%s: the input is %s\n", FUZZ_TARGET, current_file);
}

void __sanitizer_set_death_callback(void (*fn)(void)) __attribute__((weak));

static void on_abort(int sig)
{
    tell_file();
    signal(sig, SIG_DFL);
    raise(sig);
}

/* A copy of exactly its size, so that the address sanitizer sees reads beyond the end. */
static void run_file(const char *path)
{
    FILE *f = fopen(path, "rb");
    uint8_t *data;
    size_t size;

    if ( !f )
    {
        perror(path);
        exit(2);
    }
    snprintf(current_file, sizeof(current_file), "%s", path);
    size = fread(content, 1, sizeof(content), f);
    fclose(f);
    data = malloc(size ? size : 1);
    if ( !data )
        abort();
    memcpy(data, content, size);
    LLVMFuzzerTestOneInput(data, size);
    free(data);
    runs++;
    bytes += size;
}

static void run_path(const char *path)
{
    struct dirent **names;
    struct stat st;
    int n;

    if ( stat(path, &st) || !S_ISDIR(st.st_mode) )
    {
        run_file(path);
        return;
    }
    n = scandir(path, &names, NULL, alphasort);
    for ( int i = 0; i < n; i++ )
    {
        char name[4096];

        snprintf(name, sizeof(name), "%s/%s", path, names[i]->d_name);
        if ( names[i]->d_name[0] != '.' )
            run_path(name);
        free(names[i]);
    }
    if ( n >= 0 )
        free(names);
}

static int replay_corpus(void)
{
    if ( access(CORPUS, R_OK) == 0 )
        run_path(CORPUS);
    printf("%sok 1 - %s: %lu inputs replayed (%lu bytes)\n", runs ? "" : "not ", FUZZ_TARGET, runs,
           bytes);
    if ( fuzz_operations )
        printf("# %llu operations\n", (unsigned long long)fuzz_operations);
    puts("1..1");
    return runs == 0;
}

static int replay_often(unsigned long times, char **paths)
{
    struct timespec a, b;
    double seconds;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &a);
    while ( times-- > 0 )
        for ( char **p = paths; *p; p++ )
            run_path(*p);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &b);
    seconds = (double)(b.tv_sec - a.tv_sec) + (double)(b.tv_nsec - a.tv_nsec) / 1e9;
    printf("%lu inputs in %.2f s of CPU time: %.0f a second, %.0f operations a second\n", runs,
           seconds, (double)runs / seconds, (double)fuzz_operations / seconds);
    return 0;
}

int main(int argc, char **argv)
{
    signal(SIGABRT, on_abort);
    if ( __sanitizer_set_death_callback )
        __sanitizer_set_death_callback(tell_file);
    if ( argc == 1 )
        return replay_corpus();
    if ( argc > 3 && strcmp(argv[1], "-r") == 0 )
        return replay_often(strtoul(argv[2], NULL, 0), argv + 3);
    for ( int i = 1; i < argc; i++ )
    {
        fuzz_verbose = true;
        run_path(argv[i]);
    }
    printf("%lu inputs replayed\n", runs);
    return 0;
}
