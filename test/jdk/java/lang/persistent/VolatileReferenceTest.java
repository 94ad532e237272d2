/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

/*
 * @test
 * @summary Which references a persistent object may hold
 * @run main/othervm VolatileReferenceTest
 * @run main/othervm VolatileReferenceTest -Xint
 * @run main/othervm VolatileReferenceTest -XX:-TieredCompilation -XX:CompileThreshold=100 -Xbatch
 */

import java.lang.persistent.Persistent;
import java.lang.persistent.PersistentHeap;
import java.lang.persistent.Txn;
import java.lang.persistent.VolatileReferenceException;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

public class VolatileReferenceTest {
    static final Object SINGLETON = new Object();

    enum Mode {
        PLAIN,
        WITH_BODY {
            @Override
            int number() { return 2; }
        };
        int number() { return 1; }
    }

    static class Plain {
        int i = 1;
    }

    static class Data {
        static final Plain CONSTANT = new Plain();
        String string, string2;
        Object object;
        Integer integer;
        Plain plain;
        transient Plain gone;
        transient Object kept;
        Object[] array = new @Persistent Object[20];
        Set<String> set;
        List<String> list;
        Map<String, String> map;
        Data next;
    }

    static void store(Data x, Object value) {
        x.object = value;
    }

    static void write() {
        Data x = PersistentHeap.root("data", Data.class, () -> new @Persistent Data());

        // Refused: by the commit, which rolls back.
        for (int n = 0; n < 300; n++) {
            int round = n;
            VolatileReferenceException e = Heap.fails(VolatileReferenceException.class, () -> Txn.run(() -> {
                x.integer = round;
                x.plain = new Plain();
            }));
            Heap.contains(e.getMessage(), "VolatileReferenceTest$Data", "plain", "VolatileReferenceTest$Plain");
            Heap.check(x.plain == null && x.integer == null, "rolled back");
        }
        VolatileReferenceException e = Heap.fails(VolatileReferenceException.class,
                () -> Txn.run(() -> x.array[7] = new ArrayList<>()));
        Heap.contains(e.getMessage(), "java.lang.Object", "7", "java.util.ArrayList");
        Heap.check(x.array[7] == null, "rolled back");
        // Somewhere behind new objects.
        Heap.fails(VolatileReferenceException.class, () -> Txn.run(() -> {
            x.next = new @Persistent Data();
            x.next.next = new @Persistent Data();
            x.next.next.object = new int[1];
        }));
        Heap.check(x.next == null, "rolled back");
        Heap.fails(VolatileReferenceException.class,
                () -> PersistentHeap.setRoot("bad", new Plain()));
        Heap.check(PersistentHeap.root("bad", Object.class) == null, "no root");

        // Outside of a transaction: by the store.
        for (int n = 0; n < 300; n++) {
            e = Heap.fails(VolatileReferenceException.class, () -> x.object = new Plain());
            Heap.contains(e.getMessage(), "VolatileReferenceTest$Data", "object", "VolatileReferenceTest$Plain");
            Heap.check(x.object == null, "not stored");
            Heap.fails(VolatileReferenceException.class, () -> x.array[3] = new Plain());
            Heap.fails(VolatileReferenceException.class, () -> store(x, new int[0]));
            Heap.fails(VolatileReferenceException.class,
                    () -> System.arraycopy(new Object[] { new Plain() }, 0, x.array, 2, 1));
        }
        Heap.check(x.array[3] == null && x.array[2] == null, "not stored");
        store(x, "string");
        Heap.equal(x.object, "string");
        store(x, null);

        // What is only there for a while does not matter.
        Txn.run(() -> {
            x.plain = new Plain();
            x.array[0] = new Plain();
            System.gc();
            Heap.equal(x.plain.i, 1);
            x.plain = null;
            x.array[0] = null;
            Data garbage = new @Persistent Data();
            garbage.plain = new Plain();
        });

        // Allowed.
        String text = "text " + System.nanoTime() % 1;
        Txn.run(() -> {
            x.string = text;
            x.string2 = text;
            x.integer = 1234567;
            x.gone = new Plain();
            x.kept = "kept";
            Object[] a = x.array;
            a[0] = (byte) 1; a[1] = (short) 2; a[2] = 'c'; a[3] = 4L; a[4] = 5f; a[5] = 6d; a[6] = true;
            a[7] = Mode.PLAIN; a[8] = Mode.WITH_BODY; a[9] = RoundingMode.HALF_UP;
            a[10] = Mode.class; a[11] = int[][].class; a[12] = int.class; a[13] = SINGLETON;
            a[14] = Data.CONSTANT; a[15] = ""; a[16] = "w\u00efde \u4e16\u754c"; a[17] = String.class; a[18] = 5;
        });
        Heap.check(PersistentHeap.contains(x.string), "copied");
        Heap.check(x.string == x.string2, "once");
        Heap.equal(x.string, text);
        Heap.check(x.gone != null, "gone is there until the end");
        PersistentHeap.allocate(() -> {
            Txn.run(() -> {
                x.set = new HashSet<>();
                x.set.add("element");       // maps it to HashSet.PRESENT
                x.list = new ArrayList<>(); // refers to ArrayList.DEFAULTCAPACITY_EMPTY_ELEMENTDATA
            });
            return null;
        });
        // A table or node of a collection is not lost, though its field is transient; a view may be.
        Txn.run(() -> PersistentHeap.allocate(() -> x.map = new HashMap<>()));
        e = Heap.fails(VolatileReferenceException.class, () -> Txn.run(() -> x.map.put("k", "v")));
        Heap.contains(e.getMessage(), "java.util.HashMap", "table", "PersistentHeap.allocate");
        Heap.check(x.map.isEmpty(), "rolled back");
        Heap.fails(VolatileReferenceException.class, () -> x.map.put("k", "v"));
        Txn.run(() -> PersistentHeap.allocate(() -> x.map.put("k", "v")));
        Heap.equal(x.map.keySet().size() + x.map.values().size() + x.map.entrySet().size(), 3);
        Txn.run(() -> x.map.put("k", "v2"));
        x.string2 = "outside " + System.nanoTime() % 1;
        x.gone = new Plain();
        System.gc();
        Heap.equal(x.gone.i, 1);
    }

