/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

/*
 * @test
 * @summary The persistent side of a store, which reads what was there before, does not keep an object from
 *          being replaced by its fields, when C2 sees only later that it is one of this method's
 * @modules java.management jdk.management
 * @run main/othervm -XX:PersistentHeap=heap-scalar -XX:PersistentHeapSize=64m -XX:-TieredCompilation -Xbatch ScalarReplacement
 */

import java.lang.management.ManagementFactory;
import java.lang.persistent.Persistent;
import java.lang.persistent.PersistentHeap;
import java.lang.persistent.Txn;

public class ScalarReplacement {
    static class Sums {
        int last; long total; double mean; boolean negative; byte low;
    }
    static class Holder {
        Sums sums;
    }

    static double sum(int[] values) {
        Holder h = new Holder();
        h.sums = new Sums();
        for (int v : values) {
            h.sums.last = v;
            h.sums.total += v;
            if (v < 0) {
                h.sums.negative = true;
            } else {
                h.sums.low = (byte) v;
            }
            h.sums.mean = h.sums.total / 3.0;
        }
        return h.sums.last + h.sums.mean + (h.sums.negative ? h.sums.low : 0);
    }

    static double sums(int[] values, int count) {
        double sum = 0;
        for (int i = 0; i < count; i++) {
            sum += sum(values);
        }
        return sum;
    }

    public static void main(String[] args) {
        // C2 has no code for first stores before P has objects.
        Sums p = new @Persistent Sums();
        PersistentHeap.setRoot("sums", p);
        Txn.run(() -> p.last = 1);

        int[] values = {3, -1, 4, -1, 5};
        double expected = sum(values);
        for (int i = 0; i < 20; i++) {
            sums(values, 10_000);
        }
        var thread = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
        final int count = 100_000;
        long before = thread.getCurrentThreadAllocatedBytes();
        double found = sums(values, count);
        long bytes = thread.getCurrentThreadAllocatedBytes() - before;
        if (bytes > count) {
            throw new AssertionError(bytes + " bytes allocated in " + count + " calls that need none");
        }
        if (Math.abs(found - expected * count) > 1) {
            throw new AssertionError(found + ", expected " + expected * count);
        }
    }
}
