/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

package bench.micro;

import java.lang.persistent.PersistentHeap;
import java.lang.persistent.Txn;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.*;

/**
 * A primitive store in a transaction, without the transaction's begin and end: those happen between the
 * measured invocations.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class Stores {
    static final int COUNT = 4096;
    static final int FEW = 16;

    @Param({"V", "P"})
    String side;

    Node[] nodes;
    Txn txn;
    long x;

    @Setup
    public void setup() {
        if (side.equals("P")) {
            Txn.run(() -> {
                nodes = Node.cycle(true, COUNT);
                PersistentHeap.setRoot("nodes", nodes);
            });
        } else {
            nodes = Node.cycle(false, COUNT);
        }
        System.gc();
    }

    @Setup(Level.Invocation)
    public void begin() {
        txn = Txn.begin();
        x++;
    }

    @TearDown(Level.Invocation)
    public void end() {
        txn.commit();
    }

    /** Each location once. */
    @Benchmark
    @OperationsPerInvocation(COUNT)
    public void first() {
        Node[] nodes = this.nodes;
        long x = this.x;
        for (int i = 0; i < COUNT; i++) {
            nodes[i].value = x + i;
        }
    }

    /** A few locations again and again. */
    @Benchmark
    @OperationsPerInvocation(COUNT)
    public void repeated() {
        Node[] nodes = this.nodes;
        long x = this.x;
        for (int i = 0; i < COUNT; i++) {
            nodes[i & (FEW - 1)].value = x + i;
        }
    }
}
