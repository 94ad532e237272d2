/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

/*
 * @test
 * @summary Transactions of virtual threads
 * @run main/othervm VirtualThreadTest
 * @run main/othervm VirtualThreadTest -Djdk.virtualThreadScheduler.parallelism=1
 */

import java.lang.persistent.Persistent;
import java.lang.persistent.PersistentHeap;
import java.lang.persistent.Txn;
import java.util.concurrent.locks.ReentrantLock;

public class VirtualThreadTest {
    static class Counter {
        long value;
        Object ref;
    }

    static class Cell {
        int value;
    }

    static void write() throws Exception {
        Counter[] counters = PersistentHeap.root("counters", Counter[].class, () -> {
            Counter[] created = new @Persistent Counter[20];
            for (int i = 0; i < created.length; i++) {
                created[i] = new @Persistent Counter();
            }
            return created;
        });
        ReentrantLock[] locks = new ReentrantLock[counters.length];
        for (int i = 0; i < locks.length; i++) {
            locks[i] = new ReentrantLock();
        }
        Thread[] threads = new Thread[100];
        Throwable[] failures = new Throwable[threads.length];
        for (int i = 0; i < threads.length; i++) {
            int number = i;
            threads[i] = Thread.ofVirtual().start(() -> {
                try {
                    for (int n = 0; n < 50; n++) {
                        boolean commit = n % 5 != 0;
                        int c = (number * 7 + n) % counters.length;
                        Heap.check(!Txn.isActive(), "no transaction of another thread");
                        try (Txn txn = Txn.begin()) {
                            txn.lock(locks[c]);
                            counters[c].value++;
                            Thread.yield();         // stays on its carrier
                            Object before = PersistentHeap.allocate(() -> {
                                Thread.yield();
                                return new Cell();
                            });
                            Heap.check(PersistentHeap.contains(before), "persistent");
                            counters[c].ref = before;
                            if (commit) {
                                txn.commit();
                            }
                        }
                        Thread.yield();             // leaves it
                        Heap.check(!PersistentHeap.contains(new Object()), "volatile");
                    }
                    // A thread that ends in a transaction.
                    Txn txn = Txn.begin();
                    txn.lock(locks[number % locks.length]);
                    counters[number % counters.length].value += 1_000_000;
                    Txn.begin();
                    counters[number % counters.length].value += 1_000_000;
                } catch (Throwable e) {
                    failures[number] = e;
                }
            });
        }
        for (int i = 0; i < threads.length; i++) {
            threads[i].join();
            if (failures[i] != null) {
                throw new AssertionError(failures[i]);
            }
        }
        for (ReentrantLock lock : locks) {
            Heap.check(!lock.isLocked(), "unlocked");
        }
        read();
    }

    static void read() {
        long sum = 0;
        for (Counter counter : PersistentHeap.root("counters", Counter[].class)) {
            sum += counter.value;
        }
        Heap.equal(sum, 100L * 40);
    }

    public static void main(String[] args) throws Exception {
        switch (args.length > 0 ? args[0] : "") {
            case "write" -> write();
            case "read" -> read();
            default -> {
                Heap heap = new Heap("virtual", args);
                heap.run(VirtualThreadTest.class, "write");
                heap.run(VirtualThreadTest.class, "read");
                heap.delete();
            }
        }
    }
}
