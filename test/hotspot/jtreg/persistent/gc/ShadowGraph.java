/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

/*
 * @test
 * @summary Random programs on a persistent graph, compared after collections with a model of volatile objects,
 *          and after restarts with a digest
 * @library /test/jdk/java/lang/persistent
 * @build Heap
 * @run main/othervm/timeout=300 ShadowGraph seconds=7
 * @run main/othervm/timeout=300 ShadowGraph seconds=7 threads=1 -XX:PersistentHeapSize=32m -Xint
 * @run main/othervm/timeout=300 ShadowGraph seconds=7 -XX:TieredStopAtLevel=1 -XX:PersistentHeapMedia=file
 * @run main/othervm/timeout=300 ShadowGraph seconds=7 -XX:+G1GCAllocationFailureALot -XX:G1GCAllocationFailureALotInterval=2
 *      -XX:G1GCAllocationFailureALotCount=100 -XX:+ExplicitGCInvokesConcurrent -XX:InitiatingHeapOccupancyPercent=10
 * @run main/othervm/timeout=300 ShadowGraph seconds=7 -XX:+VerifyDuringGC -XX:+VerifyAfterGC
 *      -XX:+ExplicitGCInvokesConcurrent -XX:-TieredCompilation
 */

/*
 * @test id=more
 * @summary Each of many configurations of its own, and for longer
 * @key stress
 * @library /test/jdk/java/lang/persistent
 * @build Heap
 * @run main/othervm/timeout=300 ShadowGraph
 * @run main/othervm/timeout=300 ShadowGraph threads=1 -XX:PersistentHeapSize=32m
 * @run main/othervm/timeout=300 ShadowGraph -Xint
 * @run main/othervm/timeout=300 ShadowGraph -XX:TieredStopAtLevel=1
 * @run main/othervm/timeout=300 ShadowGraph -XX:-TieredCompilation
 * @run main/othervm/timeout=300 ShadowGraph -XX:+ExplicitGCInvokesConcurrent -XX:InitiatingHeapOccupancyPercent=10
 * @run main/othervm/timeout=300 ShadowGraph -XX:PersistentHeapMedia=file
 * @run main/othervm/timeout=300 ShadowGraph -XX:+G1GCAllocationFailureALot -XX:G1GCAllocationFailureALotInterval=2
 *      -XX:G1GCAllocationFailureALotCount=100 -XX:+ExplicitGCInvokesConcurrent
 * @run main/othervm/timeout=300 ShadowGraph -XX:+VerifyBeforeGC -XX:+VerifyAfterGC
 */

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.lang.management.ManagementFactory;
import java.lang.persistent.Persistent;
import java.lang.persistent.PersistentHeap;
import java.lang.persistent.Txn;
import java.lang.ref.WeakReference;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeSet;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;

/*
 * ShadowGraph [seconds=N] [seed=N] [threads=N] [VM options]
 *
 * Runs virtual machines one after the other on the same heap: each compares the digest its predecessor has left, makes
 * a model of what it finds, changes both for a while, and ends: some exit, some halt.
 *
 * A thread has roots of its own and changes only what they reach, so that its model is exact at any time; threads hand over
 * finished trees to each other. The model refers to no persistent object while the program runs.
 */
public class ShadowGraph {
    static final int ROOTS = 3;                 // per thread
    static final int ROOT_SLOTS = 20;
    static final int LONGEST = 200 * 1024;      // of an array, in bytes
    static final int SHARED = 8;

    // ---- What the persistent graph is made of ----

    enum Color { RED, GREEN, BLUE }

    static class Node {
        int id;
        long value;
        double real;
        short small;
        Object left, right;
        Node next;
        transient Object cache;                 // a volatile Note or a persistent object
    }

    static final class Leaf extends Node {
        byte tiny;
        boolean flag;
        char letter;
        String text;
    }

    static final class Holder {
        int id;
        Object[] array;
        int[] ints;
        byte[] bytes;
        String text;
        Object link;
    }

    /** Volatile. Each has a pattern, by which a wrong or overwritten one is recognised. */
    static final class Note {
        final int id;
        final long[] pattern;
        Note(int id) {
            this.id = id;
            pattern = new long[id & 63];
            Arrays.fill(pattern, id);
        }
    }

    static final VarHandle LEFT;
    static final VarHandle ELEMENT = MethodHandles.arrayElementVarHandle(Object[].class);
    static {
        try {
            LEFT = MethodHandles.lookup().findVarHandle(Node.class, "left", Object.class);
        } catch (ReflectiveOperationException e) {
            throw new AssertionError(e);
        }
    }

    // What is in arrays: parts of these.
    static final byte[] BYTES = new byte[2 * LONGEST];
    static final int[] INTS = new int[LONGEST / 2];
    static {
        Random random = new Random(1);
        random.nextBytes(BYTES);
        for (int i = 0; i < INTS.length; i++) INTS[i] = random.nextInt();
    }

    // ---- The model ----

    enum Kind {
        NODE(4), LEAF(5), HOLDER(5), OBJECTS(0), INTS(0), BYTES(0);
        final int slots;
        Kind(int slots) { this.slots = slots; }
    }

    /** Stands for a string in P; so that P alone keeps what V string was stored. */
    record Text(int seed) {
        String string() {
            return ("s" + seed + (seed % 3 == 0 ? "\u4e16" : "")).repeat(seed % 11 == 0 ? seed % 700 : seed % 17);
        }
    }

    /** Stands for a Note. */
    record Reminder(int id) {}

