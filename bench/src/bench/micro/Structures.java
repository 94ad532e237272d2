/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

package bench.micro;

import bench.Random;
import java.lang.persistent.Persistent;
import java.lang.persistent.PersistentHeap;
import java.lang.persistent.Txn;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.*;

/**
 * Allocating and linking, a doubly linked list, a hash map. The counterpart is peers/micro.c. What was built is
 * dropped when it has as many elements as there; here the collector frees it, and that is in the time.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class Structures {
    static final int BUCKETS = 65536;
    static final int MAP_MAX = 200_000;
    static final int CHAIN_MAX = 100_000;

    static final class Entry {
        int tag;
        long key;
        long value;
        long c, d, e;
        Entry next;
        Object rest;
    }

    static final class Root {
        Node head;
        long count;
        Entry[] buckets;
    }

    @Param({"1"})
    int batch;

    Root root;
    int chained;
    final Random random = new Random();

    @Setup
    public void setup(org.openjdk.jmh.infra.BenchmarkParams params) {
        Txn.run(() -> {
            root = new @Persistent Root();
            root.buckets = new @Persistent Entry[BUCKETS];
            PersistentHeap.setRoot("root", root);
        });
        if (params.getBenchmark().endsWith(".get")) {
            for (long key = 0; key < MAP_MAX / 2; key++) {
                put(key, key);
            }
        }
    }

    private void drop() {
        Txn.run(() -> root.head = null);
        chained = 0;
    }

    /** One operation is a transaction of `batch` nodes. */
    @Benchmark
    public void link() {
        try (Txn txn = Txn.begin()) {
            Root r = root;
            for (int i = 0; i < batch; i++) {
                Node n = new @Persistent Node();
                n.next = r.head;
                n.value = i;
                r.head = n;
            }
            txn.commit();
        }
        if ((chained += batch) >= CHAIN_MAX) {
            drop();
        }
    }

    static void push(Root r, Node n, long value) {
        Node old = r.head;
        n.next = old;
        n.value = value;
        if (old != null) {
            old.prev = n;
        }
        r.head = n;
        r.count++;
    }

    @Benchmark
    public void list() {
        try (Txn txn = Txn.begin()) {
            Root r = root;
            push(r, new @Persistent Node(), chained);
            txn.commit();
        }
        if (++chained >= CHAIN_MAX) {
            drop();
        }
    }

    static Entry find(Root r, long key) {
        Entry e = r.buckets[(int) (key % BUCKETS)];
        while (e != null && e.key != key) {
            e = e.next;
        }
        return e;
    }

    static void add(Root r, Entry e, long key, long value) {
        Entry[] buckets = r.buckets;
        int b = (int) (key % BUCKETS);
        e.key = key;
        e.value = value;
        e.next = buckets[b];
        buckets[b] = e;
        r.count++;
    }

    private void put(long key, long value) {
        try (Txn txn = Txn.begin()) {
            Entry e = find(root, key);
            if (e != null) {
                e.value = value;
            } else {
                add(root, new @Persistent Entry(), key, value);
            }
            txn.commit();
        }
    }

    @Benchmark
    public void insert() {
        put(random.next(Integer.MAX_VALUE), random.bits());
        if (root.count >= MAP_MAX) {
            Txn.run(() -> {
                root.buckets = new @Persistent Entry[BUCKETS];
                root.count = 0;
            });
        }
    }

    @Benchmark
    public long get() {
        return find(root, random.next(MAP_MAX / 2)).value;
    }
}
