/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

/*
 * @test
 * @summary Who holds, or waits for, a lock inside a persistent collection is not on the media: trees of ConcurrentHashMap, spin locks,
 *          conditions, subclasses
 * @run main/othervm LockStateTest
 * @run main/othervm LockStateTest -Xint
 * @run main/othervm LockStateTest -XX:TieredStopAtLevel=1
 * @run main/othervm LockStateTest -XX:-TieredCompilation -Xbatch
 */

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.lang.persistent.PersistentHeap;
import java.lang.persistent.Txn;
import java.lang.reflect.Field;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.DelayQueue;
import java.util.concurrent.Delayed;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.PriorityBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.AbstractQueuedLongSynchronizer;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.StampedLock;

public class LockStateTest {
    private static final int READER = 4;        // ConcurrentHashMap.TreeBin.READER

    /** All of one bin. What a thread does while it looks for one, in the tree, is to be said before. */
    static final class Key {
        static final ThreadLocal<Runnable> whileReading = new ThreadLocal<>();
        final int i;

        Key(int i) {
            this.i = i;
        }

        @Override
        public int hashCode() {
            return 7;
        }

        @Override
        public boolean equals(Object o) {
            Runnable action = whileReading.get();
            if (action != null) {
                whileReading.remove();
                action.run();
            }
            return o instanceof Key k && k.i == i;
        }
    }

    static final class Never implements Delayed {
        @Override
        public long getDelay(TimeUnit unit) {
            return unit.convert(1, TimeUnit.DAYS);
        }

        @Override
        public int compareTo(Delayed other) {
            return 0;
        }
    }

    static final class Counter extends LongAdder {
        int other;
    }

    static final class OwnStamped extends StampedLock {
        int other;
    }

    static final class OwnQueue<E> extends PriorityBlockingQueue<E> {
    }

    static final class LongLock extends AbstractQueuedLongSynchronizer {
        final Condition condition = new ConditionObject();

        @Override
        protected boolean tryAcquire(long n) {
            if (!compareAndSetState(0, 1L << 40)) return false;
            setExclusiveOwnerThread(Thread.currentThread());
            return true;
        }

        @Override
        protected boolean tryRelease(long n) {
            setExclusiveOwnerThread(null);
            setState(0);
            return true;
        }

        @Override
        protected boolean isHeldExclusively() {
            return getExclusiveOwnerThread() == Thread.currentThread();
        }
    }

    static class Data {
        final ConcurrentHashMap<Object, Object> map = tree();
        final ConcurrentHashMap<Object, Object> left = tree();      // for the ways in which a process leaves it
        final Counter counter = new Counter();
        final OwnStamped stamped = new OwnStamped();
        final OwnQueue<Integer> heap = new OwnQueue<>();
        final LinkedBlockingQueue<String> queue = new LinkedBlockingQueue<>();
        final DelayQueue<Delayed> delayed = new DelayQueue<>();
        final LongLock longLock = new LongLock();
        boolean signalled;
    }

    static Data data;

    static ConcurrentHashMap<Object, Object> tree() {
        ConcurrentHashMap<Object, Object> map = new ConcurrentHashMap<>(256);
        for (int i = 0; i < 20; i++) {
            map.put(new Key(i), i);
        }
        return map;
    }

    // ---- The fields ----

    static Object bin(ConcurrentHashMap<?, ?> map) throws Exception {
        for (Object bin : (Object[]) get(map, ConcurrentHashMap.class, "table")) {
            if (bin != null && bin.getClass().getSimpleName().equals("TreeBin")) return bin;
        }
        throw new AssertionError("no tree");
    }

    static Field field(Class<?> holder, String name) throws Exception {
        Field field = holder.getDeclaredField(name);
        field.setAccessible(true);
        return field;
    }

    static Object get(Object o, Class<?> holder, String name) throws Exception {
        return field(holder, name).get(o);
    }

