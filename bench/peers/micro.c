/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

/*
 * micro POOL WORK MILLIS: one of the works below on a new pool, for MILLIS after a warm-up of a
 * quarter of that; prints nanoseconds per operation, the median of
 * four parts. Each is the counterpart of a JMH benchmark in
 * bench.micro.
 */
#include "pmem.h"

#define TABLE 65536
#define BUCKETS 65536
#define MAP_MAX 200000
#define CHAIN_MAX 100000

struct record {                         /* 64 bytes */
    uint64_t value;
    uint64_t rest[7];
};

struct node {                           /* 64 bytes */
    PMEMoid next;
    PMEMoid prev;
    uint64_t payload[4];
};

struct entry {                          /* 64 bytes */
    PMEMoid next;
    uint64_t key;
    uint64_t value;
    uint64_t rest[4];
};

struct root {
    PMEMoid table;
    PMEMoid head;
    uint64_t count;
    PMEMoid buckets;
};

static PMEMobjpool *pop;
static struct root *root;
static struct record *table;
static PMEMoid *buckets;
static uint32_t chained;

/* ---- Works: each call is `unit` operations ---- */

static void update(int fields) {
    TX_BEGIN(pop) {
        for (int i = 0; i < fields; i++) {
            struct record *r = &table[rnd(TABLE)];
            pmemobj_tx_add_range_direct(&r->value, sizeof r->value);
            r->value = seed;
        }
    } TX_ONABORT {
        fail("update");
    } TX_END
}

static void update1(void) { update(1); }
static void update8(void) { update(8); }
static void update64(void) { update(64); }

static void empty(void) {
    TX_BEGIN(pop) {
    } TX_END
}

/* Frees the chain, as Java's collector does there. */
static void drop_chain(void) {
    while (!OID_IS_NULL(root->head)) {
        TX_BEGIN(pop) {
            pmemobj_tx_add_range_direct(&root->head, sizeof root->head);
            for (int i = 0; i < 1000 && !OID_IS_NULL(root->head); i++) {
                PMEMoid old = root->head;
                root->head = ((struct node *)pmemobj_direct(old))->next;
                pmemobj_tx_free(old);
            }
        } TX_ONABORT {
            fail("drop");
        } TX_END
    }
    chained = 0;
}

static void link_nodes(int count) {
    TX_BEGIN(pop) {
        pmemobj_tx_add_range_direct(&root->head, sizeof root->head);
        for (int i = 0; i < count; i++) {
            PMEMoid oid = pmemobj_tx_zalloc(sizeof(struct node), 1);
            struct node *n = pmemobj_direct(oid);
            n->next = root->head;
            n->payload[0] = seed;
            root->head = oid;
        }
    } TX_ONABORT {
        fail("link");
    } TX_END
    chained += count;
}

static void link1(void) { link_nodes(1); }
static void link100(void) { link_nodes(100); }

static void list_insert(void) {
    TX_BEGIN(pop) {
        PMEMoid oid = pmemobj_tx_zalloc(sizeof(struct node), 1);
        struct node *n = pmemobj_direct(oid);
        PMEMoid old = root->head;
        n->next = old;
        n->payload[0] = seed;
        if (!OID_IS_NULL(old)) {
            struct node *first = pmemobj_direct(old);
            pmemobj_tx_add_range_direct(&first->prev, sizeof first->prev);
            first->prev = oid;
        }
        pmemobj_tx_add_range_direct(&root->head, sizeof root->head + sizeof root->count);
        root->head = oid;
        root->count++;
    } TX_ONABORT {
        fail("list");
    } TX_END
    chained++;
}

static struct entry *find(uint64_t key) {
    PMEMoid oid = buckets[key % BUCKETS];
    while (!OID_IS_NULL(oid)) {
        struct entry *e = pmemobj_direct(oid);
        if (e->key == key) {
            return e;
        }
        oid = e->next;
    }
    return NULL;
}

static void map_insert(void) {
    uint64_t key = rnd(1u << 31);
    TX_BEGIN(pop) {
        struct entry *e = find(key);
        if (e != NULL) {
            pmemobj_tx_add_range_direct(&e->value, sizeof e->value);
            e->value = seed;
        } else {
            PMEMoid *bucket = &buckets[key % BUCKETS];
            PMEMoid oid = pmemobj_tx_zalloc(sizeof(struct entry), 2);
            e = pmemobj_direct(oid);
            e->key = key;
            e->value = seed;
            e->next = *bucket;
            pmemobj_tx_add_range_direct(bucket, sizeof *bucket);
            *bucket = oid;
            pmemobj_tx_add_range_direct(&root->count, sizeof root->count);
            root->count++;
        }
    } TX_ONABORT {
        fail("map");
    } TX_END
}

static uint64_t sum;
static void map_get(void) {
    uint64_t key = rnd(MAP_MAX / 2);
    struct entry *e = find(key);
    sum += e->value;
}

