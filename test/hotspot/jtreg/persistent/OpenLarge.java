/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

/*
 * @test
 * @summary A heap that many workers translate at once is what it was: long chains, wide and shared arrays, symbols, strings
 * @library /test/jdk/java/lang/persistent
 * @build Heap
 * @run main/othervm/timeout=600 OpenLarge
 */

import java.lang.persistent.Persistent;
import java.lang.persistent.PersistentHeap;
import java.lang.persistent.Txn;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;

public class OpenLarge {
    static final class Node {
        long id;
        Node next;
        Object other;           // a node, an array, a string, an enum constant, a class, or null
        Node(long id) { this.id = id; }
    }

    static final class Root {
        Node[] heads = new @Persistent Node[3000];
        Object[] mixed = new @Persistent Object[100_000];
        Map<String, Integer> map;
        long digest;
    }

    static final Object[] SYMBOLS = {TimeUnit.DAYS, TimeUnit.SECONDS, String.class, int[].class, Thread.State.NEW};

    /** Of all that the root reaches, whose shape is known. */
    static long digest(Root root) {
        long d = 17;
        for (Node head : root.heads) {
            for (Node n = head; n != null; n = n.next) d = (d * 31 + n.id) * 31 + digest(n.other);
        }
        for (Object o : root.mixed) d = d * 31 + digest(o);
        for (int i = 0; i < root.map.size(); i++) d = d * 31 + root.map.get("key " + i);
        return d;
    }

    static long digest(Object o) {
        return switch (o) {
            case null -> 1;
            case Node n -> 2 + n.id;
            case Object[] a -> 3 + a.length + (a.length == 0 ? 0 : digest(a[a.length - 1]));
            case int[] a -> 4 + a.length + a[a.length / 2];
            case String s -> s.hashCode();
            case Enum<?> e -> e.name().hashCode();
            case Class<?> c -> c.getName().hashCode();
            default -> throw new AssertionError(o.getClass().toString());
        };
    }

    static void make(long seed) {
        Random random = new Random(seed);
        Root root = PersistentHeap.root("root", Root.class, () -> new @Persistent Root());
        List<Object> shared = new ArrayList<>();
        for (int i = 0; i < 400; i++) {
            final int step = i;
            Txn.run(() -> {
                for (int j = 0; j < 500; j++) {
                    Node n = new @Persistent Node(step * 1000L + j);
                    int head = random.nextInt(4) == 0 ? 0 : random.nextInt(root.heads.length);    // one chain is long
                    n.next = root.heads[head];
                    root.heads[head] = n;
                    n.other = switch (random.nextInt(8)) {
                        case 0 -> SYMBOLS[random.nextInt(SYMBOLS.length)];
                        case 1 -> "text " + random.nextInt(1000);
                        case 2 -> {
                            int[] a = new @Persistent int[1 + random.nextInt(50)];
                            a[a.length / 2] = j;
                            yield a;
                        }
                        case 3 -> {
                            Object[] a = new @Persistent Object[random.nextInt(5)];
                            if (a.length > 0) a[a.length - 1] = n;
                            yield a;
                        }
                        case 4 -> null;
                        default -> shared.isEmpty() ? null : shared.get(random.nextInt(shared.size()));
                    };
                    if (random.nextInt(10) == 0) shared.add(n);
                    root.mixed[random.nextInt(root.mixed.length)] = random.nextBoolean() ? n : n.other;
                }
            });
        }
        Map<String, Integer> map = PersistentHeap.allocate(() -> {
            Map<String, Integer> m = new HashMap<>();
            for (int i = 0; i < 5000; i++) m.put("key " + i, i * 7);
            return m;
        });
        Txn.run(() -> {
            root.map = map;
            root.digest = digest(root);
        });
        System.out.println("made");
    }

    static void check() {
        Root root = PersistentHeap.root("root", Root.class);
        if (digest(root) != root.digest) throw new AssertionError("another digest: " + digest(root) + " for " + root.digest);
        System.out.println("same " + root.digest);
    }

    public static void main(String[] args) throws Exception {
        if (args.length > 0) {
            if (args[0].equals("make")) make(Long.parseLong(args[1])); else check();
            return;
        }
        for (long seed = 1; seed <= 2; seed++) {
            Heap heap = new Heap("" + seed, "-XX:PersistentHeapSize=256m", "-XX:+UnlockDiagnosticVMOptions",
                    "-XX:+PersistentHeapVerify", "-XX:+PersistentHeapAudit", "-Xlog:pheap");
            heap.run(OpenLarge.class, "make", "" + seed).shouldContain("made");
            for (String threads : List.of("1", "2", "8", "8", "8", "16")) {
                heap.with("-XX:ParallelGCThreads=" + threads);
                if (threads.equals("8")) heap.with("-XX:+PersistentHeapForceSwizzle");
                heap.run(OpenLarge.class, "check").shouldContain("same").shouldContain("by " + threads + " workers");
            }
        }
    }
}
