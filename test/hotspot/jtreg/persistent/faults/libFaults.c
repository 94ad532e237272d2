/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

/*
 * Makes system calls on a heap's files fail. Preloaded, so that the VM calls what stands here;
 * and a JNI library, so that the program can say when.
 *
 * A fault is "CALL FILE N WHAT": the Nth CALL on FILE from now on does WHAT. FILE is the start of the file's
 * name. N+ stands for the Nth and all after it. WHAT is the name of an error, or "short": a write of
 * half the bytes. CALL "create" is an open that may create, "refill" a fallocate of what the file has already. CALL "clock": the wall clock jumps by WHAT seconds, now. Several faults are separated by ";".
 */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <jni.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { Max = 8, Short = -1 };

struct fault {
    char call[16];
    char file[64];
    long nth;
    int  onwards;
    int  what;
    volatile long count;
};

static struct fault faults[Max];
static volatile int number = 0;
static volatile long fired = 0;
static volatile long clock_offset = 0;

static int error_named(const char *name) {
    static const struct { const char *name; int value; } errors[] = {
        {"EIO", EIO}, {"ENOSPC", ENOSPC}, {"EROFS", EROFS}, {"EMFILE", EMFILE}, {"EACCES", EACCES}, {"EINTR", EINTR},
        {"EDQUOT", EDQUOT}, {"EINVAL", EINVAL}, {"ENOMEM", ENOMEM}, {"short", Short},
    };
    for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
        if (strcmp(errors[i].name, name) == 0) return errors[i].value;
    }
    fprintf(stderr, "libFaults: %s is no error\n", name);
    abort();
}

static void arm(const char *text) {
    __atomic_store_n(&number, 0, __ATOMIC_SEQ_CST);
    __atomic_store_n(&fired, 0, __ATOMIC_SEQ_CST);
    int n = 0;
    char copy[512];
    snprintf(copy, sizeof(copy), "%s", text);
    for (char *save, *one = strtok_r(copy, ";", &save); one != NULL; one = strtok_r(NULL, ";", &save)) {
        struct fault f;
        char nth[16], what[16];
        memset(&f, 0, sizeof(f));
        if (n == Max || sscanf(one, "%15s %63s %15s %15s", f.call, f.file, nth, what) != 4) {
            fprintf(stderr, "libFaults: %s is no fault\n", one);
            abort();
        }
        if (strcmp(f.call, "clock") == 0) {
            __atomic_store_n(&clock_offset, atol(what), __ATOMIC_SEQ_CST);
            continue;
        }
        f.nth = atol(nth);
        f.onwards = strchr(nth, '+') != NULL;
        f.what = error_named(what);
        faults[n++] = f;
    }
    __atomic_store_n(&number, n, __ATOMIC_SEQ_CST);
}

__attribute__((constructor)) static void at_load(void) {
    const char *text = getenv("FAULTS");
    if (text != NULL) arm(text);
}

/* What to do: 0 the call, otherwise an error or Short. */
static int fault_at(const char *call, const char *path) {
    const char *slash = strrchr(path, '/');
    const char *name = slash == NULL ? path : slash + 1;
    int what = 0;
    for (int i = 0; i < number; i++) {
        struct fault *f = &faults[i];
        if (strcmp(f->call, call) != 0 || strncmp(name, f->file, strlen(f->file)) != 0) continue;
        long count = __atomic_add_fetch(&f->count, 1, __ATOMIC_SEQ_CST);
        if (what == 0 && (count == f->nth || (f->onwards && count > f->nth))) {
            __atomic_add_fetch(&fired, 1, __ATOMIC_SEQ_CST);
            what = f->what;
        }
    }
    return what;
}

static int fault_of(const char *call, int fd) {
    if (number == 0) return 0;
    char link[64], path[PATH_MAX];
    snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, path, sizeof(path) - 1);
    if (n <= 0) return 0;
    path[n] = 0;
    return fault_at(call, path);
}

#define FAIL_IF(call, fd) do { int e_ = fault_of(call, fd); if (e_ > 0) { errno = e_; return -1; } } while (0)

ssize_t pwrite64(int fd, const void *from, size_t n, off64_t at) {
    int e = fault_of("pwrite", fd);
    if (e > 0) {
        errno = e;
        return -1;
    }
    if (e == Short && n > 1) n /= 2;
    return syscall(SYS_pwrite64, fd, from, n, at);
}

ssize_t pread64(int fd, void *to, size_t n, off64_t at) {
    FAIL_IF("pread", fd);
    return syscall(SYS_pread64, fd, to, n, at);
}

int fsync(int fd) {
    FAIL_IF("fsync", fd);
    return (int)syscall(SYS_fsync, fd);
}

int fdatasync(int fd) {
    FAIL_IF("fdatasync", fd);
    return (int)syscall(SYS_fdatasync, fd);
}

int ftruncate64(int fd, off64_t length) {
    FAIL_IF("ftruncate", fd);
    return (int)syscall(SYS_ftruncate, fd, length);
}

int posix_fallocate64(int fd, off64_t at, off64_t length) {
    struct stat64 st;
    int e = fault_of("fallocate", fd);
    if (e == 0 && fstat64(fd, &st) == 0 && at < st.st_size) e = fault_of("refill", fd);
    if (e > 0) return e;
    int (*real)(int, off64_t, off64_t) = (int (*)(int, off64_t, off64_t))dlsym(RTLD_NEXT, "posix_fallocate64");
    return real(fd, at, length);
}

int fstatvfs64(int fd, struct statvfs64 *fs) {
    int (*real)(int, struct statvfs64 *) = (int (*)(int, struct statvfs64 *))dlsym(RTLD_NEXT, "fstatvfs64");
    int result = real(fd, fs);
    /* A full disk, not an error. */
    if (result == 0 && fault_of("statvfs", fd) > 0) fs->f_bavail = 0;
    return result;
}

static int do_open(int directory, const char *path, int flags, mode_t mode) {
    int e = number == 0 ? 0 : fault_at(flags & O_CREAT ? "create" : "open", path);
    if (e > 0) {
        errno = e;
        return -1;
    }
    return (int)syscall(SYS_openat, directory, path, flags, mode);
}

/* The mode means something to a call that may create, only. */
int open64(const char *path, int flags, ...) {
    va_list ap;
    va_start(ap, flags);
    mode_t mode = va_arg(ap, mode_t);
    va_end(ap);
    return do_open(AT_FDCWD, path, flags, mode);
}

int openat64(int directory, const char *path, int flags, ...) {
    va_list ap;
    va_start(ap, flags);
    mode_t mode = va_arg(ap, mode_t);
    va_end(ap);
    return do_open(directory, path, flags, mode);
}

int clock_gettime(clockid_t clock, struct timespec *ts) {
    int result = (int)syscall(SYS_clock_gettime, clock, ts);
    if (clock == CLOCK_REALTIME) ts->tv_sec += clock_offset;
    return result;
}

JNIEXPORT void JNICALL Java_Faults_arm0(JNIEnv *env, jclass cls, jstring text) {
    const char *chars = (*env)->GetStringUTFChars(env, text, NULL);
    arm(chars);
    (*env)->ReleaseStringUTFChars(env, text, chars);
}

JNIEXPORT jlong JNICALL Java_Faults_fired(JNIEnv *env, jclass cls) {
    return fired;
}
