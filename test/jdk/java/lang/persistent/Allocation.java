/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

import java.lang.management.ManagementFactory;
import java.util.function.IntConsumer;

/** What compiled code allocates in the Java heap. A test that uses it needs the module jdk.management. */
public final class Allocation {
    private Allocation() {
    }

    /** Has the work compiled, and checks that so many repetitions of it allocate less than a byte each. */
    static void none(String what, int count, IntConsumer work) {
        for (int i = 0; i < 20; i++) {
            work.accept(10_000);
        }
        var thread = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
        long before = thread.getCurrentThreadAllocatedBytes();
        work.accept(count);
        long bytes = thread.getCurrentThreadAllocatedBytes() - before;
        System.out.println(what + ": " + bytes + " bytes in " + count + " repetitions");
        if (bytes > count) {
            throw new AssertionError(what + ": " + bytes + " bytes allocated in " + count + " repetitions that need none");
        }
    }
}
