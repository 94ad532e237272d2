/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

/*
 * @test
 * @summary A thread that ends, or exits the virtual machine, in a transaction
 * @run main/othervm ThreadDeathTest
 */

import java.lang.persistent.Persistent;
import java.lang.persistent.PersistentHeap;
import java.lang.persistent.Txn;
import java.util.concurrent.locks.ReentrantLock;

public class ThreadDeathTest {
    static class Data {
        int value;
        int outside;
        Object ref;
    }

    static Data data() {
        return PersistentHeap.root("data", Data.class, () -> new @Persistent Data());
    }

    static void in(Thread thread) throws InterruptedException {
        thread.setUncaughtExceptionHandler((t, e) -> {});
        thread.start();
        thread.join();
    }

    static void threads() throws Exception {
        Data x = data();
        ReentrantLock lock = new ReentrantLock();
        for (Thread.Builder builder : new Thread.Builder[] { Thread.ofPlatform(), Thread.ofVirtual() }) {
            in(builder.unstarted(() -> {
                Txn.begin().lock(lock);
                x.value = 1;
                x.ref = new Object();
            }));
            Heap.equal(x.value, 0);
            Heap.check(x.ref == null, "ref");
            Heap.check(!lock.isLocked(), "lock");
            in(builder.unstarted(() -> {
                Txn.begin().lock(lock);
                Txn.begin();
                x.value = 1;
                throw new RuntimeException();
            }));
            Heap.equal(x.value, 0);
            Heap.check(!lock.isLocked(), "lock");
        }
        // Stores outside of transactions are durable when the thread has ended.
        in(new Thread(() -> x.outside = 5));
        PersistentHeap.force();
        Runtime.getRuntime().halt(0);
    }

    static void exit(boolean halt) throws Exception {
        Data x = data();
        Heap.equal(x.value, 0);
        Heap.equal(x.outside, 5);
        Thread other = new Thread(() -> {
            Txn.begin();
            x.value = 2;
            try {
                Thread.sleep(1_000_000);
            } catch (InterruptedException e) {
            }
        });
        other.setDaemon(true);
        other.start();
        while (x.value != 2) {
            Thread.onSpinWait();
        }
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            Txn.run(() -> x.ref = "hook");
        }));
        Txn.begin();
        x.outside = 6;
        if (halt) {
            Runtime.getRuntime().halt(0);
        }
        System.exit(0);
    }

    static void verify(String ref) {
        Data x = data();
        Heap.equal(x.value, 0);
        Heap.equal(x.outside, 5);
        Heap.equal(x.ref, ref);
    }

    public static void main(String[] args) throws Exception {
        switch (args.length > 0 ? args[0] : "") {
            case "threads" -> threads();
            case "exit" -> exit(false);
            case "halt" -> exit(true);
            case "verify" -> verify(args.length > 1 ? args[1] : null);
            default -> {
                Heap heap = new Heap("death", args);
                heap.run(ThreadDeathTest.class, "threads");
                heap.run(ThreadDeathTest.class, "verify");
                heap.run(ThreadDeathTest.class, "halt");
                heap.run(ThreadDeathTest.class, "verify");
                heap.run(ThreadDeathTest.class, "exit");
                heap.run(ThreadDeathTest.class, "verify", "hook");
                heap.delete();
            }
        }
    }
}