    static void read() {
        Data x = PersistentHeap.root("data", Data.class);
        Heap.equal(x.string, "text 0");
        Heap.equal(x.string2, "outside 0");
        Heap.equal(x.integer, 1234567);
        Heap.check(x.plain == null, "plain");
        Heap.check(x.gone == null, "transient");
        Heap.equal(x.kept, "kept");
        Heap.equal(x.map, Map.of("k", "v2"));
        Object[] a = x.array;
        Object[] expected = { (byte) 1, (short) 2, 'c', 4L, 5f, 6d, true, Mode.PLAIN, Mode.WITH_BODY,
            RoundingMode.HALF_UP, Mode.class, int[][].class, int.class, SINGLETON, Data.CONSTANT,
            "", "w\u00efde \u4e16\u754c", String.class, 5, null };
        Heap.equal(a, expected);
        for (int i = 7; i < 15; i++) {
            Heap.check(a[i] == expected[i], "identity of " + expected[i]);
        }
        Heap.equal(((Mode) a[8]).number(), 2);
        Heap.check(x.object == null && x.next == null, "rolled back");
        Heap.check(PersistentHeap.root("bad", Object.class) == null, "no root");
        PersistentHeap.allocate(() -> {
            Txn.run(() -> {
                Heap.check(!x.set.add("element"), "HashSet.PRESENT is the same object");
                Heap.check(x.set.remove("element"), "HashSet.PRESENT is the same object");
                Heap.check(x.set.add("element"), "added again");
                x.list.add("first");
                Heap.equal(x.list, List.of("first"));
                x.list.clear();
            });
            return null;
        });
    }

    static void refused() {
        Heap.contains(Heap.fails(UnsupportedOperationException.class,
                () -> new @Persistent Thread()).getMessage(), "java.lang.Thread");
        Heap.fails(UnsupportedOperationException.class,
                () -> new java.lang.ref.@Persistent WeakReference<Object>(null));
        Heap.fails(UnsupportedOperationException.class,
                () -> new java.util.concurrent.@Persistent Semaphore(1));
        Heap.fails(UnsupportedOperationException.class,
                () -> new java.util.concurrent.@Persistent CountDownLatch(1));
        Object[] made = PersistentHeap.allocate(() -> new Object[] {
            new Thread(), new java.lang.ref.WeakReference<>(null), (Runnable) () -> {},
            new java.util.concurrent.Semaphore(1), java.nio.ByteBuffer.allocateDirect(8),
            new java.util.concurrent.CountDownLatch(1) });
        Heap.check(PersistentHeap.contains(made), "array");
        for (Object o : made) {
            Heap.check(!PersistentHeap.contains(o), o.getClass() + " in the persistent heap");
        }
        Heap.check(!PersistentHeap.contains(new Object()), "allocate ended");
        Heap.fails(ArithmeticException.class, () -> PersistentHeap.allocate(() -> 1 / (made.length - 6)));
        Heap.check(!PersistentHeap.contains(new Object()), "allocate ended by an exception");
        Object nested = PersistentHeap.allocate(() -> {
            PersistentHeap.allocate(() -> new Object());
            return new Object();
        });
        Heap.check(PersistentHeap.contains(nested), "nested");
        Heap.check(PersistentHeap.contains(PersistentHeap.allocate(() -> made.clone())), "clone");
        Heap.check(PersistentHeap.contains(PersistentHeap.allocate(() -> "a" + made.length)), "concatenation");
    }

    public static void main(String[] args) throws Exception {
        switch (args.length > 0 ? args[0] : "") {
            case "write" -> {
                refused();
                write();
            }
            case "read" -> read();
            default -> {
                Heap heap = new Heap("references", args);
                heap.run(VolatileReferenceTest.class, "write");
                heap.run(VolatileReferenceTest.class, "read");
                heap.with("-XX:+UnlockDiagnosticVMOptions", "-XX:+PersistentHeapForceSwizzle")
                    .run(VolatileReferenceTest.class, "read");
                heap.delete();
            }
        }
    }
}
