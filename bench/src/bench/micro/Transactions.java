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

/** Transactions that change fields of random ones of 65,536 objects. The counterpart is peers/micro.c. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class Transactions {
    static final int TABLE = 65536;

    @Param({"1"})
    int fields;

    Node[] table;
    final Random random = new Random();
    int at;

    @Setup
    public void setup() {
        Txn.run(() -> {
            table = new @Persistent Node[TABLE];
            for (int i = 0; i < TABLE; i++) {
                table[i] = new @Persistent Node();
            }
            PersistentHeap.setRoot("table", table);
        });
    }

    @Benchmark
    public void empty() {
        try (Txn txn = Txn.begin()) {
            txn.commit();
        }
    }

    @Benchmark
    public void update() {
        try (Txn txn = Txn.begin()) {
            for (int i = 0; i < fields; i++) {
                Node n = table[random.next(TABLE)];
                n.value = random.bits();
            }
            txn.commit();
        }
    }

    @State(Scope.Thread)
    public static class Ordinary {
        final Node[] table = Node.cycle(false, TABLE);
    }

    /** The same stores to ordinary objects, without a transaction: what the random accesses alone cost. */
    @Benchmark
    public void ordinary(Ordinary o) {
        for (int i = 0; i < fields; i++) {
            Node n = o.table[random.next(TABLE)];
            n.value = random.bits();
        }
    }

    /** Outside of transactions. */
    @Benchmark
    public void store() {
        table[at++ & 63].value = at;
    }
}
