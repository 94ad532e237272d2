/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

package bench.micro;

import bench.Random;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.*;

/** What Structures does, to ordinary objects and without transactions: what the accesses alone cost. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class OrdinaryStructures {
    @Param({"1"})
    int batch;

    Structures.Root root;
    int chained;
    final Random random = new Random();

    @Setup
    public void setup() {
        root = new Structures.Root();
        root.buckets = new Structures.Entry[Structures.BUCKETS];
    }

    private void added(int nodes) {
        chained += nodes;
        if (chained >= Structures.CHAIN_MAX) {
            root.head = null;
            chained = 0;
        }
    }

    @Benchmark
    public void link() {
        Structures.Root r = root;
        for (int i = 0; i < batch; i++) {
            Node n = new Node();
            n.next = r.head;
            n.value = i;
            r.head = n;
        }
        added(batch);
    }

    @Benchmark
    public void list() {
        Structures.push(root, new Node(), chained);
        added(1);
    }

    @Benchmark
    public void insert() {
        long key = random.next(Integer.MAX_VALUE), value = random.bits();
        Structures.Entry e = Structures.find(root, key);
        if (e != null) {
            e.value = value;
        } else {
            Structures.add(root, new Structures.Entry(), key, value);
        }
        if (root.count >= Structures.MAP_MAX) {
            root.buckets = new Structures.Entry[Structures.BUCKETS];
            root.count = 0;
        }
    }
}
