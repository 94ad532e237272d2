/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

/*
 * programs POOL NAME SIZE COUNT: the programs of the go-pmem paper on libpmemobj; prints nanoseconds per
 * operation of the second of two runs. The counterpart is bench.programs.Programs.
 */
#include "pmem.h"
#include <math.h>

static PMEMobjpool *pop;

struct root {
    PMEMoid head;
    PMEMoid array;
};
static struct root *root;

/* ---- binary tree: depth SIZE, built and dropped COUNT times; a transaction per 1023 nodes ---- */

struct tree {
    PMEMoid left, right;
};

static PMEMoid grow(int depth) {
    PMEMoid oid = pmemobj_tx_zalloc(sizeof(struct tree), 1);
    struct tree *t = pmemobj_direct(oid);
    if (depth > 1) {
        t->left = grow(depth - 1);
        t->right = grow(depth - 1);
    }
    return oid;
}

static void build(PMEMoid *place, int depth) {
    TX_BEGIN(pop) {
        pmemobj_tx_add_range_direct(place, sizeof *place);
        *place = depth <= 10 ? grow(depth) : pmemobj_tx_zalloc(sizeof(struct tree), 1);
    } TX_ONABORT {
        fail("tree");
    } TX_END
    if (depth > 10) {
        struct tree *t = pmemobj_direct(*place);
        build(&t->left, depth - 1);
        build(&t->right, depth - 1);
    }
}

static int64_t count(PMEMoid oid) {
    if (OID_IS_NULL(oid)) {
        return 0;
    }
    struct tree *t = pmemobj_direct(oid);
    return 1 + count(t->left) + count(t->right);
}

static void prune(PMEMoid oid) {
    if (!OID_IS_NULL(oid)) {
        struct tree *t = pmemobj_direct(oid);
        prune(t->left);
        prune(t->right);
        pmemobj_tx_free(oid);
    }
}

static void drop(PMEMoid *place, int depth) {
    if (depth > 10) {
        struct tree *t = pmemobj_direct(*place);
        drop(&t->left, depth - 1);
        drop(&t->right, depth - 1);
    }
    TX_BEGIN(pop) {
        pmemobj_tx_add_range_direct(place, sizeof *place);
        prune(*place);
        *place = OID_NULL;
    } TX_ONABORT {
        fail("tree");
    } TX_END
}

static int64_t tree(int size, int64_t times) {
    int64_t nodes = 0;
    for (int64_t i = 0; i < times; i++) {
        build(&root->head, size);
        nodes += count(root->head);
        drop(&root->head, size);
    }
    return nodes;
}

/* ---- sps: COUNT swaps of random elements of an array of SIZE ---- */

static uint64_t *longs(int64_t n) {
    pmemobj_free(&root->array);
    if (pmemobj_zalloc(pop, &root->array, n * 8, 2) != 0) {
        fail("array");
    }
    uint64_t *a = pmemobj_direct(root->array);
    for (int64_t i = 0; i < n; i++) {
        a[i] = i;
    }
    pmemobj_persist(pop, a, n * 8);
    return a;
}

static void swap(uint64_t *a, uint32_t i, uint32_t j) {
    pmemobj_tx_add_range_direct(&a[i], 8);
    pmemobj_tx_add_range_direct(&a[j], 8);
    uint64_t t = a[i];
    a[i] = a[j];
    a[j] = t;
}

static int64_t sps_one(int size, int64_t times) {
    uint64_t *a = pmemobj_direct(root->array);
    TX_BEGIN(pop) {
        for (int64_t n = 0; n < times; n++) {
            swap(a, rnd(size), rnd(size));
        }
    } TX_ONABORT {
        fail("sps");
    } TX_END
    return times;
}

static int64_t sps_each(int size, int64_t times) {
    uint64_t *a = pmemobj_direct(root->array);
    for (int64_t n = 0; n < times; n++) {
        TX_BEGIN(pop) {
            swap(a, rnd(size), rnd(size));
        } TX_ONABORT {
            fail("sps");
        } TX_END
    }
    return times;
}

/* ---- n-body: COUNT steps of 5 bodies, a transaction per step ---- */

struct body {
    double x, y, z, vx, vy, vz, mass;
};

static void advance(struct body *b, int n, double dt) {
    for (int i = 0; i < n; i++) {
        for (int j = i + 1; j < n; j++) {
            double dx = b[i].x - b[j].x, dy = b[i].y - b[j].y, dz = b[i].z - b[j].z;
            double d2 = dx * dx + dy * dy + dz * dz;
            double mag = dt / (d2 * sqrt(d2));
            b[i].vx -= dx * b[j].mass * mag;
            b[i].vy -= dy * b[j].mass * mag;
            b[i].vz -= dz * b[j].mass * mag;
            b[j].vx += dx * b[i].mass * mag;
            b[j].vy += dy * b[i].mass * mag;
            b[j].vz += dz * b[i].mass * mag;
        }
    }
    for (int i = 0; i < n; i++) {
        b[i].x += dt * b[i].vx;
        b[i].y += dt * b[i].vy;
        b[i].z += dt * b[i].vz;
    }
}

