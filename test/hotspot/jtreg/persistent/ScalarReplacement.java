/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

/*
 * @test
 * @summary The persistent side of a store, which reads what was there before, does not keep an object from
 *          being replaced by its fields, when C2 sees only later that it is one of this method's
 * @modules java.management jdk.management
 * @library /test/jdk/java/lang/persistent
 * @build Allocation
 * @run main/othervm -XX:PersistentHeap=heap-scalar -XX:PersistentHeapSize=64m -XX:-TieredCompilation -Xbatch ScalarReplacement
 */

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

    static double found;

    static void sums(int[] values, int count) {
        double sum = 0;
        for (int i = 0; i < count; i++) {
            sum += sum(values);
        }
        found = sum;
    }

    public static void main(String[] args) {
        // C2 has no code for first stores before P has objects.
        Sums p = new @Persistent Sums();
        PersistentHeap.setRoot("sums", p);
        Txn.run(() -> p.last = 1);

        int[] values = {3, -1, 4, -1, 5};
        double expected = sum(values);
        final int count = 100_000;
        Allocation.none("sums", count, n -> sums(values, n));
        if (Math.abs(found - expected * count) > 1) {
            throw new AssertionError(found + ", expected " + expected * count);
        }
    }
}