    static Object get(Object o, String name) throws Exception {
        return get(o, o.getClass(), name);
    }

    static void set(Object o, Class<?> holder, String name, Object value) throws Exception {
        field(holder, name).set(o, value);
    }

    static VarHandle lockState(Object bin) throws Exception {
        return MethodHandles.privateLookupIn(bin.getClass(), MethodHandles.lookup()).findVarHandle(bin.getClass(), "lockState", int.class);
    }

    interface State {
        boolean reached() throws Exception;
    }

    /** Waits until it is reached; the thread must not end before. */
    static void await(Thread thread, State state) throws Exception {
        while (!state.reached()) {
            Heap.check(thread.isAlive(), "the thread has ended: " + failure.get());
            Thread.onSpinWait();
        }
    }

    static final AtomicReference<Throwable> failure = new AtomicReference<>();

    static Thread start(Heap.Body body) {
        Thread thread = new Thread(() -> {
            try {
                body.run();
            } catch (Throwable e) {
                failure.compareAndSet(null, e);
            }
        });
        thread.setDaemon(true);
        thread.start();
        return thread;
    }

    static void join(Thread... threads) throws Exception {
        for (Thread thread : threads) {
            thread.join();
        }
        if (failure.get() != null) throw new AssertionError(failure.get());
    }

    static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    // ---- What happens ----

    /** Two transactions read the same tree, the first ends while the second still reads: neither has stored anything. */
    static void readInTransactions() throws Exception {
        CountDownLatch firstReads = new CountDownLatch(1), secondReads = new CountDownLatch(1);
        CountDownLatch firstHasRead = new CountDownLatch(1), secondHasRead = new CountDownLatch(1);
        Thread first = start(() -> {
            try (Txn txn = Txn.begin()) {
                Key.whileReading.set(() -> {
                    firstReads.countDown();
                    await(secondReads);
                });
                Heap.equal(data.map.get(new Key(5)), 5);
                firstHasRead.countDown();
                await(secondHasRead);
                txn.commit();
            }
        });
        Thread second = start(() -> {
            await(firstReads);
            try (Txn txn = Txn.begin()) {
                Key.whileReading.set(() -> {
                    secondReads.countDown();
                    await(firstHasRead);
                });
                Heap.equal(data.map.get(new Key(5)), 5);
                secondHasRead.countDown();
                txn.commit();
            }
        });
        join(first, second);
        Heap.equal(get(bin(data.map), "lockState"), 0);
    }

    /** A writer waits for a reader; collections update what its tree knows of it. */
    static void waitForReader() throws Exception {
        Object bin = bin(data.map);
        Thread[] writer = new Thread[1];
        CountDownLatch reads = new CountDownLatch(1), done = new CountDownLatch(1);
        Thread reader = start(() -> {
            Key.whileReading.set(() -> {
                reads.countDown();
                await(done);
            });
            Heap.equal(data.map.get(new Key(5)), 5);
        });
        await(reads);
        writer[0] = start(() -> Heap.equal(data.map.remove(new Key(19)), 19));
        await(writer[0], () -> get(bin, "waiter") == writer[0]);
        for (int i = 0; i < 3; i++) {
            System.gc();
            Heap.check(get(bin, "waiter") == writer[0], "the thread");
        }
        done.countDown();
        join(reader, writer[0]);
        Heap.equal(data.map.size(), 19);
        Heap.equal(get(bin, "waiter"), null);
        PersistentHeap.allocate(() -> data.map.put(new Key(19), 19));
    }

    /** A transaction that is rolled back leaves locks alone. */
    static void rollBack() throws Exception {
        Object bin = bin(data.map);
        VarHandle state = lockState(bin);
        for (int way = 0; way < 3; way++) {
            try (Txn txn = Txn.begin()) {
                data.counter.other = 1;
                switch (way) {
                    case 0 -> Heap.check(state.compareAndSet(bin, 0, READER), "was 0");
                    case 1 -> state.setVolatile(bin, READER);
                    case 2 -> set(bin, bin.getClass(), "lockState", READER);
                }
                txn.rollback();
            }
            Heap.equal(data.counter.other, 0);
            Heap.equal(state.getVolatile(bin), READER);
            state.setVolatile(bin, 0);
        }
    }

