/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

/*
 * floor FILE LINES MILLIS: the least a durable transaction can cost on a mapped medium: streams LINES cache lines
 * (non-temporal) to the next place of a ring of 64 MB, then one fence. Prints nanoseconds of one such record.
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

int main(int argc, char **argv) {
    if (argc != 4) {
        fprintf(stderr, "usage: floor FILE LINES MILLIS\n");
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
    unsigned lines = (unsigned)atoi(argv[2]), at = 0;
    int64_t ns = atoll(argv[3]) * 1000000, start = now(), t = start, ops = 0;
    while (t - start < ns) {
        for (int k = 0; k < 64; k++) {
            if (at + lines * 64 > RING) {
                at = 0;
            }
            __m128i v = _mm_set1_epi64x(ops + k);
            for (unsigned i = 0; i < lines * 4; i++) {
                _mm_stream_si128((__m128i *)(ring + at + i * 16), v);
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