    static final class Shadow {
        final Kind kind;
        final int id;
        final Object[] refs;            // null, Shadow, Text, Reminder, boxes, symbols
        long value;
        int length;                     // of arrays; contents are a part of BYTES or INTS
        int from;
        int poked = -1;                 // but this element
        int poke;
        boolean opened;                 // contents known by hash: found when the heap was opened
        int contents;
        int hash;                       // identity hash code, if it was asked for
        Object seen;                    // only while graph and model are compared
        int epoch;

        Shadow(Kind kind, int id, int length) {
            this.kind = kind;
            this.id = id;
            this.length = length;
            this.refs = new Object[kind == Kind.OBJECTS ? length : kind.slots];
        }

        long bytes() {
            return switch (kind) {
                case NODE -> 56;
                case LEAF -> 64;
                case HOLDER -> 40;
                case OBJECTS, INTS -> 16 + 4L * length;
                case BYTES -> 16 + (long) length;
            } + 7 & -8;
        }
    }

    /** A persistent object, or what may stand in a slot, and its model. */
    record Pair(Object p, Object m) {
        Shadow s() { return (Shadow) m; }
    }

    /** One comparison. */
    static final class Comparison {
        static final AtomicInteger epochs = new AtomicInteger();
        final int epoch = epochs.incrementAndGet();
        final ArrayDeque<Shadow> queue = new ArrayDeque<>();
        final ArrayList<Shadow> visited = new ArrayList<>();
        long bytes;
        long lines;                     // at most so many lines of 256 bytes hold live objects

        void size(long size) {
            bytes += size;
            lines += (size + 255) / 256 + 1;
        }

        void reach(Object p, Object m, Object where) {
            switch (m) {
                case null -> check(p == null, where, p, null);
                case Shadow s -> {
                    check(p != null, where, null, s.kind);
                    if (s.epoch == epoch) {
                        check(s.seen == p, where, "another object", s);
                        return;
                    }
                    s.epoch = epoch;
                    s.seen = p;
                    visited.add(s);
                    queue.add(s);
                }
                case Text t -> {
                    String string = t.string();
                    check(string.equals(p), where, p, string);
                    string(string);
                }
                case Reminder r -> {
                    check(p instanceof Note note && note.id == r.id && note.pattern.length == (r.id & 63), where, p, m);
                    for (long l : ((Note) p).pattern) if (l != r.id) check(false, where, l, r.id);
                }
                case Color c -> check(p == c, where, p, c);
                case Class<?> c -> check(p == c, where, p, c);
                default -> {
                    check(m.equals(p), where, p, m);
                    if (p instanceof String string) string(string); else size(16);
                }
            }
        }

        void string(String string) {
            size(24);
            size((16 + (long) string.length() * (string.indexOf('\u4e16') < 0 ? 1 : 2) + 7) & -8);
        }

        void run() {
            for (Shadow s; (s = queue.poll()) != null; ) {
                Object p = s.seen;
                size(s.bytes());
                switch (s.kind) {
                    case NODE -> node(s, (Node) p, Node.class);
                    case LEAF -> {
                        Leaf leaf = (Leaf) p;
                        node(s, leaf, Leaf.class);
                        check(leaf.tiny == (byte) s.value && leaf.flag == (s.value < 0) && leaf.letter == (char) s.value,
                              s, leaf.tiny, s.value);
                    }
                    case HOLDER -> check(((Holder) p).id == s.id, s, ((Holder) p).id, s.id);
                    case OBJECTS -> check(((Object[]) p).length == s.length, s, ((Object[]) p).length, s.length);
                    case INTS, BYTES -> contents(s, p);
                }
                for (int i = 0; i < s.refs.length; i++) {
                    reach(get(s.kind, p, i), s.refs[i], s);
                }
                if (s.hash != 0) {
                    check(System.identityHashCode(p) == s.hash, s, System.identityHashCode(p), s.hash);
                }
            }
        }

        void node(Shadow s, Node n, Class<?> type) {
            check(n.getClass() == type, s, n.getClass(), type);
            check(n.id == s.id, s, n.id, s.id);
            check(n.value == s.value && n.real == s.value && n.small == (short) s.value, s, n.value, s.value);
        }

        void contents(Shadow s, Object p) {
            if (s.opened) {
                check(contentHash(p) == s.contents, s, contentHash(p), s.contents);
            } else if (p instanceof byte[] b) {
                check(b.length == s.length, s, b.length, s.length);
                int end = s.poked < 0 ? s.length : s.poked;
                check(Arrays.equals(b, 0, end, BYTES, s.from, s.from + end), s, "contents", s.from);
                if (s.poked >= 0) {
                    check(b[end] == (byte) s.poke, s, b[end], s.poke);
                    check(Arrays.equals(b, end + 1, s.length, BYTES, s.from + end + 1, s.from + s.length), s, "contents", s.from);
                }
            } else {
                int[] a = (int[]) p;
                check(a.length == s.length, s, a.length, s.length);
                int end = s.poked < 0 ? s.length : s.poked;
                check(Arrays.equals(a, 0, end, INTS, s.from, s.from + end), s, "contents", s.from);
                if (s.poked >= 0) {
                    check(a[end] == s.poke, s, a[end], s.poke);
                    check(Arrays.equals(a, end + 1, s.length, INTS, s.from + end + 1, s.from + s.length), s, "contents", s.from);
                }
            }
        }

        void end() {
            for (Shadow s : visited) s.seen = null;
        }
    }

