/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

/*
 * @test
 * @summary Txn.lock: held until the outermost end, released after undo
 * @run main/othervm LocksTest
 */

import java.lang.persistent.Persistent;
import java.lang.persistent.PersistentHeap;
import java.lang.persistent.Txn;
import java.lang.persistent.VolatileReferenceException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.concurrent.locks.StampedLock;

public class LocksTest {
    static class Data {
        int value;
        Object ref;
        final ReentrantLock lock = PersistentHeap.allocate(() -> new ReentrantLock());
        final ReentrantReadWriteLock rwLock = PersistentHeap.allocate(() -> new ReentrantReadWriteLock());
    }

    static Data x;
    static final List<String> order = new ArrayList<>();

    /** Says what it is told, and what x.value is then. */
    static class Spy implements Lock {
        final String name;
        Spy(String name) { this.name = name; }
        public void lock() { order.add("lock " + name + " " + x.value); }
        public void unlock() { order.add("unlock " + name + " " + x.value); }
        public void lockInterruptibly() { throw new AssertionError(); }
        public boolean tryLock() { throw new AssertionError(); }
        public boolean tryLock(long time, TimeUnit unit) { throw new AssertionError(); }
        public Condition newCondition() { throw new AssertionError(); }
    }

    static void expect(String... lines) {
        Heap.equal(order, List.of(lines));
        order.clear();
    }

    static void write() throws Exception {
        x = PersistentHeap.root("x", Data.class, () -> new @Persistent Data());
        Spy a = new Spy("a");
        Spy b = new Spy("b");
        try (Txn txn = Txn.begin()) {
            txn.lock(a);
            x.value = 1;
            try (Txn inner = Txn.begin()) {
                inner.lock(b);
                x.value = 2;
                inner.rollback();
            }
            expect("lock a 0", "lock b 1");
            x.value = 3;
            txn.commit();
            expect("unlock b 3", "unlock a 3");
        }
        try (Txn txn = Txn.begin()) {
            txn.lock(a);
            txn.lock(b);
            txn.lock(a);
            x.value = 4;
        }
        expect("lock a 3", "lock b 3", "lock a 3", "unlock a 3", "unlock b 3", "unlock a 3");
        Heap.fails(VolatileReferenceException.class, () -> Txn.call(() -> {
            try (Txn txn = Txn.begin()) {
                txn.lock(a);
                x.value = 5;
                x.ref = new Object();
                txn.commit();
            }
            return null;
        }));
        expect("lock a 3", "unlock a 3");
        try (Txn txn = Txn.begin()) {
            Heap.fails(NullPointerException.class, () -> txn.lock(null));
        }

        // A lock that cannot be released: the transaction stands, other locks are free.
        Data other = x;
        ReentrantLock broken = new ReentrantLock();
        ReentrantLock good = new ReentrantLock();
        Txn txn = Txn.begin();
        txn.lock(good);
        txn.lock(broken);
        broken.unlock();
        other.value = 6;
        Heap.fails(IllegalMonitorStateException.class, txn::commit);
        Heap.check(!good.isLocked() && !Txn.isActive(), "released");
        Heap.equal(other.value, 6);

        // Locks that are persistent objects.
        for (Lock lock : new Lock[] { x.lock, x.rwLock.writeLock(), x.rwLock.readLock() }) {
            Heap.check(PersistentHeap.contains(lock), "persistent lock");
            for (boolean commit : new boolean[] { true, false }) {
                Txn t = Txn.begin();
                t.lock(lock);
                x.value = 7;
                lock.lock();        // also within a rolled back transaction, by hand
                lock.unlock();
                if (commit) {
                    t.commit();
                } else {
                    t.rollback();
                }
                Heap.check(lock.tryLock(), "free after " + (commit ? "commit" : "rollback"));
                lock.unlock();
            }
        }
        Heap.check(!x.lock.isLocked() && x.rwLock.getReadLockCount() == 0 && !x.rwLock.isWriteLocked(), "all free");

        // Contention: counts under locks, some of them rolled back.
        Lock[] locks = { new ReentrantLock(), x.lock, new StampedLock().asWriteLock(), x.rwLock.writeLock() };
        for (Lock lock : locks) {
            Txn.run(() -> x.value = 0);
            Thread[] threads = new Thread[4];
            for (int i = 0; i < threads.length; i++) {
                boolean inAllocate = i == 0;
                threads[i] = new Thread(() -> {
                    for (int n = 0; n < 500; n++) {
                        boolean commit = n % 3 != 0;
                        ScopedValue.CallableOp<Void, RuntimeException> body = () -> {
                            try (Txn t = Txn.begin()) {
                                t.lock(lock);
                                x.value++;
                                if (commit) {
                                    t.commit();
                                }
                            }
                            return null;
                        };
                        if (inAllocate) {
                            PersistentHeap.allocate(body);
                        } else {
                            body.call();
                        }
                    }
                });
                threads[i].start();
            }
            for (Thread thread : threads) {
                thread.join();
            }
            Heap.equal(x.value, 4 * 333);
        }

        // Left locked.
        Txn open = Txn.begin();
        open.lock(x.rwLock.writeLock());
        x.lock.lock();
        Txn.run(() -> x.value = 99);
        open.commit();
        PersistentHeap.force();
        Heap.check(x.lock.isLocked(), "locked");
        Runtime.getRuntime().halt(0);
    }

    static void read() {
        x = PersistentHeap.root("x", Data.class);
        Heap.equal(x.value, 99);
        Heap.check(!x.lock.isLocked(), "unlocked after restart");
        Heap.check(x.lock.tryLock(), "usable");
        x.lock.unlock();
        x.rwLock.writeLock().lock();
        x.rwLock.writeLock().unlock();
        x.rwLock.readLock().lock();
        x.rwLock.readLock().unlock();
    }

    public static void main(String[] args) throws Exception {
        switch (args.length > 0 ? args[0] : "") {
            case "write" -> write();
            case "read" -> read();
            default -> {
                Heap heap = new Heap("locks", args);
                heap.run(LocksTest.class, "write");
                heap.run(LocksTest.class, "read");
                heap.delete();
            }
        }
    }
}
