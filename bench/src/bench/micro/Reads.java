/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

package bench.micro;

import java.lang.persistent.Persistent;
import java.lang.persistent.PersistentHeap;
import java.lang.persistent.Txn;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.*;

/** Reading persistent objects against reading volatile ones: the same code, other objects. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class Reads {
    static final int COUNT = 4096;

    @Param({"V", "P"})
    String side;

    Node[] nodes;
    Node first;
    long[] longs;

    @Setup
    public void setup() {
        boolean persistent = side.equals("P");
        if (!persistent) {
            build(false);
            System.gc();                // both sides old
            return;
        }
        Txn.run(() -> {
            build(true);
            PersistentHeap.setRoot("nodes", nodes);
            PersistentHeap.setRoot("longs", longs);
        });
        System.gc();
    }

    private void build(boolean persistent) {
        nodes = Node.cycle(persistent, COUNT);
        first = nodes[0];
        longs = persistent ? new @Persistent long[COUNT] : new long[COUNT];
        for (int i = 0; i < COUNT; i++) {
            longs[i] = i;
        }
    }

    /** Array element, then field. */
    @Benchmark
    @OperationsPerInvocation(COUNT)
    public long fields() {
        long sum = 0;
        for (Node n : nodes) {
            sum += n.value;
        }
        return sum;
    }

    /** Reference after reference. */
    @Benchmark
    @OperationsPerInvocation(COUNT)
    public long chase() {
        long sum = 0;
        Node n = first;
        for (int i = 0; i < COUNT; i++) {
            sum += n.value;
            n = n.next;
        }
        return sum;
    }

    /** A vector loop. */
    @Benchmark
    @OperationsPerInvocation(COUNT)
    public long array() {
        long sum = 0;
        for (long l : longs) {
            sum += l;
        }
        return sum;
    }
}