    static int contentHash(Object array) {
        return array instanceof byte[] b ? Arrays.hashCode(b) * 31 + b.length : Arrays.hashCode((int[]) array) * 31 + ((int[]) array).length;
    }

    static void check(boolean ok, Object where, Object is, Object expected) {
        if (ok) return;
        String at = where instanceof Shadow s ? s.kind + " " + s.id + " (length " + s.length + ")" : String.valueOf(where);
        throw new AssertionError(at + " is or has " + is + ", expected " + expected);
    }

    // ---- Slots ----

    static Object get(Kind kind, Object p, int i) {
        switch (kind) {
            case NODE, LEAF -> {
                Node n = (Node) p;
                return i == 0 ? n.left : i == 1 ? n.right : i == 2 ? n.next : i == 3 ? n.cache : ((Leaf) n).text;
            }
            case HOLDER -> {
                Holder h = (Holder) p;
                return i == 0 ? h.array : i == 1 ? h.ints : i == 2 ? h.bytes : i == 3 ? h.text : h.link;
            }
            default -> {
                return ((Object[]) p)[i];
            }
        }
    }

    static void set(Kind kind, Object p, int i, Object v) {
        switch (kind) {
            case NODE, LEAF -> {
                Node n = (Node) p;
                switch (i) {
                    case 0 -> n.left = v;
                    case 1 -> n.right = v;
                    case 2 -> n.next = (Node) v;
                    case 3 -> n.cache = v;
                    default -> ((Leaf) n).text = (String) v;
                }
            }
            case HOLDER -> {
                Holder h = (Holder) p;
                switch (i) {
                    case 0 -> h.array = (Object[]) v;
                    case 1 -> h.ints = (int[]) v;
                    case 2 -> h.bytes = (byte[]) v;
                    case 3 -> h.text = (String) v;
                    default -> h.link = v;
                }
            }
            default -> ((Object[]) p)[i] = v;
        }
    }

    static boolean accepts(Kind kind, int i, Kind target) {
        if (kind == Kind.HOLDER) {
            return switch (i) {
                case 0 -> target == Kind.OBJECTS;
                case 1 -> target == Kind.INTS;
                case 2 -> target == Kind.BYTES;
                case 3 -> false;
                default -> true;
            };
        }
        if (kind == Kind.OBJECTS) return true;
        return i < 2 || i == 3 || i == 2 && (target == Kind.NODE || target == Kind.LEAF);
    }

    static void setValue(Shadow s, Object p, long value) {
        Node n = (Node) p;
        n.value = value;
        n.real = value;
        n.small = (short) value;
        if (p instanceof Leaf leaf) {
            leaf.tiny = (byte) value;
            leaf.flag = value < 0;
            leaf.letter = (char) value;
        }
    }

    // ---- The program ----

    static int threadCount;
    static long deadline;
    static boolean concurrent;                  // System.gc() is
    static volatile int wanted;                 // comparisons of all threads together
    static volatile boolean finish;
    static volatile boolean held;               // a transaction is open during the comparison
    static CyclicBarrier barrier;
    static final AtomicInteger ids = new AtomicInteger(1);
    static final ReentrantLock sharedLock = new ReentrantLock();
    static final Shadow[] shared = new Shadow[SHARED];      // under the lock
    static Mutator[] mutators;
    static volatile Object sink;

    static final class Mutator extends Thread {
        final int number;
        final Random random;
        final Shadow[] roots = new Shadow[ROOTS];
        final ArrayList<Pair> pins = new ArrayList<>();     // what V refers to
        final ArrayList<Pair> newPins = new ArrayList<>();  // of the open transaction
        final List<WeakReference<Object>> weak = new ArrayList<>(Collections.nCopies(100, null));
        final Shadow[] weakShadows = new Shadow[weak.size()];
        final ArrayList<Txn> levels = new ArrayList<>();
        final ArrayList<Integer> marks = new ArrayList<>();
        final ArrayList<Runnable> undo = new ArrayList<>();
        final long limit = PersistentHeap.capacity() * 35 / 100 / threadCount;
        boolean rootsLocked;
        boolean growing = true;
        long live, lines;
        long allocated;                                     // since the last comparison
        long total;
        long operations, comparisons, full, rollbacks;
        int fullInARow;
        int done;

        Mutator(int number, long seed) {
            super("mutator " + number);
            this.number = number;
            this.random = new Random(seed * 1000 + number);
        }

        String rootName(int i) {
            return "t" + number + "r" + i;
        }

        // ---- The model's part of an operation: undone when the transaction is ----

        void change(Runnable redo, Runnable back) {
            redo.run();
            if (!levels.isEmpty()) undo.add(back);
        }

        void setRef(Shadow s, int i, Object m) {
            Object before = s.refs[i];
            change(() -> s.refs[i] = m, () -> s.refs[i] = before);
        }

        void back(int mark) {
            while (undo.size() > mark) undo.removeLast().run();
        }

        /** Rolls back the whole transaction, if that has not happened yet. */
        void abandon() {
            back(0);
            while (!levels.isEmpty()) levels.removeLast().close();
            marks.clear();
            forgetNewPins();
            rootsLocked = false;
            rollbacks++;
        }

        // Objects of a transaction that is rolled back are in no defined state.
        void forgetNewPins() {
            pins.removeAll(newPins);
            newPins.clear();
        }

        // ---- Transactions ----

        void begin() {
            marks.add(undo.size());
            levels.add(Txn.begin());
        }

        void commit() {
            levels.getLast().commit();
            levels.removeLast();
            marks.removeLast();
            if (levels.isEmpty()) {
                undo.clear();
                newPins.clear();
                rootsLocked = false;
            }
        }

