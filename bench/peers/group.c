/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

/*
 * group FILE THREADS MILLIS: what a plain group commit on a disk costs without a VM and a heap. Each thread appends a
 * record of 192 bytes to a buffer and blocks until that is durable; whoever finds nobody writing writes what there is with
 * one pwrite to a file that is there already, and one fdatasync, and wakes those it wrote for and one more.
 * Prints nanoseconds per record (elapsed time by all records of all threads).
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "now.h"

#define RING        (64u << 20)
#define RECORD      192
#define MAX_THREADS 1024

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char buffer[2][MAX_THREADS * RECORD];
static unsigned gathering;          /* the buffer and the condition of the group that is being gathered */
static size_t filled;               /* bytes of it */
static int writing;                 /* somebody writes the other */
static uint64_t appended, durable;  /* records */
static pthread_cond_t done[2] = {PTHREAD_COND_INITIALIZER, PTHREAD_COND_INITIALIZER};
static off_t at;
static int file;
static int64_t end;
static uint64_t records;

static void fail(const char *what) {
    perror(what);
    exit(1);
}

/* The lock is held, before and afterwards. */
static void write_group(void) {
    unsigned mine = gathering;
    size_t bytes = filled;
    uint64_t covers = appended;
    writing = 1;
    gathering ^= 1;
    filled = 0;
    at = at + bytes > RING ? 0 : at;
    pthread_mutex_unlock(&lock);
    if (pwrite(file, buffer[mine], bytes, at) != (ssize_t)bytes || fdatasync(file) != 0) {
        fail("writing");
    }
    at += bytes;
    pthread_mutex_lock(&lock);
    durable = covers;
    writing = 0;
    pthread_cond_signal(&done[gathering]);  /* who writes next: the disk first */
    pthread_cond_broadcast(&done[mine]);
}

static void *updates(void *unused) {
    uint64_t n = 0;
    for (; now() < end; n++) {
        pthread_mutex_lock(&lock);
        memset(buffer[gathering] + filled, (int)n, RECORD);
        filled += RECORD;
        uint64_t mine = ++appended;
        pthread_cond_t *mine_done = &done[gathering];
        while (durable < mine) {
            if (writing) {
                pthread_cond_wait(mine_done, &lock);
            } else {
                write_group();
            }
        }
        pthread_mutex_unlock(&lock);
    }
    __atomic_add_fetch(&records, n, __ATOMIC_RELAXED);
    return unused;
}

int main(int argc, char **argv) {
    int threads = argc == 4 ? atoi(argv[2]) : 0;
    if (threads < 1 || threads > MAX_THREADS) {
        fprintf(stderr, "usage: group FILE THREADS MILLIS, 1 to %d threads\n", MAX_THREADS);
        return 2;
    }
    file = open(argv[1], O_RDWR | O_CREAT | O_TRUNC, 0600);
    for (off_t o = 0; o < RING; o += sizeof(buffer[0])) {
        if (file < 0 || pwrite(file, buffer[0], sizeof(buffer[0]), o) != sizeof(buffer[0])) {
            fail(argv[1]);
        }
    }
    if (fsync(file) != 0) {
        fail(argv[1]);
    }
    pthread_t thread[MAX_THREADS];
    int64_t start = now();
    end = start + atoll(argv[3]) * 1000000;
    for (int i = 0; i < threads; i++) {
        if (pthread_create(&thread[i], NULL, updates, NULL) != 0) {
            fail("pthread_create");
        }
    }
    for (int i = 0; i < threads; i++) {
        pthread_join(thread[i], NULL);
    }
    printf("RESULT %.3f\n", (double)(now() - start) / records);
    return 0;
}
