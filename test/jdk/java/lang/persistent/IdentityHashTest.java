/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

/*
 * @test
 * @summary Identity hash codes survive
 * @run main/othervm IdentityHashTest
 */

import java.lang.persistent.Persistent;
import java.lang.persistent.PersistentHeap;
import java.lang.persistent.Txn;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.Map;

public class IdentityHashTest {
    static class Thing {
        int before;         // its identity hash code
    }

    static class Data {
        Thing[] things = new @Persistent Thing[1000];
        Map<Object, Integer> map;
        IdentityHashMap<Object, Integer> identityMap;
        int enumHash;
        int classHash;
        long[] locked = new @Persistent long[1];
        int lockedHash;
    }

    static void write() {
        Data x = PersistentHeap.root("data", Data.class, () -> new @Persistent Data());
        Txn.run(() -> PersistentHeap.allocate(() -> {
            x.map = new HashMap<>();
            x.identityMap = new IdentityHashMap<>();
            for (int i = 0; i < x.things.length; i++) {
                Thing thing = new Thing();
                x.things[i] = thing;
                if (i % 2 == 0) {       // asked for before the commit
                    thing.before = System.identityHashCode(thing);
                    x.map.put(thing, i);
                    x.identityMap.put(thing, i);
                }
            }
            return null;
        }));
        Txn.run(() -> {
            for (int i = 1; i < x.things.length; i += 2) {
                x.things[i].before = System.identityHashCode(x.things[i]);
            }
            x.enumHash = Thread.State.BLOCKED.hashCode();
            x.classHash = IdentityHashTest.class.hashCode();
        });
        // With a monitor.
        synchronized (x.locked) {
            Txn.run(() -> x.lockedHash = System.identityHashCode(x.locked));
            try {
                x.locked.wait(1);       // inflates
            } catch (InterruptedException e) {
            }
            Txn.run(() -> x.locked[0] = 1);
            Heap.equal(System.identityHashCode(x.locked), x.lockedHash);
        }
        read();
        Txn.begin();
        x.map.clear();
        System.gc();
    }

    static void read() {
        Data x = PersistentHeap.root("data", Data.class);
        for (int i = 0; i < x.things.length; i++) {
            Thing thing = x.things[i];
            Heap.equal(System.identityHashCode(thing), thing.before);
            Heap.equal(x.map.get(thing), i % 2 == 0 ? i : null);
            Heap.equal(x.identityMap.get(thing), i % 2 == 0 ? i : null);
        }
        Heap.equal(System.identityHashCode(x.locked), x.lockedHash);
        Heap.equal(x.locked[0], 1L);
        synchronized (x.locked) {       // not locked any more
            Heap.equal(System.identityHashCode(x.locked), x.lockedHash);
        }
        Heap.equal(Thread.State.BLOCKED.hashCode(), x.enumHash);
        Heap.equal(IdentityHashTest.class.hashCode(), x.classHash);
        System.gc();
        Heap.equal(System.identityHashCode(x.things[7]), x.things[7].before);
    }

    public static void main(String[] args) throws Exception {
        switch (args.length > 0 ? args[0] : "") {
            case "write" -> write();
            case "read" -> read();
            default -> {
                Heap heap = new Heap("hash", args);
                heap.run(IdentityHashTest.class, "write");
                heap.run(IdentityHashTest.class, "read");
                heap.with("-XX:+UnlockDiagnosticVMOptions", "-XX:+PersistentHeapForceSwizzle")
                    .run(IdentityHashTest.class, "read");
                heap.delete();
            }
        }
    }
}
