// SPDX-License-Identifier: GPL-2.0-only
/* Data through pipes, sockets and a pseudo-terminal, with checksums; polls and broken pipes. */
#define _GNU_SOURCE
#include "check.h"
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define BYTES  (4UL << 20)
#define STAGES 4

static uint32_t checksum(uint32_t sum, const unsigned char *data, size_t len)
{
    for ( size_t i = 0; i < len; i++ )
        sum = (sum ^ data[i]) * 16777619;
    return sum;
}

/* Writes BYTES of random numbers in odd portions; their checksum. */
static uint32_t produce(int fd)
{
    unsigned char buf[5000];
    uint32_t sum = 0;
    size_t left = BYTES;

    rnd_seed(77);
    while ( left )
    {
        size_t n = 1 + rnd() % sizeof(buf);

        n = n < left ? n : left;
        for ( size_t i = 0; i < n; i++ )
            buf[i] = rnd() >> 8;
        sum = checksum(sum, buf, n);
        for ( size_t done = 0; done < n; )
            done += must(write(fd, buf + done, n - done));
        left -= n;
    }
    return sum;
}

static uint32_t consume(int fd, size_t *total)
{
    unsigned char buf[7777];
    uint32_t sum = 0;
    ssize_t n;

    *total = 0;
    while ( (n = must(read(fd, buf, sizeof(buf)))) )
    {
        sum = checksum(sum, buf, n);
        *total += n;
    }
    return sum;
}

static void pass_on(int in, int out)
{
    char buf[3000];
    ssize_t n;

    while ( (n = must(read(in, buf, sizeof(buf)))) )
        for ( ssize_t done = 0; done < n; )
            done += must(write(out, buf + done, n - done));
    _exit(0);
}

static void make_pair(bool socket, int fd[2])
{
    if ( socket )
    {
        must(socketpair(AF_UNIX, SOCK_STREAM, 0, fd));
        must(shutdown(fd[0], SHUT_WR));
    }
    else
        must(pipe(fd));
}

static void pipeline(bool socket, const char *what)
{
    int first[2], in, fd[2];
    uint32_t got, want;
    size_t total;

    make_pair(socket, first);
    in = first[0];
    for ( unsigned int i = 0; i < STAGES; i++ )
    {
        make_pair(socket, fd);
        if ( !must(fork()) )
        {
            close(first[1]);
            close(fd[0]);
            pass_on(in, fd[1]);
        }
        close(in);
        close(fd[1]);
        in = fd[0];
    }
    if ( !must(fork()) )
    {
        close(in);
        produce(first[1]);
        _exit(0);
    }
    close(first[1]);
    got = consume(in, &total);
    close(in);
    want = produce(must(open("/dev/null", O_WRONLY)));
    ok(total == BYTES && got == want, "4 MiB through %s and %u processes: %zu bytes, %s", what,
       STAGES, total, got == want ? "all right" : "spoiled");
    while ( wait(NULL) > 0 )
        ;
}

static void broken(void)
{
    int fd[2];

    signal(SIGPIPE, SIG_DFL);
    must(pipe(fd));
    close(fd[0]);
    must(write(fd[1], "x", 1));
}

static void events(void)
{
    struct epoll_event event = { .events = EPOLLIN };
    int poller = must(epoll_create1(0)), fd = must(eventfd(0, 0));
    uint64_t val;

    must(epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event));
    ok(epoll_wait(poller, &event, 1, 20) == 0, "epoll finds nothing, and ends in time");
    if ( !must(fork()) )
    {
        usleep(20000);
        val = 42;
        must(write(fd, &val, sizeof(val)));
        _exit(0);
    }
    ok(epoll_wait(poller, &event, 1, 5000) == 1 && read(fd, &val, sizeof(val)) == 8 && val == 42,
       "and then the child's event");
    must(wait(NULL));
}

static void terminal(void)
{
    int master = must(posix_openpt(O_RDWR | O_NOCTTY)), slave;
    char buf[64] = "";
    ssize_t n;

    must(grantpt(master));
    must(unlockpt(master));
    slave = must(open(ptsname(master), O_RDWR | O_NOCTTY));
    must(write(master, "typed\n", 6));
    n = must(read(slave, buf, sizeof(buf)));
    ok(n == 6 && !memcmp(buf, "typed\n", 6), "a pseudo-terminal passes a line");
    close(slave);
    close(master);
}

void test_pipes(void)
{
    int status;

    pipeline(false, "pipes");
    pipeline(true, "sockets");
    status = in_child(broken);
    ok(WIFSIGNALED(status) && WTERMSIG(status) == SIGPIPE, "writing to a broken pipe is fatal");
    events();
    terminal();
}
