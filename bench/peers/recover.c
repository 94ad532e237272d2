/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

/*
 * recover POOL STORES: fills a pool, is killed in a transaction of that many stores (undo log: the worst
 * case here, as a full redo log is for Everheap). recover POOL: opens it; prints nanoseconds of the opening.
 */
#include "pmem.h"
#include <signal.h>

#define TABLE (1 << 20)

struct record {
    uint64_t value;
    uint64_t rest[7];
};

struct root {
    PMEMoid table;
};

int main(int argc, char **argv) {
    if (argc == 2) {
        int64_t start = now();
        PMEMobjpool *pop = pmemobj_open(argv[1], LAYOUT);
        if (pop == NULL) {
            fail("pmemobj_open");
        }
        result((double)(now() - start));
        struct root *root = pmemobj_direct(pmemobj_root(pop, sizeof(struct root)));
        struct record *table = pmemobj_direct(root->table);
        for (int i = 0; i < TABLE; i++) {
            if (table[i].value != 0) {
                fprintf(stderr, "not rolled back\n");
                return 1;
            }
        }
        pmemobj_close(pop);
        return 0;
    }
    int64_t stores = atoll(argv[2]);
    PMEMobjpool *pop = create(argv[1], 512);
    struct root *root = pmemobj_direct(pmemobj_root(pop, sizeof(struct root)));
    if (pmemobj_zalloc(pop, &root->table, TABLE * sizeof(struct record), 1) != 0) {
        fail("table");
    }
    struct record *table = pmemobj_direct(root->table);
    TX_BEGIN(pop) {
        for (int64_t i = 0; i < stores; i++) {
            struct record *r = &table[(i * 7919) & (TABLE - 1)];
            pmemobj_tx_add_range_direct(&r->value, sizeof r->value);
            r->value = i + 1;
        }
        kill(getpid(), SIGKILL);
    } TX_END
    return 1;
}
