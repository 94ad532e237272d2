/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

/*
 * @test
 * @summary Without -XX:PersistentHeap: ordinary objects, transactions without effect
 * @run main/othervm WithoutFlagTest
 */

import java.lang.persistent.Persistent;
import java.lang.persistent.PersistentHeap;
import java.lang.persistent.Txn;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;

public class WithoutFlagTest {
    int value;
    Object ref;

    public static void main(String[] args) throws Exception {
        Heap.check(!PersistentHeap.isEnabled(), "not enabled");
        WithoutFlagTest x = new @Persistent WithoutFlagTest();
        int[] ints = new @Persistent int[3];
        int[][] table = new @Persistent int[3][2];
        Heap.check(!PersistentHeap.contains(x) && !PersistentHeap.contains(ints)
                && !PersistentHeap.contains(table) && !PersistentHeap.contains(null), "contains");

        ReentrantLock lock = new ReentrantLock();
        try (Txn txn = Txn.begin()) {
            txn.lock(lock);
            Heap.check(Txn.isActive() && lock.isHeldByCurrentThread(), "active");
            x.value = 1;
            x.ref = new Object();
            try (Txn inner = Txn.begin()) {
                Heap.fails(IllegalStateException.class, txn::commit);
                inner.lock(lock);
            }
            txn.commit();
        }
        Heap.check(!Txn.isActive() && !lock.isLocked(), "ended");
        try (Txn txn = Txn.begin()) {
            txn.lock(lock);
            x.value = 2;
        }
        Heap.check(!lock.isLocked(), "unlocked");
        Heap.equal(x.value, 2);             // nothing is undone
        Txn.run(() -> x.value = 3);
        Heap.equal(Txn.call(() -> "r"), "r");
        Thread thread = Thread.ofVirtual().start(() -> Txn.begin().lock(lock));
        thread.join();
        Heap.check(!lock.isLocked(), "unlocked by the thread's end");

        Heap.check(PersistentHeap.root("x", Object.class) == null, "root");
        Heap.equal(PersistentHeap.rootNames(), Set.of());
        Heap.contains(Heap.fails(IllegalStateException.class,
                () -> PersistentHeap.setRoot("x", x)).getMessage(), "-XX:PersistentHeap");
        Heap.fails(IllegalStateException.class, () -> PersistentHeap.setRoot("x", null));
        Heap.fails(IllegalStateException.class, () -> PersistentHeap.root("x", Object.class, () -> x));
        List<String> list = PersistentHeap.allocate(() -> new ArrayList<>(List.of("a")));
        Heap.equal(list, List.of("a"));
        PersistentHeap.force();
        PersistentHeap.gc();
        Heap.equal(PersistentHeap.capacity(), 0L);
        Heap.equal(PersistentHeap.used(), 0L);
    }
}
