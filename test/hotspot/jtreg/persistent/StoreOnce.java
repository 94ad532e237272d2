/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

/*
 * @test
 * @summary C1's code stores a reference once, even if its frame is given up in the store: a lock that is released by such a store, and that another
 *          thread has taken since, is not released again
 * @library /test/jdk/java/lang/persistent
 * @build Heap
 * @run main/othervm/timeout=240 StoreOnce
 */

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.lang.persistent.Persistent;
import java.lang.persistent.PersistentHeap;

public class StoreOnce {
    static class Lock {
        volatile Object owner;
        long count;
    }

    static final VarHandle OWNER;
    static {
        try {
            OWNER = MethodHandles.lookup().findVarHandle(Lock.class, "owner", Object.class);
        } catch (ReflectiveOperationException e) {
            throw new AssertionError(e);
        }
    }

    static void release(Lock lock) {
        lock.owner = null;
    }

    static void add(Lock lock, Object me, int times) {
        for (int i = 0; i < times; i++) {
            while (!OWNER.compareAndSet(lock, null, me)) Thread.onSpinWait();
            long count = lock.count;
            lock.count = count + 1;
            if (lock.owner != me) throw new AssertionError("the lock is " + lock.owner + "'s");
            release(lock);
        }
    }

    static void race(Lock lock, Object first, Object second) throws Exception {
        int times = 20_000;
        Thread other = new Thread(() -> add(lock, second, times));
        other.start();
        add(lock, first, times);
        other.join();
        Heap.equal(lock.count, 2L * times);
    }

    public static void main(String[] args) throws Exception {
        if (args.length > 0) {
            race(new Lock(), "first", "second");
            race(new @Persistent Lock(), "first", "second");
            Lock lock = new @Persistent Lock();
            PersistentHeap.setRoot("lock", lock);
            race(lock, new @Persistent Object(), new @Persistent Object());
            return;
        }
        Heap heap = new Heap("once");
        heap.run(StoreOnce.class, "run");
        heap.delete();
        // Frames are given up at each return from the VM: debug VMs only.
        heap.with("-XX:+IgnoreUnrecognizedVMOptions", "-XX:TieredStopAtLevel=1", "-XX:+DeoptimizeALot").run(StoreOnce.class, "run");
        heap.delete();
    }
}
