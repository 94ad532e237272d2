/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

/*
 * @test
 * @summary There is no memory for a transaction's object, which compiled code has left out, when that code is given up: the VM
 *          removes the method without its close. The thread's next transaction says so; the thread's end rolls back
 * @library /test/jdk/java/lang/persistent
 * @build Heap
 * @run main/othervm -Xmx10m -XX:PersistentHeap=heap-lost -XX:PersistentHeapSize=64m -XX:-TieredCompilation -Xbatch
 *      -XX:CompileCommand=quiet -XX:CompileCommand=dontinline,TxnLost::victim TxnLost
 */

import java.lang.persistent.Persistent;
import java.lang.persistent.PersistentHeap;
import java.lang.persistent.Txn;
import java.lang.persistent.TxnException;

public class TxnLost {
    static final class Data {
        int i;
    }

    static int victim(Data x, boolean seldom) {
        try (Txn txn = Txn.begin()) {
            x.i++;
            if (seldom) {
                x.i += 1000;
            }
            txn.commit();
        }
        return x.i;
    }

    static Object[] all;

    /** Until nothing is left, not even in the thread's buffer. */
    static void fill() {
        Object[] last = null;
        for (int length = 1 << 20; length >= 0; length = length == 0 ? -1 : length >> 1) {
            try {
                while (true) {
                    Object[] next = new Object[length + 1];
                    next[0] = last;
                    last = next;
                    all = last;
                }
            } catch (OutOfMemoryError e) {
            }
        }
    }

    public static void main(String[] args) throws Exception {
        Data x = PersistentHeap.root("data", Data.class, () -> new @Persistent Data());
        for (int i = 0; i < 50_000; i++) {
            victim(x, false);
        }
        int was = x.i;
        boolean[] lost = {false};
        Throwable[] thrown = new Throwable[1];
        Thread thread = new Thread(() -> {
            try {
                Txn.run(() -> x.i = was);       // makes what the thread keeps
                for (int n = 0; n < 10 && !lost[0]; n++) {
                    fill();
                    try {
                        victim(x, true);
                    } catch (OutOfMemoryError e) {
                        all = null;
                        lost[0] = Txn.isActive();
                    }
                    all = null;
                    if (!lost[0]) {
                        // Memory was left, or it was not compiled.
                        for (int i = 0; i < 20_000; i++) victim(x, false);
                        Txn.run(() -> x.i = was);
                    }
                }
                if (lost[0]) {
                    TxnException e = Heap.fails(TxnException.class, () -> Txn.run(() -> x.i = 5));
                    Heap.check(e.getMessage().contains("let the thread end"), e.getMessage());
                    Heap.fails(TxnException.class, () -> victim(x, false));
                }
            } catch (Throwable e) {
                thrown[0] = e;
            }
        });
        thread.start();
        thread.join();
        all = null;
        if (thrown[0] != null) throw new AssertionError(thrown[0]);
        // Whether the last bytes are gone when the code is given up depends on the collector; ten attempts have always been enough.
        if (!lost[0]) System.out.println("NOT SEEN: no transaction was lost");
        Heap.equal(x.i, was);
        Txn.run(() -> x.i++);
        Heap.equal(victim(x, false), was + 2);
        Heap.check(!Txn.isActive(), "inactive");
    }
}
