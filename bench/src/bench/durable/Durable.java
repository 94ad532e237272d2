/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

package bench.durable;

import bench.Random;
import bench.Threads;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * Durable STORE DIR THREADS MILLIS: threads update random keys, each update durable before the next; prints
 * nanoseconds per update (elapsed time by all updates of all threads). A warm-up of half that time comes before.
 */
public final class Durable {
    public static void main(String[] args) throws Exception {
        Path dir = Path.of(args[1]);
        int threads = Integer.parseInt(args[2]);
        long nanos = Long.parseLong(args[3]) * 1_000_000;
        Store store = switch (args[0]) {
            case "everheap" -> new EverheapStore();
            case "h2" -> new H2Store(dir);
            case "mapdb" -> new MapDBStore(dir);
            case "rocksdb" -> new RocksStore(dir);
            case "eclipsestore" -> new EclipseStoreStore(dir);
            case "chronicle" -> new ChronicleStore(dir);
            default -> throw new IllegalArgumentException(args[0]);
        };
        run(store, threads, nanos / 2);
        System.out.printf(java.util.Locale.ROOT, "RESULT %.3f%n", run(store, threads, nanos));
        System.out.flush();
        Runtime.getRuntime().halt(0);   // closing is not measured, and some take long
    }

    private static double run(Store store, int threads, long nanos) throws Exception {
        return Threads.nanosPerOperation(threads, id -> {
            Random random = new Random(id + 1);
            long end = System.nanoTime() + nanos;
            long n = 0;
            while (System.nanoTime() < end) {
                // Keys of its own: the last value is known.
                long key = (long) random.next(Store.KEYS / threads) * threads + id;
                byte[] value = new byte[Store.VALUE];
                Arrays.fill(value, (byte) ++n);
                store.put(key, value);
                if ((n & 1023) == 1 && !Arrays.equals(value, store.get(key))) {
                    throw new AssertionError("lost update of " + key);
                }
            }
            return n;
        });
    }
}
