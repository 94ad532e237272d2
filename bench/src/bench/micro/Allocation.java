/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

package bench.micro;

import java.lang.persistent.Persistent;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.*;
import org.openjdk.jmh.infra.Blackhole;

/** Objects of 64 bytes that die at once; collections of V and P are in the time. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class Allocation {
    static final int COUNT = 1000;

    @Benchmark
    @OperationsPerInvocation(COUNT)
    public void inV(Blackhole hole) {
        for (int i = 0; i < COUNT; i++) {
            hole.consume(new Node());
        }
    }

    @Benchmark
    @OperationsPerInvocation(COUNT)
    public void inP(Blackhole hole) {
        for (int i = 0; i < COUNT; i++) {
            hole.consume(new @Persistent Node());
        }
    }
}