        void rollback() {
            Txn txn = levels.removeLast();
            int mark = marks.removeLast();
            if (random.nextBoolean()) txn.rollback(); else txn.close();
            back(mark);
            forgetNewPins();
            if (levels.isEmpty()) rootsLocked = false;
            rollbacks++;
        }

        void endAll(boolean keep) {
            while (!levels.isEmpty()) {
                if (keep) commit(); else rollback();
            }
        }

        // ---- Choosing ----

        /** Somewhere in the graph. */
        Pair pick() {
            Object p;
            Shadow s;
            int n = random.nextInt(ROOTS + pins.size() / 2);
            if (n < ROOTS) {
                p = PersistentHeap.root(rootName(n), Object.class);
                s = roots[n];
            } else {
                Pair pin = pins.get(random.nextInt(pins.size()));
                p = pin.p;
                s = pin.s();
            }
            for (int steps = random.nextInt(16); steps > 0 && s.refs.length > 0; steps--) {
                int i = random.nextInt(s.refs.length);
                if (s.refs[i] instanceof Shadow next) {
                    p = get(s.kind, p, i);
                    s = next;
                    check(p != null, s, null, "an object");
                }
            }
            return new Pair(p, s);
        }

        Pair pickWithSlots() {
            while (true) {
                Pair at = pick();
                if (at.s().refs.length > 0) return at;
            }
        }

        int length(int elementSize) {
            int n = random.nextInt(100);
            int bytes = n < 60 ? random.nextInt(65) : n < 90 ? random.nextInt(4096)
                      : n < 99 ? random.nextInt(40 * 1024) : random.nextInt(LONGEST + 1);
            return bytes / elementSize;
        }

        /** A new tree. Its stores are to objects of which no captured object knows. */
        Pair build(Kind kind, int depth) {
            int length = switch (kind) {
                case OBJECTS -> random.nextInt(20) > 0 ? random.nextInt(40) : random.nextInt(12000);
                case INTS -> length(4);
                case BYTES -> length(1);
                default -> 0;
            };
            Shadow s = new Shadow(kind, ids.getAndIncrement(), length);
            Object p = switch (kind) {
                case NODE -> random.nextBoolean() ? new @Persistent Node() : PersistentHeap.allocate(() -> new Node());
                case LEAF -> new @Persistent Leaf();
                case HOLDER -> new @Persistent Holder();
                case OBJECTS -> new @Persistent Object[length];
                case INTS -> new @Persistent int[length];
                case BYTES -> random.nextInt(4) > 0 ? new @Persistent byte[length]
                        : PersistentHeap.allocate(() -> Arrays.copyOf(BYTES, length));
            };
            allocated += s.bytes();
            total += s.bytes();
            switch (kind) {
                case NODE, LEAF -> {
                    ((Node) p).id = s.id;
                    s.value = random.nextInt();
                    setValue(s, p, s.value);
                }
                case HOLDER -> ((Holder) p).id = s.id;
                case INTS, BYTES -> {
                    s.from = random.nextInt(LONGEST / 4);
                    fill(p, s.length, s.from);
                }
                default -> {}
            }
            fullInARow = 0;
            if (depth > 0) {
                for (int i = random.nextInt(4); i < s.refs.length; i += 1 + random.nextInt(1 + s.refs.length / 3)) {
                    Pair value = value(s.kind, i, depth - 1);
                    set(s.kind, p, i, value.p);
                    s.refs[i] = value.m;
                }
            }
            return new Pair(p, s);
        }

        static void fill(Object p, int length, int from) {
            System.arraycopy(p instanceof byte[] ? BYTES : INTS, from, p, 0, length);
        }

        /** Something new that may stand in that slot. */
        Pair value(Kind kind, int i, int depth) {
            if (kind == Kind.LEAF && i == 4 || kind == Kind.HOLDER && i == 3) return text();
            if (kind.slots > 0 && kind != Kind.HOLDER && i == 3 && random.nextInt(3) > 0) {
                int id = random.nextInt(1_000_000);
                return new Pair(new Note(id), new Reminder(id));
            }
            if (accepts(kind, i, Kind.BYTES) && accepts(kind, i, Kind.OBJECTS) && random.nextInt(6) == 0) {
                int n = 1000 + random.nextInt(1_000_000);
                return switch (random.nextInt(5)) {
                    case 0 -> new Pair(Color.values()[n % 3], Color.values()[n % 3]);
                    case 1 -> new Pair(Node.class, Node.class);
                    case 2 -> new Pair(Integer.valueOf(n), Integer.valueOf(n));
                    case 3 -> new Pair(Long.valueOf(n), Long.valueOf(n));
                    default -> text();
                };
            }
            while (true) {
                Kind k = switch (random.nextInt(10)) {
                    case 0, 1, 2, 3 -> Kind.NODE;
                    case 4, 5 -> Kind.LEAF;
                    case 6 -> Kind.HOLDER;
                    case 7 -> Kind.OBJECTS;
                    case 8 -> Kind.INTS;
                    default -> Kind.BYTES;
                };
                if (accepts(kind, i, k)) return build(k, depth);
            }
        }

        Pair text() {
            Text text = new Text(random.nextInt(1_000_000));
            String string = text.string();
            allocated += 48 + 2 * string.length();
            return new Pair(string, text);
        }

        // ---- Operations ----

