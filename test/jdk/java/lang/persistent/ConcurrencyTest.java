/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

/*
 * @test
 * @summary Stores outside of transactions by one thread, and transactions of another
 *          that are rolled back, on the same locations; killed at random points
 * @run main/othervm ConcurrencyTest
 * @run main/othervm ConcurrencyTest -XX:-TieredCompilation
 */

import java.lang.persistent.Persistent;
import java.lang.persistent.PersistentHeap;
import java.lang.persistent.Txn;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;

public class ConcurrencyTest {
    static final int KILLS = 6;

    static class Pair {
        final long number;
        final long check;
        Pair(long number) {
            this.number = number;
            this.check = ~number;
        }
    }

    // Numbers only grow. Odd ones are never committed.
    static class Data {
        long value;
        Pair pair;
        final long[] array = new @Persistent long[8];
        int low;            // neighbours in one word, under different locks
        int high;
        long committed;     // set in committing transactions, with value
    }

    static final ReentrantLock LOCK = new ReentrantLock();
    static final ReentrantLock HIGH = new ReentrantLock();

    static void check(Data x, long printed) {
        Heap.check(x.value % 2 == 0, "value " + x.value + " was rolled back");
        Heap.check(x.pair == null || x.pair.number % 2 == 0, "pair was rolled back");
        Heap.check(x.pair == null || x.pair.check == ~x.pair.number, "pair is torn");
        Heap.check(x.low % 2 == 0, "low " + x.low);
        Heap.check(x.high % 2 == 0, "high " + x.high);
        long last = x.value;
        for (int i = 0; i < x.array.length; i++) {
            Heap.check(x.array[i] % 2 == 0, "array[" + i + "] " + x.array[i] + " was rolled back");
            // Stored after value, in order: at most one round behind.
            Heap.check(x.array[i] == last || x.array[i] == x.value - 2,
                    "array[" + i + "] " + x.array[i] + " after " + last);
            last = x.array[i];
        }
        Heap.check(x.value >= printed, "value " + x.value + " is older than " + printed);
        Heap.check(x.value >= x.committed, "value " + x.value + " is older than the committed " + x.committed);
    }

    static void all(Data x, long number) {
        x.value = number;
        for (int i = 0; i < x.array.length; i++) {
            x.array[i] = number;
        }
        x.pair = new @Persistent Pair(number);
        x.low = (int) number;
    }

    static void run(long printed) {
        Data x = PersistentHeap.root("data", Data.class, () -> new @Persistent Data());
        check(x, printed);
        System.out.println("start");
        // A round that was interrupted.
        for (int i = 0; i < x.array.length; i++) {
            x.array[i] = x.value;
        }
        Thread outside = new Thread(() -> {
            for (int n = 0; ; n++) {
                LOCK.lock();
                try {
                    all(x, x.value + 2);
                } finally {
                    LOCK.unlock();
                }
                if (n % 50 == 0) {
                    long number = x.value & ~1L;
                    LOCK.lock();
                    try {
                        number = x.value;
                        PersistentHeap.force();
                    } finally {
                        LOCK.unlock();
                    }
                    System.out.println(number);
                }
            }
        });
        Thread rollback = new Thread(() -> {
            while (true) {
                try (Txn txn = Txn.begin()) {
                    txn.lock(LOCK);
                    all(x, x.value + 1);
                    x.pair = new @Persistent Pair(x.value);
                }
                try (Txn txn = Txn.begin()) {
                    txn.lock(HIGH);
                    x.high++;
                }
            }
        });
        Thread commit = new Thread(() -> {
            for (int n = 0; ; n++) {
                long number;
                try (Txn txn = Txn.begin()) {
                    txn.lock(LOCK);
                    number = x.value + 2;
                    all(x, number);
                    x.committed = number;
                    txn.commit();
                }
                if (n % 50 == 0) {
                    System.out.println(number);
                }
                HIGH.lock();
                x.high += 2;
                HIGH.unlock();
            }
        });
        for (Thread thread : new Thread[] { outside, rollback, commit }) {
            thread.setUncaughtExceptionHandler((t, e) -> {
                e.printStackTrace(System.out);
                Runtime.getRuntime().halt(2);
            });
            thread.start();
        }
    }

    public static void main(String[] args) throws Exception {
        if (args.length > 0 && args[0].equals("run")) {
            run(Long.parseLong(args[1]));
            return;
        }
        Heap heap = new Heap("concurrency", args);
        Random random = new Random();
        Path out = Path.of("concurrency.out");
        long printed = 0;
        for (int i = 0; i < KILLS; i++) {
            Process process = heap.with("-XX:PersistentHeapSize=256m")
                    .launch(ConcurrencyTest.class, out, "run", Long.toString(printed));
            while (!process.waitFor(5, TimeUnit.MILLISECONDS) && !Files.readString(out).contains("start\n")) {
            }
            boolean ended = process.waitFor(random.nextInt(50, 800), TimeUnit.MILLISECONDS);
            process.destroyForcibly();
            process.waitFor();
            if (ended) {
                System.out.println(Files.readString(out));
                throw new AssertionError("ended by itself, " + process.exitValue());
            }
            for (String line : Files.readString(out).split("\n")) {
                if (line.matches("[0-9]+")) {
                    printed = Math.max(printed, Long.parseLong(line));
                }
            }
            System.out.println("killed after " + printed);
        }
        heap.delete();
    }
}