static void alloc_tx(void) {
    TX_BEGIN(pop) {
        for (int i = 0; i < 100; i++) {
            pmemobj_tx_zalloc(sizeof(struct node), 1);
        }
    } TX_ONABORT {
        fail("alloc");
    } TX_END
}

static void alloc_reserve(void) {
    struct pobj_action actions[32];
    for (int i = 0; i < 32; i++) {
        PMEMoid oid = pmemobj_reserve(pop, &actions[i], sizeof(struct node), 1);
        memset(pmemobj_direct(oid), 0, sizeof(struct node));
        pmemobj_persist(pop, pmemobj_direct(oid), sizeof(struct node));
    }
    if (pmemobj_publish(pop, actions, 32) != 0) {
        fail("publish");
    }
}

static uint32_t at;
static void store(void) {
    struct record *r = &table[at++ & 63];
    r->value = at;
    pmemobj_persist(pop, &r->value, sizeof r->value);
}

/* ---- */

enum limit { NONE, CHAIN, MAP };

static const struct work {
    const char *name;
    void (*run)(void);
    int unit;
    enum limit limit;
} works[] = {
    {"empty", empty, 1, NONE},
    {"update1", update1, 1, NONE}, {"update8", update8, 1, NONE}, {"update64", update64, 1, NONE},
    {"link1", link1, 1, CHAIN}, {"link100", link100, 100, CHAIN},
    {"list", list_insert, 1, CHAIN},
    {"insert", map_insert, 1, MAP}, {"get", map_get, 1, NONE},
    {"alloc-tx", alloc_tx, 100, NONE}, {"alloc-reserve", alloc_reserve, 32, NONE},
    {"store", store, 1, NONE},
};

static void new_map(void) {
    TX_BEGIN(pop) {
        pmemobj_tx_add_range_direct(root, sizeof *root);
        root->buckets = pmemobj_tx_zalloc(BUCKETS * sizeof(PMEMoid), 3);
        root->count = 0;
    } TX_ONABORT {
        fail("buckets");
    } TX_END
    buckets = pmemobj_direct(root->buckets);
}

static void drop_map(void) {
    for (int b = 0; b < BUCKETS; b++) {
        PMEMoid oid = buckets[b];
        while (!OID_IS_NULL(oid)) {
            PMEMoid next = ((struct entry *)pmemobj_direct(oid))->next;
            pmemobj_free(&oid);
            oid = next;
        }
    }
    pmemobj_free(&root->buckets);
    new_map();
}

/* Runs for that long and returns nanoseconds per operation; dropping what was built is not in it. */
static double run(const struct work *w, int64_t ns) {
    int64_t spent = 0, ops = 0;
    while (spent < ns) {
        int64_t start = now();
        int64_t end = start + (ns - spent);
        int64_t t = start;
        while (t < end) {
            for (int i = 0; i < 8; i++) {
                w->run();
            }
            ops += 8LL * w->unit;
            t = now();
            if ((w->limit == CHAIN && chained >= CHAIN_MAX) || (w->limit == MAP && root->count >= MAP_MAX)) {
                break;
            }
        }
        spent += t - start;
        if (w->limit == CHAIN) {
            drop_chain();
        } else if (w->limit == MAP) {
            drop_map();
        }
    }
    return (double)spent / ops;
}

int main(int argc, char **argv) {
    if (argc != 4) {
        fprintf(stderr, "usage: micro POOL WORK MILLIS\n");
        return 2;
    }
    const struct work *w = NULL;
    for (size_t i = 0; i < sizeof works / sizeof *works; i++) {
        if (strcmp(works[i].name, argv[2]) == 0) {
            w = &works[i];
        }
    }
    if (w == NULL) {
        fprintf(stderr, "unknown work %s\n", argv[2]);
        return 2;
    }
    int allocates = strncmp(argv[2], "alloc", 5) == 0;
    pop = create(argv[1], allocates ? 3072 : 512);
    PMEMoid oid = pmemobj_root(pop, sizeof(struct root));
    root = pmemobj_direct(oid);
    if (pmemobj_zalloc(pop, &root->table, TABLE * sizeof(struct record), 4) != 0) {
        fail("table");
    }
    table = pmemobj_direct(root->table);
    new_map();
    if (strcmp(argv[2], "get") == 0) {
        for (uint64_t key = 0; key < MAP_MAX / 2; key++) {
            PMEMoid *bucket = &buckets[key % BUCKETS], old = *bucket;
            if (pmemobj_zalloc(pop, bucket, sizeof(struct entry), 2) != 0) {
                fail("fill");
            }
            struct entry *e = pmemobj_direct(*bucket);
            e->key = key;
            e->next = old;
        }
    }
    int64_t ns = atoll(argv[3]) * 1000000;
    run(w, ns / 4);
    double t[4];
    for (int i = 0; i < 4; i++) {
        double v = run(w, ns / 4);
        int k = i;
        for (; k > 0 && t[k - 1] > v; k--) {
            t[k] = t[k - 1];
        }
        t[k] = v;
    }
    result((t[1] + t[2]) / 2);
    pmemobj_close(pop);
    return (int)(sum & 0);
}