        /** A store into a slot of the graph. */
        void store(Pair at, int i, Object p, Object m) {
            if (at.p instanceof Object[] a && random.nextInt(4) == 0) {
                switch (random.nextInt(3)) {
                    case 0 -> ELEMENT.setVolatile(a, i, p);
                    case 1 -> ELEMENT.getAndSet(a, i, p);
                    case 2 -> System.arraycopy(new Object[] {p}, 0, a, i, 1);
                }
            } else if (at.p instanceof Node n && i == 0 && random.nextInt(4) == 0) {
                if (random.nextBoolean()) {
                    check(LEFT.compareAndSet(n, n.left, p), at.s(), "compareAndSet", true);
                } else {
                    LEFT.getAndSet(n, p);
                }
            } else {
                set(at.s().kind, at.p, i, p);
            }
            setRef(at.s(), i, m);
        }

        /** A slot; while the graph grows rather one that is free. */
        int slot(Pair at) {
            Object[] refs = at.s().refs;
            int i = random.nextInt(refs.length);
            for (int n = 0; growing && n < 5 && refs[i] != null; n++) i = random.nextInt(refs.length);
            return i;
        }

        void link() {
            Pair at = pickWithSlots();
            int i = slot(at);
            if (growing && at.s().refs[i] != null && random.nextInt(8) > 0) return;
            if (random.nextInt(3) == 0) {
                Pair to = pick();
                if (accepts(at.s().kind, i, to.s().kind)) {
                    store(at, i, to.p, to.s());
                    return;
                }
            }
            Pair value = value(at.s().kind, i, 2);
            store(at, i, value.p, value.m);
        }

        void unlink() {
            if (growing && random.nextInt(8) > 0) return;
            Pair at = pickWithSlots();
            int i = random.nextInt(at.s().refs.length);
            store(at, i, null, null);
        }

        /** From one place to another: what a concurrent marking may lose. */
        void move() {
            Pair from = pickWithSlots();
            Pair to = pickWithSlots();
            int i = random.nextInt(from.s().refs.length);
            int j = slot(to);
            if (!(from.s().refs[i] instanceof Shadow m) || !accepts(to.s().kind, j, m.kind)) return;
            Object p = get(from.s().kind, from.p, i);
            store(from, i, null, null);
            if (random.nextInt(10) == 0) Thread.yield();
            store(to, j, p, m);
        }

        void shift() {
            for (int tries = 0; tries < 10; tries++) {
                Pair at = pick();
                if (at.s().kind != Kind.OBJECTS || at.s().length == 0) continue;
                int n = at.s().length;
                int from = random.nextInt(n), to = random.nextInt(n);
                int count = Math.min(n - Math.max(from, to), 1 + random.nextInt(growing ? 4 : 200));
                Object[] before = at.s().refs.clone();
                if (random.nextInt(4) > 0) {
                    System.arraycopy(at.p, from, at.p, to, count);
                    change(() -> System.arraycopy(at.s().refs, from, at.s().refs, to, count),
                           () -> System.arraycopy(before, 0, at.s().refs, 0, n));
                } else {
                    Arrays.fill((Object[]) at.p, to, to + count, null);
                    change(() -> Arrays.fill(at.s().refs, to, to + count, null),
                           () -> System.arraycopy(before, 0, at.s().refs, 0, n));
                }
                return;
            }
        }

        void values() {
            Pair at = pick();
            Shadow s = at.s();
            switch (s.kind) {
                case NODE, LEAF -> {
                    long before = s.value, value = random.nextInt();
                    setValue(s, at.p, value);
                    change(() -> s.value = value, () -> s.value = before);
                }
                case INTS, BYTES -> {
                    int from = s.from, poked = s.poked, poke = s.poke;
                    boolean opened = s.opened;
                    if (s.length == 0) return;
                    if (opened || random.nextInt(4) == 0) {
                        int newFrom = random.nextInt(LONGEST / 4);
                        fill(at.p, s.length, newFrom);
                        change(() -> { s.from = newFrom; s.poked = -1; s.opened = false; },
                               () -> { s.from = from; s.poked = poked; s.poke = poke; s.opened = opened; });
                    } else {
                        int i = poked >= 0 ? poked : random.nextInt(s.length), value = random.nextInt();
                        if (at.p instanceof byte[] b) b[i] = (byte) value; else ((int[]) at.p)[i] = value;
                        change(() -> { s.poked = i; s.poke = value; }, () -> { s.poked = poked; s.poke = poke; });
                    }
                }
                default -> {}
            }
        }

        void replaceRoot() {
            // No thread waits for one that waits in the barrier.
            int i = random.nextInt(ROOTS);
            Shadow before = roots[i];
            Pair root = newRoot();
            Object old = PersistentHeap.root(rootName(i), Object.class);
            int dropped = random.nextInt(ROOT_SLOTS);
            for (int j = 0; j < ROOT_SLOTS; j++) {
                if (j == dropped) continue;
                set(Kind.OBJECTS, root.p, j, get(Kind.OBJECTS, old, j));
                root.s().refs[j] = before.refs[j];
            }
            if (!levels.isEmpty()) rootsLocked = true;
            PersistentHeap.setRoot(rootName(i), root.p);
            change(() -> roots[i] = root.s(), () -> roots[i] = before);
        }

        Pair newRoot() {
            return new Pair(new @Persistent Object[ROOT_SLOTS], new Shadow(Kind.OBJECTS, ids.getAndIncrement(), ROOT_SLOTS));
        }

        void garbage() {
            if (random.nextBoolean()) {
                sink = build(Kind.HOLDER, 3).m;
            } else {
                int length = random.nextInt(LONGEST / 2);
                total += length;
                if (new @Persistent byte[length].length != length) throw new AssertionError();
            }
        }

