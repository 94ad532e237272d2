/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

package bench.programs;

import bench.Random;
import bench.Threads;
import java.lang.persistent.Persistent;
import java.lang.persistent.PersistentHeap;
import java.lang.persistent.Txn;

/**
 * Growth LIVE_MB STORES THREADS MILLIS: with so much live data, transactions of so many stores to random objects, by
 * so many threads; prints nanoseconds of processor-shared time per store (elapsed time by all stores of all
 * threads). Run without the persistent heap it shows what the caches and the machine contribute.
 */
public final class Growth {
    static final int LONGS = 126;       // 1 KB an object

    public static void main(String[] args) throws Exception {
        int liveMB = Integer.parseInt(args[0]);
        int stores = Integer.parseInt(args[1]);
        int threads = Integer.parseInt(args[2]);
        long nanos = Long.parseLong(args[3]) * 1_000_000;
        int count = liveMB << 10;
        long[][] all = new long @Persistent [count][];
        for (int i = 0; i < count; i += 1000) {
            try (Txn txn = Txn.begin()) {
                for (int j = i; j < Math.min(i + 1000, count); j++) {
                    all[j] = new long @Persistent [LONGS];
                }
                if (i == 0 && PersistentHeap.isEnabled()) {
                    PersistentHeap.setRoot("all", all);
                }
                txn.commit();
            }
        }
        Threads.nanosPerOperation(threads, id -> work(all, stores, threads, id, nanos / 2));
        System.out.printf(java.util.Locale.ROOT, "RESULT %.3f%n",
                Threads.nanosPerOperation(threads, id -> work(all, stores, threads, id, nanos)));
        System.out.flush();
        Runtime.getRuntime().halt(0);
    }

    /** Each thread has objects of its own: no locks. */
    private static long work(long[][] all, int stores, int threads, int id, long nanos) {
        Random random = new Random(id + 1);
        int mine = all.length / threads;
        long end = System.nanoTime() + nanos;
        long n = 0;
        do {
            try (Txn txn = Txn.begin()) {
                for (int i = 0; i < stores; i++) {
                    all[random.next(mine) * threads + id][i & 63] = n;
                }
                txn.commit();
            }
            n += stores;
        } while (System.nanoTime() < end);
        return n;
    }
}
