/* Shifts the wall clock of the processes that it is loaded into (LD_PRELOAD): by the first of the numbers of seconds in
   the file that CHAOS_CLOCK names, which is for all, and by that of the process's own slot. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>

int chaos_slot = 0;
static const volatile double *shifts;
static int (*real)(clockid_t, struct timespec *);

__attribute__((constructor)) static void start(void) {
    const char *path = getenv("CHAOS_CLOCK");
    int file = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    real = dlsym(RTLD_NEXT, "clock_gettime");
    if (file < 0) return;
    void *found = mmap(NULL, 4096, PROT_READ, MAP_SHARED, file, 0);
    shifts = found == MAP_FAILED ? NULL : found;
}

int clock_gettime(clockid_t id, struct timespec *now) {
    if (!real) real = dlsym(RTLD_NEXT, "clock_gettime");
    int failed = real(id, now);
    if (failed || !shifts || (id != CLOCK_REALTIME && id != CLOCK_REALTIME_COARSE)) return failed;
    double shift = shifts[0] + (chaos_slot ? shifts[chaos_slot] : 0);
    long whole = (long)shift;
    now->tv_sec += whole;
    now->tv_nsec += (long)((shift - (double)whole) * 1e9);
    if (now->tv_nsec >= 1000000000L) { now->tv_nsec -= 1000000000L; now->tv_sec += 1; }
    if (now->tv_nsec < 0) { now->tv_nsec += 1000000000L; now->tv_sec -= 1; }
    return 0;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone) {
    struct timespec found;
    (void)zone;
    int failed = clock_gettime(CLOCK_REALTIME, &found);
    now->tv_sec = found.tv_sec;
    now->tv_usec = found.tv_nsec / 1000;
    return failed;
}

time_t time(time_t *now) {
    struct timespec found;
    clock_gettime(CLOCK_REALTIME, &found);
    if (now) *now = found.tv_sec;
    return found.tv_sec;
}