        void pin() {
            if (!pins.isEmpty() && random.nextInt(30) < pins.size()) {
                pins.remove(random.nextInt(pins.size()));
                return;
            }
            Pair pin = random.nextInt(3) == 0 ? build(Kind.NODE, 2) : pick();
            pins.add(pin);
            if (!levels.isEmpty()) newPins.add(pin);
        }

        void identity() {
            Pair at = pick();
            int hash = System.identityHashCode(at.p);
            if (at.s().hash == 0) at.s().hash = hash;
            check(at.s().hash == hash, at.s(), hash, at.s().hash);
        }

        void monitor() {
            Pair at = random.nextInt(3) == 0 ? build(Kind.NODE, 0) : pick();
            synchronized (at.p) {
                if (random.nextInt(3) == 0) {
                    try {
                        at.p.wait(0, 1);        // inflates
                    } catch (InterruptedException e) {
                        throw new AssertionError(e);
                    }
                }
                if (random.nextInt(20) == 0) sink = new byte[500_000];
            }
        }

        void weak() {
            Pair at = pick();
            int i = random.nextInt(weak.size());
            weak.set(i, new WeakReference<>(at.p));
            weakShadows[i] = at.s();
        }

        void handOver() {
            // A transaction that waits for this lock holds no other.
            if (!levels.isEmpty()) return;
            sharedLock.lock();      // the model's; the transaction has it until it ends, and this method a little longer
            try {
                int i = random.nextInt(SHARED);
                begin();
                levels.getFirst().lock(sharedLock);
                Object[] table = PersistentHeap.root("shared", Object[].class);
                Shadow there = shared[i];
                if (there == null) {
                    Pair tree = build(Kind.NODE, 3);
                    table[i] = tree.p;
                    change(() -> shared[i] = tree.s(), () -> shared[i] = null);
                } else {
                    Pair at = pickWithSlots();
                    int j = slot(at);
                    if (accepts(at.s().kind, j, there.kind)) {
                        store(at, j, table[i], there);
                    }
                    table[i] = null;
                    change(() -> shared[i] = null, () -> shared[i] = there);
                }
                if (random.nextInt(4) > 0) commit(); else rollback();
            } catch (OutOfMemoryError e) {
                abandon();
                throw e;
            } finally {
                sharedLock.unlock();
            }
        }

        void collect() {
            if (random.nextBoolean()) System.gc(); else PersistentHeap.gc();
            compare();
        }

        void operation() {
            operations++;
            int n = random.nextInt(1000);
            if (live + allocated > limit && allocated > limit / 8) compare();
            if (!growing && n < 2) {
                prune();
            } else if (n < 260) {
                link();
            } else if (n < 400) {
                unlink();
            } else if (n < 470) {
                move();
            } else if (n < 500) {
                shift();
            } else if (n < 600) {
                values();
            } else if (n < 660) {
                garbage();
            } else if (n < 680) {
                pin();
            } else if (n < 700) {
                identity();
            } else if (n < 710) {
                monitor();
            } else if (n < 715) {
                replaceRoot();
            } else if (n < 730) {
                weak();
            } else if (n < 740) {
                handOver();
            } else if (n < 800) {
                sink = new byte[random.nextInt(20_000)];
            } else if (n < 840) {
                if (levels.size() < (n < 805 ? 1 : 4) && (n < 810 || !levels.isEmpty())) begin();
            } else if (n < 870) {
                if (!levels.isEmpty()) commit();
            } else if (n < 890) {
                if (!levels.isEmpty()) rollback();
            } else if (n < 891 && random.nextInt(20) == 0) {
                collect();
            }
        }

        /** The graph becomes smaller. */
        void prune() {
            int i = random.nextInt(ROOTS);
            Pair at = new Pair(PersistentHeap.root(rootName(i), Object.class), roots[i]);
            for (int j = 0; j < ROOT_SLOTS; j++) {
                if (random.nextInt(4) == 0) store(at, j, null, null);
            }
            pins.clear();
            newPins.clear();
            compare();
        }

        void step() {
            try {
                operation();
            } catch (OutOfMemoryError e) {
                if (!"Persistent heap space".equals(e.getMessage())) throw e;
                heapIsFull();
            }
        }

        void heapIsFull() {
            abandon();
            full++;
            if (++fullInARow < 10) {
                prune();
                return;
            }
            for (int i = 0; i < ROOTS; i++) {
                Arrays.fill(PersistentHeap.root(rootName(i), Object[].class), null);
                Arrays.fill(roots[i].refs, null);
            }
            pins.clear();
            newPins.clear();
            PersistentHeap.gc();
            compare();
            build(Kind.NODE, 0);                // there must be room now
        }

        // ---- Comparisons ----

        /** Of this thread's graph. */
        void compare() {
            compare(false, false);
        }

        void compare(boolean withShared, boolean unreachableIsCleared) {
            Comparison c = new Comparison();
            comparisons++;
            for (int i = 0; i < ROOTS; i++) {
                c.reach(PersistentHeap.root(rootName(i), Object.class), roots[i], rootName(i));
            }
            for (Pair pin : pins) c.reach(pin.p, pin.m, "pin");
            if (withShared) {
                Object[] table = PersistentHeap.root("shared", Object[].class);
                for (int i = 0; i < SHARED; i++) c.reach(table[i], shared[i], "shared");
            }
            c.run();
            for (int i = 0; i < weak.size(); i++) {
                if (weak.get(i) == null) continue;
                Shadow s = weakShadows[i];
                if (s.epoch == c.epoch) {
                    check(weak.get(i).refersTo(s.seen), s, "a weak reference to " + weak.get(i).get(), "itself");
                } else if (unreachableIsCleared) {
                    check(weak.get(i).refersTo(null), s, "a weak reference", "none: it is unreachable");
                }
            }
            live = c.bytes;
            lines = c.lines;
            allocated = 0;
            growing = live < (growing ? limit * 3 / 4 : limit / 3);
            c.end();
        }

