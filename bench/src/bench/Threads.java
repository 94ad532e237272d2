/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

package bench;

import java.util.Arrays;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;

/** Threads that do the same work at the same time. */
public final class Threads {
    public interface Work {
        /** Returns how many operations the thread of that number has done. */
        long run(int id) throws Exception;
    }

    private Threads() {}

    /** Nanoseconds per operation: elapsed time by all operations of all threads. */
    public static double nanosPerOperation(int threads, Work work) throws Exception {
        long[] done = new long[threads * 16];           // a cache line and more apart
        CountDownLatch begin = new CountDownLatch(1);
        AtomicReference<Throwable> failure = new AtomicReference<>();
        Thread[] all = new Thread[threads];
        for (int t = 0; t < threads; t++) {
            int id = t;
            all[t] = new Thread(() -> {
                try {
                    begin.await();
                    done[id * 16] = work.run(id);
                } catch (Throwable e) {
                    failure.compareAndSet(null, e);
                }
            });
            all[t].start();
        }
        long start = System.nanoTime();
        begin.countDown();
        for (Thread t : all) {
            t.join();
        }
        double elapsed = System.nanoTime() - start;
        if (failure.get() != null) {
            throw new IllegalStateException(failure.get());
        }
        return elapsed / Arrays.stream(done).sum();
    }
}