    /** Often enough for all compilers, with and without transactions. */
    static void manyRounds() throws Exception {
        Key key = new Key(7);
        Thread[] readers = new Thread[2];
        for (int t = 0; t < readers.length; t++) {
            readers[t] = start(() -> {
                for (int i = 0; i < 4000; i++) {
                    Heap.equal(data.map.get(key), 7);
                    try (Txn txn = Txn.begin()) {
                        Heap.equal(data.map.get(key), 7);
                        txn.commit();
                    }
                }
            });
        }
        join(readers);
        final int count = 1000;
        Thread taker = start(() -> {
            for (int i = 0; i < count; i++) {
                Heap.equal((i & 1) == 0 ? data.queue.take() : PersistentHeap.allocate(() -> data.queue.take()), "x");
            }
        });
        for (int i = 0; i < count; i++) {
            if (i < 10) await(taker, () -> taker.getState() == Thread.State.WAITING && data.queue.isEmpty());
            PersistentHeap.allocate(() -> {
                data.queue.put("x");
                return null;
            });
        }
        join(taker);
        for (int i = 0; i < 100; i++) {
            data.longLock.acquire(1);
            data.signalled = false;
            Thread signaller = start(() -> {
                data.longLock.acquire(1);
                data.signalled = true;
                ((AbstractQueuedLongSynchronizer.ConditionObject) data.longLock.condition).signal();
                data.longLock.release(1);
            });
            while (!data.signalled) {
                data.longLock.condition.await();
            }
            data.longLock.release(1);
            join(signaller);
        }
        // It grows, under its spin lock.
        Txn.run(() -> PersistentHeap.allocate(() -> {
            for (int i = 0; i < 100; i++) {
                data.heap.add(i);
            }
            return null;
        }));
    }

    /** What nothing has captured yet is captured with its locks held. */
    static void captureHeld() throws Exception {
        ConcurrentHashMap<Object, Object> map = PersistentHeap.allocate(LockStateTest::tree);
        set(bin(map), bin(map).getClass(), "lockState", READER);
        set(bin(map), bin(map).getClass(), "waiter", Thread.currentThread());
        set(map, ConcurrentHashMap.class, "cellsBusy", 1);
        PersistentHeap.setRoot("held", map);
        Heap.equal(get(bin(map), "lockState"), READER);
        Heap.check(get(bin(map), "waiter") == Thread.currentThread(), "stays in memory");
    }

    /** Holds everything, waits for everything, and goes. */
    static void leave(boolean inTransaction) throws Exception {
        Thread taker = start(() -> data.queue.take());
        Object notEmpty = get(data.queue, "notEmpty");
        await(taker, () -> get(notEmpty, "firstWaiter") != null && taker.getState() == Thread.State.WAITING);
        PersistentHeap.allocate(() -> data.delayed.add(new Never()));
        Thread timed = start(() -> data.delayed.take());
        await(timed, () -> get(data.delayed, "leader") == timed);

        Txn txn = inTransaction ? Txn.begin() : null;
        set(data.left, ConcurrentHashMap.class, "cellsBusy", 1);
        set(data.heap, PriorityBlockingQueue.class, "allocationSpinLock", 1);
        set(data.counter, Class.forName("java.util.concurrent.atomic.Striped64"), "cellsBusy", 1);
        data.stamped.writeLock();
        data.longLock.acquire(1);
        data.counter.other++;
        data.stamped.other++;
        if (txn != null) txn.commit();

        // A reader is in the tree, a writer waits for it, in a transaction: else what it has done so far would be there next time.
        Object bin = bin(data.left);
        CountDownLatch reads = new CountDownLatch(1);
        Thread reader = start(() -> {
            Key.whileReading.set(() -> {
                reads.countDown();
                while (true) {
                    LockSupport.park();
                }
            });
            data.left.get(new Key(5));
        });
        await(reads);
        Thread writer = start(() -> Txn.run(() -> data.left.remove(new Key(19))));
        await(writer, () -> get(bin, "waiter") == writer);
        Heap.check((int) get(bin, "lockState") >= READER && reader.isAlive(), "held");

        PersistentHeap.force();
        // An ordinary exit runs the audit.
        if (inTransaction) Runtime.getRuntime().halt(0);
    }