        /** All threads stop, one collects, each compares. */
        boolean meet() throws Exception {
            boolean last = finish;
            if (!levels.isEmpty()) {
                if (!last && !rootsLocked && random.nextInt(3) == 0) {
                    held = true;
                } else {
                    try {
                        endAll(random.nextBoolean());
                    } catch (OutOfMemoryError e) {
                        abandon();
                    }
                }
            }
            barrier.await();
            if (number == 0) {
                boolean explicit = random.nextBoolean();
                exact = !concurrent;
                if (explicit) PersistentHeap.gc(); else System.gc();
                usedAfter = PersistentHeap.used();
            }
            barrier.await();
            compare(number == 0, exact && !held);
            barrier.await();
            if (number == 0) {
                meetings++;
                if (!held) checkUsed();
                held = false;
            }
            barrier.await();
            return last;
        }

        @Override
        public void run() {
            try {
                long next = System.nanoTime();
                while (true) {
                    if (number == 0 && System.nanoTime() - next > 0) {
                        next = System.nanoTime() + 700_000_000L;
                        finish = next - deadline > 0;
                        wanted++;
                    }
                    if (wanted != done) {
                        done++;
                        if (meet()) return;
                    }
                    step();
                }
            } catch (Throwable e) {
                fail(e, this + ", operation " + operations);
            }
        }
    }

    static volatile boolean exact;              // the collection frees all garbage
    static volatile long usedAfter;
    static int meetings;
    static double worst;

    static void checkUsed() {
        long live = 0, lines = 0;
        for (Mutator m : mutators) {
            live += m.live;
            lines += m.lines;
        }
        // Each line with a live object, and the roots' directory.
        long bound = lines * 256 + 64 * 1024 + (exact ? 0 : PersistentHeap.capacity() / 3);
        worst = Math.max(worst, (double) usedAfter / live);
        check(usedAfter <= bound, "after a collection the heap", usedAfter + " bytes in use",
              "at most " + bound + ", of which " + live + " live");
        check(usedAfter >= live * 3 / 4, "after a collection the heap", usedAfter + " bytes in use", "more than " + live);
    }

    static String configuration;

    static void fail(Throwable e, String where) {
        synchronized (ShadowGraph.class) {
            System.out.println("FAILED: " + configuration + ", " + where);
            e.printStackTrace(System.out);
            System.out.flush();
            Runtime.getRuntime().halt(3);
        }
    }

    // ---- What a virtual machine finds and leaves ----

    /** Visits the graph in an order that depends on nothing but the graph; makes a model of it. */
    static final class Traversal {
        final Map<Object, Shadow> shadows = new IdentityHashMap<>();
        final ArrayDeque<Object> queue = new ArrayDeque<>();
        final boolean opened;
        long digest = 17;

        Traversal(boolean opened) {
            this.opened = opened;
        }

        void add(long value) {
            digest = Long.rotateLeft(digest, 5) * 0x9E3779B97F4A7C15L + value;
        }

        Object model(Object p) {
            Shadow known = shadows.get(p);
            if (known != null) {
                add(known.epoch);
                return known;
            }
            switch (p) {
                case null -> add(1);
                case String string -> {
                    add(string.hashCode());
                    return new String(string.toCharArray());
                }
                case Color c -> add(c.name().hashCode());
                case Class<?> c -> add(c.getName().hashCode());
                case Integer i -> {
                    add(i);
                    return Integer.valueOf((int) i);
                }
                case Long l -> {
                    add(l);
                    return Long.valueOf((long) l);
                }
                case Note note -> {
                    check(!opened, "a transient field", "a volatile object", "null after a restart");
                    add(1);
                    return null;
                }
                default -> {
                    Shadow s = shadow(p);
                    s.epoch = -shadows.size() - 1;      // no comparison's
                    add(s.epoch);
                    shadows.put(p, s);
                    queue.add(p);
                    return s;
                }
            }
            return p;
        }

        Shadow shadow(Object p) {
            check(PersistentHeap.contains(p), p, "volatile", "persistent");
            Shadow s = switch (p) {
                case Leaf leaf -> new Shadow(Kind.LEAF, leaf.id, 0);
                case Node node -> new Shadow(Kind.NODE, node.id, 0);
                case Holder holder -> new Shadow(Kind.HOLDER, holder.id, 0);
                case byte[] b -> new Shadow(Kind.BYTES, 0, b.length);
                case int[] a -> new Shadow(Kind.INTS, 0, a.length);
                case Object[] a -> new Shadow(Kind.OBJECTS, 0, a.length);
                default -> throw new AssertionError(p.getClass() + " in the graph");
            };
            s.hash = System.identityHashCode(p);
            add(s.kind.ordinal() * 1000003L + s.id);
            add(s.length);
            add(s.hash);
            if (p instanceof Node n) {
                s.value = n.value;
                add(n.value);
            } else if (s.kind == Kind.BYTES || s.kind == Kind.INTS) {
                s.opened = true;
                s.contents = contentHash(p);
                add(s.contents);
            }
            ids.accumulateAndGet(s.id + 1, Math::max);
            return s;
        }

