/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

/* What the libpmemobj programs share. */
#ifndef PMEM_H
#define PMEM_H

#include <libpmemobj.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "now.h"

#define LAYOUT "bench"

/* The same generator as in bench.Random. */
static uint64_t seed = 0x9E3779B97F4A7C15ULL;
static inline uint32_t rnd(uint32_t bound) {
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (uint32_t)((seed >> 33) % bound);
}

static void fail(const char *what) {
    fprintf(stderr, "%s: %s\n", what, pmemobj_errormsg());
    exit(1);
}

static PMEMobjpool *create(const char *path, size_t mb) {
    unlink(path);
    PMEMobjpool *pop = pmemobj_create(path, LAYOUT, mb << 20, 0600);
    if (pop == NULL) {
        fail("pmemobj_create");
    }
    return pop;
}

/* The line that the driver reads. */
static void result(double ns_per_op) {
    printf("RESULT %.3f\n", ns_per_op);
}

#endif
