/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

/*
 * floor FILE LINES MILLIS [FIELDS]: the least a durable transaction can cost on a mapped medium: streams LINES cache
 * lines (non-temporal) to the next place of a ring of 64 MB, then one fence. Prints nanoseconds of one such record.
 * With FIELDS, the least that a transaction of so many stores can cost that can also be rolled back: stores to random
 * ones of 65,536 records of 64 bytes, found by a table of pointers, keeps where each was, what stood there before and
 * what stands there now, and streams these as the record. No conflicts, no checksum, nobody who brings it home.
 */
#include <emmintrin.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "now.h"

#define RING (64u << 20)
#define TABLE 65536

struct change {
    uint64_t *where, before, now;
};

static uint64_t seed = 88172645463325252u;

static uint64_t next(void) {            /* xorshift64 */
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed;
}

int main(int argc, char **argv) {
    if (argc != 4 && argc != 5) {
        fprintf(stderr, "usage: floor FILE LINES MILLIS [FIELDS]\n");
        return 2;
    }
    int fd = open(argv[1], O_RDWR | O_CREAT | O_TRUNC, 0600);
    if (fd < 0 || posix_fallocate(fd, 0, RING) != 0) {
        perror(argv[1]);
        return 1;
    }
    char *ring = mmap(NULL, RING, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (ring == MAP_FAILED) {
        perror("mmap");
        return 1;
    }
    memset(ring, 1, RING);
    unsigned lines = (unsigned)atoi(argv[2]), fields = argc == 5 ? (unsigned)atoi(argv[4]) : 0, at = 0;
    uint64_t **table = malloc(TABLE * sizeof *table);
    char *records = aligned_alloc(64, TABLE * 64);
    struct change *changes = aligned_alloc(64, (lines + 2) * 64);
    if (table == NULL || records == NULL || changes == NULL || fields * sizeof *changes > lines * 64) {
        fprintf(stderr, "floor: no memory, or %u fields do not fit into %u lines\n", fields, lines);
        return 1;
    }
    memset(records, 1, TABLE * 64);
    memset(changes, 1, (lines + 2) * 64);
    for (unsigned i = 0; i < TABLE; i++) {
        table[i] = (uint64_t *)(records + i * 64);
    }
    int64_t ns = atoll(argv[3]) * 1000000, start = now(), t = start, ops = 0;
    while (t - start < ns) {
        for (int k = 0; k < 64; k++) {
            if (at + lines * 64 > RING) {
                at = 0;
            }
            for (unsigned i = 0; i < fields; i++) {
                struct change *c = &changes[i];
                c->where = table[next() % TABLE];
                c->before = *c->where;
                *c->where = c->now = seed;
            }
            __m128i v = _mm_set1_epi64x(ops + k);
            for (unsigned i = 0; i < lines * 4; i++) {
                _mm_stream_si128((__m128i *)(ring + at + i * 16), fields > 0 ? _mm_load_si128((__m128i *)changes + i) : v);
            }
            _mm_sfence();
            at += lines * 64;
        }
        ops += 64;
        t = now();
    }
    printf("RESULT %.3f\n", (double)(t - start) / ops);
    return 0;
}
