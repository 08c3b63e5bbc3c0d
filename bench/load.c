/* The load: keeps connections busy with requests made beforehand, each sent when the answer to the
 * last one on its connection is complete. No request is sent before that (no pipelining).
 *
 * load PORT FILE CONNECTIONS WARM_UP: the file holds each request behind its length (32 bits, of this
 * machine's order). The first WARM_UP are sent and not counted. Prints what it came to, as JSON.
 */

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { ROOM = 65536, EVENTS = 256, STATUSES = 600 };

typedef struct {
    int socket;
    const char *request;
    uint32_t length, sent;
    char answer[ROOM];
    size_t got;
    double since;
} Connection;

static const char *next_request, *end_of_requests;
static long left, counts[STATUSES], answered;
static double *waits;
static int is_warm;

static void fail(const char *what)
{
    perror(what);
    exit(1);
}

static double now(void)
{
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return at.tv_sec + at.tv_nsec / 1e9;
}

static double computed(void)
{
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    return used.ru_utime.tv_sec + used.ru_stime.tv_sec +
           (used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

static void push(Connection *one)
{
    while (one->sent < one->length) {
        ssize_t count = send(one->socket, one->request + one->sent, one->length - one->sent,
                             MSG_NOSIGNAL);
        if (count < 0) {
            if (errno == EAGAIN)
                return;
            fail("send");
        }
        one->sent += count;
    }
}

/* Begin the next request; 0 where there is none left. */
static int begin(Connection *one)
{
    if (!left || next_request >= end_of_requests)
        return 0;
    left--;
    memcpy(&one->length, next_request, sizeof one->length);
    one->request = next_request + sizeof one->length;
    next_request = one->request + one->length;
    one->sent = 0;
    one->got = 0;
    one->since = now();
    push(one);
    return 1;
}

static size_t body_of(const char *head, const char *end)
{
    const char *at = memmem(head, end - head, "Content-Length: ", 16);
    return at ? strtoul(at + 16, NULL, 10) : 0;
}

/* Read what has come; 1 once an answer is complete. */
static int pull(Connection *one)
{
    ssize_t count = recv(one->socket, one->answer + one->got, ROOM - 1 - one->got, 0);
    if (count < 0 && errno == EAGAIN)
        return 0;
    if (count <= 0) {
        fputs("the server closed a connection\n", stderr);
        exit(1);
    }
    one->got += count;
    one->answer[one->got] = 0;
    char *end = memmem(one->answer, one->got, "\r\n\r\n", 4);
    if (!end || one->got < (size_t)(end + 4 - one->answer) + body_of(one->answer, end))
        return 0;
    int status = atoi(one->answer + 9);
    if (is_warm) {
        counts[status < STATUSES ? status : 0]++;
        waits[answered++] = now() - one->since;
    }
    return 1;
}

static void run(Connection *all, int connections, int port, long count)
{
    struct sockaddr_in there = {.sin_family = AF_INET, .sin_port = htons(port),
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct epoll_event events[EVENTS];
    int poll = epoll_create1(0), open = 0, yes = 1;
    left = count;
    for (int i = 0; i < connections; i++) {
        Connection *one = &all[i];
        one->socket = socket(AF_INET, SOCK_STREAM, 0);
        if (connect(one->socket, (struct sockaddr *)&there, sizeof there))
            fail("connect");
        setsockopt(one->socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
        fcntl(one->socket, F_SETFL, O_NONBLOCK);
        struct epoll_event wanted = {.events = EPOLLIN, .data.ptr = one};
        epoll_ctl(poll, EPOLL_CTL_ADD, one->socket, &wanted);
        if (begin(one))
            open++;
    }
    while (open) {
        int count_of_events = epoll_wait(poll, events, EVENTS, 1);
        for (int i = 0; i < count_of_events; i++) {
            Connection *one = events[i].data.ptr;
            if (pull(one) && !begin(one))
                open--;
        }
        for (int i = 0; i < connections; i++)
            if (all[i].sent < all[i].length)
                push(&all[i]);
    }
    for (int i = 0; i < connections; i++)
        close(all[i].socket);
    close(poll);
}

static int by_size(const void *a, const void *b)
{
    double left_one = *(const double *)a, right_one = *(const double *)b;
    return (left_one > right_one) - (left_one < right_one);
}

int main(int argc, char **argv)
{
    if (argc != 5)
        return 2;
    int file = open(argv[2], O_RDONLY), connections = atoi(argv[3]);
    long warm_up = atol(argv[4]);
    struct stat found;
    if (file < 0 || fstat(file, &found))
        fail(argv[2]);
    next_request = mmap(NULL, found.st_size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, file, 0);
    if (next_request == MAP_FAILED)
        fail("mmap");
    end_of_requests = next_request + found.st_size;
    waits = calloc(found.st_size / 16 + 1, sizeof *waits);
    Connection *all = calloc(connections, sizeof *all);
    if (warm_up)
        run(all, connections, atoi(argv[1]), warm_up);
    is_warm = 1;
    double begun = now(), used = computed();
    run(all, connections, atoi(argv[1]), -1);
    double took = now() - begun;
    used = computed() - used;
    if (!answered)
        return 3;
    qsort(waits, answered, sizeof *waits, by_size);
    printf("{\"per_second\": %.1f, \"p50_ms\": %.4f, \"p99_ms\": %.4f, \"busy\": %.3f, \"statuses\": {",
           answered / took, 1000 * waits[answered / 2], 1000 * waits[(long)(answered * 0.99)],
           used / took);
    const char *between = "";
    for (int status = 0; status < STATUSES; status++)
        if (counts[status]) {
            printf("%s\"%d\": %ld", between, status, counts[status]);
            between = ", ";
        }
    puts("}}");
    return 0;
}