static int64_t nbody(int size, int64_t times) {
    pmemobj_free(&root->array);
    if (pmemobj_zalloc(pop, &root->array, size * sizeof(struct body), 3) != 0) {
        fail("bodies");
    }
    struct body *b = pmemobj_direct(root->array);
    for (int i = 0; i < size; i++) {
        b[i] = (struct body){i * 1.1, i * 0.7, i * 0.3, 0.1 * i, 0.2, -0.1 * i, 1.0 + i};
    }
    pmemobj_persist(pop, b, size * sizeof *b);
    for (int64_t n = 0; n < times; n++) {
        TX_BEGIN(pop) {
            pmemobj_tx_add_range_direct(b, size * sizeof *b);
            advance(b, size, 0.001);
        } TX_ONABORT {
            fail("nbody");
        } TX_END
    }
    return times;
}

/* ---- fannkuch of SIZE in one transaction: arrays added once, or every store ---- */

static int every_store;

static inline void set(int *a, int i, int v) {
    if (every_store) {
        pmemobj_tx_add_range_direct(&a[i], sizeof(int));
    }
    a[i] = v;
}

static int64_t fannkuch(int n, int64_t times) {
    pmemobj_free(&root->array);
    if (pmemobj_zalloc(pop, &root->array, 3 * n * sizeof(int), 4) != 0) {
        fail("fannkuch");
    }
    int *perm = pmemobj_direct(root->array), *perm1 = perm + n, *counts = perm1 + n;
    volatile int checksum = 0;
    volatile int64_t steps = 0;
    for (int64_t k = 0; k < times; k++) {
        TX_BEGIN(pop) {
            if (!every_store) {
                pmemobj_tx_add_range_direct(perm, 3 * n * sizeof(int));
            }
            int r = n, nperm = 0, sum = 0, done = 0;
            for (int i = 0; i < n; i++) {
                set(perm1, i, i);
            }
            while (!done) {
                for (; r != 1; r--) {
                    set(counts, r - 1, r);
                }
                for (int i = 0; i < n; i++) {
                    set(perm, i, perm1[i]);
                }
                int flips = 0, f;
                while ((f = perm[0]) != 0) {
                    for (int lo = 0, hi = f; lo < hi; lo++, hi--) {
                        int t = perm[lo];
                        set(perm, lo, perm[hi]);
                        set(perm, hi, t);
                    }
                    flips++;
                }
                sum += nperm % 2 == 0 ? flips : -flips;
                for (;;) {
                    if (r == n) {
                        done = 1;
                        break;
                    }
                    int first = perm1[0];
                    for (int i = 0; i < r; i++) {
                        set(perm1, i, perm1[i + 1]);
                    }
                    set(perm1, r, first);
                    set(counts, r, counts[r] - 1);
                    if (counts[r] > 0) {
                        break;
                    }
                    r++;
                }
                nperm++;
            }
            checksum += sum;
            steps += nperm;
        } TX_ONABORT {
            fail("fannkuch");
        } TX_END
    }
    return steps;
}

/* ---- fill-heap: COUNT objects of 64 bytes, 100 per transaction, every second one reachable ---- */

struct object {
    PMEMoid next;
    uint64_t payload[6];
};

static int64_t fill(int size, int64_t times) {
    for (int64_t n = 0; n < times; n += size) {
        TX_BEGIN(pop) {
            pmemobj_tx_add_range_direct(&root->head, sizeof root->head);
            for (int i = 0; i < size; i++) {
                PMEMoid oid = pmemobj_tx_zalloc(sizeof(struct object), 5);
                struct object *o = pmemobj_direct(oid);
                o->payload[0] = i;
                if (i % 2 == 0) {
                    o->next = root->head;
                    root->head = oid;
                } else {
                    pmemobj_tx_free(oid);   /* Java leaves it to the collector */
                }
            }
        } TX_ONABORT {
            fail("fill");
        } TX_END
    }
    return times;
}

static void unfill(void) {
    while (!OID_IS_NULL(root->head)) {
        PMEMoid old = root->head;
        root->head = ((struct object *)pmemobj_direct(old))->next;
        pmemobj_free(&old);
    }
}

/* ---- */

int main(int argc, char **argv) {
    if (argc != 5) {
        fprintf(stderr, "usage: programs POOL NAME SIZE COUNT\n");
        return 2;
    }
    const char *name = argv[2];
    int size = atoi(argv[3]);
    int64_t times = atoll(argv[4]);
    pop = create(argv[1], 2048);
    PMEMoid oid = pmemobj_root(pop, sizeof(struct root));
    root = pmemobj_direct(oid);
    int64_t (*program)(int, int64_t) =
        strcmp(name, "tree") == 0 ? tree : strcmp(name, "sps-one") == 0 ? sps_one :
        strcmp(name, "sps-each") == 0 ? sps_each : strcmp(name, "nbody") == 0 ? nbody :
        strncmp(name, "fannkuch", 8) == 0 ? fannkuch : strcmp(name, "fill") == 0 ? fill : NULL;
    if (program == NULL) {
        fprintf(stderr, "unknown program %s\n", name);
        return 2;
    }
    every_store = strcmp(name, "fannkuch-every") == 0;
    if (strncmp(name, "sps", 3) == 0) {
        longs(size);
    }
    double ns = 0;
    for (int i = 0; i < 2; i++) {
        int64_t start = now();
        int64_t ops = program(size, times);
        ns = (double)(now() - start) / ops;
        if (program == fill) {
            unfill();
        }
    }
    result(ns);
    pmemobj_close(pop);
    return 0;
}