    /** Nobody holds anything, and all of it works. */
    static void checkFree() throws Exception {
        Heap.equal(get(data.left, ConcurrentHashMap.class, "cellsBusy"), 0);
        Heap.equal(get(data.heap, PriorityBlockingQueue.class, "allocationSpinLock"), 0);
        Heap.equal(get(data.counter, Class.forName("java.util.concurrent.atomic.Striped64"), "cellsBusy"), 0);
        Heap.equal(get(get(data.queue, "notEmpty"), "firstWaiter"), null);
        Heap.equal(get(data.delayed, "leader"), null);
        Heap.equal(get(bin(data.left), "lockState"), 0);
        Heap.equal(get(bin(data.left), "waiter"), null);
        Heap.check(!data.stamped.isWriteLocked(), "free");
        data.stamped.unlockWrite(data.stamped.writeLock());
        data.longLock.acquire(1);
        data.longLock.release(1);
        Heap.equal(data.counter.other, data.stamped.other);
        ConcurrentHashMap<?, ?> held = PersistentHeap.root("held", ConcurrentHashMap.class);
        Heap.equal(get(bin(held), "lockState"), 0);
        Heap.equal(get(bin(held), "waiter"), null);
        Heap.equal(get(held, ConcurrentHashMap.class, "cellsBusy"), 0);
        for (ConcurrentHashMap<Object, Object> map : List.of(data.map, data.left)) {
            Heap.equal(map.size(), 20);
            PersistentHeap.allocate(() -> {
                for (int i = 20; i < 40; i++) {
                    map.put(new Key(i), i);
                }
                return null;
            });
            for (int i = 20; i < 40; i++) {
                Heap.equal(map.remove(new Key(i)), i);
            }
        }
        Thread taker = start(() -> Heap.equal(data.queue.take(), "y"));
        PersistentHeap.allocate(() -> data.queue.add("y"));
        join(taker);
    }

    public static void main(String[] args) throws Exception {
        switch (args.length > 0 ? args[0] : "") {
            case "write" -> {
                PersistentHeap.root("data", Data.class, () -> PersistentHeap.allocate(Data::new));
                data = PersistentHeap.root("data", Data.class);
                Heap.check(PersistentHeap.contains(bin(data.map)), "persistent");
                readInTransactions();
                waitForReader();
                rollBack();
                manyRounds();
                captureHeld();
                leave(false);
            }
            case "again", "read" -> {
                data = PersistentHeap.root("data", Data.class);
                checkFree();
                if (args[0].equals("again")) leave(true);
            }
            default -> {
                Heap heap = new Heap("lockstate", args);
                for (String run : new String[] { "write", "again", "read" }) {
                    heap.with("--add-opens=java.base/java.util.concurrent=ALL-UNNAMED", "--add-opens=java.base/java.util.concurrent.atomic=ALL-UNNAMED",
                              "--add-opens=java.base/java.util.concurrent.locks=ALL-UNNAMED",
                              "-XX:+UnlockDiagnosticVMOptions", "-XX:+PersistentHeapAudit").run(LockStateTest.class, run);
                }
                heap.delete();
            }
        }
    }
}