        Shadow visit(Object from) {
            Shadow root = (Shadow) model(from);
            for (Object p; (p = queue.poll()) != null; ) {
                Shadow s = shadows.get(p);
                for (int i = 0; i < s.refs.length; i++) {
                    s.refs[i] = model(get(s.kind, p, i));
                }
            }
            return root;
        }
    }

    static String digest() {
        Traversal t = new Traversal(false);
        for (String name : new TreeSet<>(PersistentHeap.rootNames())) {
            t.visit(PersistentHeap.root(name, Object.class));
        }
        return Long.toHexString(t.digest) + " " + t.shadows.size();
    }

    static final Path DIGEST = Path.of("shadow-digest.txt");

    static void open() throws Exception {
        Traversal t = new Traversal(true);
        if (!PersistentHeap.rootNames().isEmpty()) {
            Map<String, Shadow> roots = new java.util.HashMap<>();
            for (String name : new TreeSet<>(PersistentHeap.rootNames())) {
                roots.put(name, t.visit(PersistentHeap.root(name, Object.class)));
            }
            String digest = Long.toHexString(t.digest) + " " + t.shadows.size();
            check(digest.equals(Files.readString(DIGEST)), "the reopened heap", digest, Files.readString(DIGEST));
            for (Mutator m : mutators) {
                for (int i = 0; i < ROOTS; i++) m.roots[i] = roots.get(m.rootName(i));
            }
            Object[] table = roots.get("shared").refs;
            for (int i = 0; i < SHARED; i++) shared[i] = (Shadow) table[i];
            return;
        }
        Txn.run(() -> {
            PersistentHeap.setRoot("shared", new @Persistent Object[SHARED]);
            for (Mutator m : mutators) {
                for (int i = 0; i < ROOTS; i++) {
                    Pair root = m.newRoot();
                    PersistentHeap.setRoot(m.rootName(i), root.p);
                    m.roots[i] = root.s();
                }
            }
        });
    }

    static void runHere(int seconds, long seed, boolean halt) throws Exception {
        concurrent = ManagementFactory.getRuntimeMXBean().getInputArguments().contains("-XX:+ExplicitGCInvokesConcurrent");
        mutators = new Mutator[threadCount];
        for (int i = 0; i < threadCount; i++) mutators[i] = new Mutator(i, seed);
        barrier = new CyclicBarrier(threadCount);
        open();
        deadline = System.nanoTime() + seconds * 1_000_000_000L;
        if (seconds > 0) {
            for (Mutator m : mutators) m.start();
            for (Mutator m : mutators) m.join();
        }
        long operations = 0, comparisons = 0, total = 0, full = 0, rollbacks = 0, live = 0;
        for (Mutator m : mutators) {
            operations += m.operations;
            comparisons += m.comparisons;
            total += m.total;
            full += m.full;
            rollbacks += m.rollbacks;
            live += m.live;
        }
        mutators = null;
        Arrays.fill(shared, null);
        PersistentHeap.force();
        Files.writeString(DIGEST, digest());
        System.out.printf("%d operations, %d rollbacks, %d comparisons, %d common, %d times full, "
                + "%d KB of objects, %d KB live, at most %.2f of that used%n",
                operations, rollbacks, comparisons, meetings, full, total / 1024, live / 1024, worst);
        if (halt) {
            System.out.flush();
            Runtime.getRuntime().halt(0);
        }
    }

    public static void main(String[] args) throws Exception {
        int seconds = 9;
        long seed = System.nanoTime() & 0xFFFFFFF;
        int threads = 3;
        List<String> options = new ArrayList<>(List.of("-Xmx64m", "-XX:+UnlockDiagnosticVMOptions", "-XX:PersistentHeapMedia=memory",
                "-XX:+PersistentHeapAudit", "-XX:+PersistentHeapVerify"));
        boolean halt = false;
        boolean here = false;
        for (String arg : args) {
            String value = arg.substring(arg.indexOf('=') + 1);
            if (arg.startsWith("-")) options.add(arg);
            else if (arg.startsWith("seconds=")) seconds = Integer.parseInt(value);
            else if (arg.startsWith("seed=")) seed = Long.parseLong(value);
            else if (arg.startsWith("threads=")) threads = Integer.parseInt(value);
            else if (arg.equals("here")) here = true;
            else if (arg.equals("halt") || arg.equals("exit")) halt = arg.equals("halt");
            else throw new IllegalArgumentException(arg);
        }
        if (here) {
            configuration = "seed " + seed + ", " + threads + " threads";
            threadCount = threads;
            try {
                runHere(seconds, seed, halt);
            } catch (Throwable e) {
                fail(e, "main");
            }
            return;
        }
        System.out.println("seed=" + seed + " threads=" + threads + " " + options);
        Heap heap = new Heap("shadow", options.toArray(new String[0]));
        Files.deleteIfExists(DIGEST);
        for (int round = 0, left = seconds; left >= 0; round++) {
            // The last one only compares the digest.
            int part = left == 0 ? 0 : Math.max(1, Math.min(60, (left + 1) / 2));
            if (round % 3 == 2) heap.with("-XX:+PersistentHeapForceSwizzle");
            heap.run(ShadowGraph.class, "here", "seconds=" + part, "seed=" + (seed + round), "threads=" + threads,
                     round % 2 == 0 ? "halt" : "exit");
            if (left == 0) break;
            left -= part;
        }
        heap.delete();
    }
}
