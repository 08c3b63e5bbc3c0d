/* A disk whose every sync takes longer: preloaded, it waits SLOW_SYNC_US before each one. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <time.h>

static int later(const char *name, int file)
{
    static long micros = -1;
    if (micros < 0) {
        const char *given = getenv("SLOW_SYNC_US");
        micros = given ? atol(given) : 1000;
    }
    struct timespec pause = {micros / 1000000, micros % 1000000 * 1000};
    nanosleep(&pause, NULL);
    return ((int (*)(int))dlsym(RTLD_NEXT, name))(file);
}

int fsync(int file)
{
    return later("fsync", file);
}

int fdatasync(int file)
{
    return later("fdatasync", file);
}
