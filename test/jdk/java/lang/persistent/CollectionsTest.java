/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

/*
 * @test
 * @summary Unmodified collections of java.util in the persistent heap
 * @run main/othervm CollectionsTest
 * @run main/othervm CollectionsTest -Xint
 * @run main/othervm CollectionsTest -XX:TieredStopAtLevel=1
 * @run main/othervm CollectionsTest -XX:-TieredCompilation
 */

import java.lang.persistent.Persistent;
import java.lang.persistent.PersistentHeap;
import java.lang.persistent.Txn;
import java.util.*;
import java.util.concurrent.*;
import java.util.function.Consumer;
import java.util.function.Supplier;

public class CollectionsTest {
    enum Key { A, B, C, D }

    record Point(int x, String name, List<Integer> more) {}

    static final class Item implements Comparable<Item> {
        final int number;
        String text;
        Item(int number) { this.number = number; this.text = "item " + number; }
        @Override public int compareTo(Item other) { return Integer.compare(number, other.number); }
        @Override public boolean equals(Object o) { return o instanceof Item i && i.number == number && i.text.equals(text); }
        @Override public int hashCode() { return number; }
        @Override public String toString() { return text; }
    }

    /** A structure, and what is done with it in each round. Lambdas run on a model as well. */
    record Case<T>(String name, Supplier<T> create, Round<T> round) {}

    interface Round<T> {
        void apply(T structure, int round);
    }

    static final List<Case<?>> CASES = new ArrayList<>();

    static <T> void add(String name, Supplier<T> create, Round<T> round) {
        CASES.add(new Case<>(name, create, round));
    }

    static void list(List<Object> list, int round) {
        for (int i = 0; i < 50; i++) {
            list.add(i % 2 == 0 ? "s" + i * round : (Object) new Item(i * round));
        }
        list.remove(round % 40);
        list.set(1, Key.C);
        list.addAll(3, List.of(1, 2L, 'c', round));
        list.sort(Comparator.comparing(String::valueOf));
        list.subList(5, 9).clear();
    }

    static void map(Map<String, Object> map, int round) {
        for (int i = 0; i < 100; i++) {
            map.put("key" + i * round, i % 3 == 0 ? "v" + round : i % 3 == 1 ? (Object) (i * round) : new Item(i));
        }
        map.remove("key0");
        map.merge("count", 1, (a, b) -> (Integer) a + 1);
        map.computeIfAbsent("list", k -> "absent " + k);
        map.keySet().removeIf(k -> k.endsWith("7"));
        map.replaceAll((k, v) -> v instanceof String s ? s + "." : v);
    }

    static void enumMap(Map<Key, Object> map, int round) {
        for (Key key : Key.values()) {
            map.put(key, key + " " + round);
        }
        map.remove(Key.values()[round % 4]);
    }

    static void set(Set<Object> set, int round) {
        for (int i = 0; i < 60; i++) {
            set.add("e" + i * round);
        }
        set.remove("e" + 2 * round);
        set.remove("nothing");
    }

    static void queue(Queue<Object> queue, int round) {
        for (int i = 0; i < 40; i++) {
            queue.add(new Item((i * 37) % 41 + round));
        }
        for (int i = 0; i < 25; i++) {
            queue.poll();
        }
        queue.remove(new Item(40));
    }

    static {
        add("ArrayList", ArrayList<Object>::new, CollectionsTest::list);
        add("ArrayList(0)", () -> new ArrayList<Object>(0), CollectionsTest::list);
        add("ArrayList, empty", ArrayList<Object>::new, (l, round) -> {
            if (round > 1) {
                l.add("once");
                l.remove("once");
            }
        });
        add("LinkedList", LinkedList<Object>::new, CollectionsTest::list);
        add("Vector", Vector<Object>::new, CollectionsTest::list);
        add("CopyOnWriteArrayList", CopyOnWriteArrayList<Object>::new, (l, round) -> {
            l.add("e" + round);
            l.addIfAbsent(Key.A);
            l.remove(0);
        });
        add("HashMap", HashMap<String, Object>::new, CollectionsTest::map);
        add("HashMap with enum keys", HashMap<Key, Object>::new, CollectionsTest::enumMap);
        add("HashMap with Class keys", HashMap<Class<?>, Object>::new, (m, round) -> {
            m.put(String.class, round);
            m.put(Item.class, "item");
            m.put(int[].class, Key.B);
            m.remove(round % 2 == 0 ? int[].class : Item.class);
        });
        add("LinkedHashMap", LinkedHashMap<String, Object>::new, CollectionsTest::map);
        add("LinkedHashMap in access order", () -> new LinkedHashMap<String, Object>(16, 0.75f, true), (m, round) -> {
            map(m, round);
            m.get("key1");
            m.get("key2");
        });
        add("TreeMap", TreeMap<String, Object>::new, CollectionsTest::map);
        add("TreeMap with enum keys", TreeMap<Key, Object>::new, CollectionsTest::enumMap);
        add("TreeMap, case insensitive", () -> new TreeMap<String, Object>(String.CASE_INSENSITIVE_ORDER), CollectionsTest::map);
        add("TreeMap, reversed", () -> new TreeMap<String, Object>(Comparator.reverseOrder()), CollectionsTest::map);
        add("EnumMap", () -> new EnumMap<Key, Object>(Key.class), CollectionsTest::enumMap);
        add("IdentityHashMap", IdentityHashMap<Key, Object>::new, CollectionsTest::enumMap);
        add("Hashtable", Hashtable<String, Object>::new, CollectionsTest::map);
        add("HashSet", HashSet<Object>::new, CollectionsTest::set);
        add("LinkedHashSet", LinkedHashSet<Object>::new, CollectionsTest::set);
        add("TreeSet", TreeSet<Object>::new, CollectionsTest::set);
        add("EnumSet", () -> EnumSet.of(Key.A), (s, round) -> {
            s.add(Key.values()[round % 4]);
            s.remove(Key.A);
        });
        add("BitSet", BitSet::new, (b, round) -> b.set(round * 100, round * 100 + 70));
        add("ArrayDeque", ArrayDeque<Object>::new, (d, round) -> {
            queue(d, round);
            d.addFirst("first " + round);
            d.pollLast();
        });
        add("PriorityQueue", PriorityQueue<Object>::new, CollectionsTest::queue);
        add("ConcurrentHashMap", ConcurrentHashMap<String, Object>::new, CollectionsTest::map);
        add("ConcurrentHashMap.newKeySet", ConcurrentHashMap::<Object>newKeySet, CollectionsTest::set);
        add("ConcurrentSkipListMap", ConcurrentSkipListMap<String, Object>::new, CollectionsTest::map);
        add("ConcurrentSkipListSet", ConcurrentSkipListSet<Object>::new, CollectionsTest::set);
        add("ConcurrentLinkedQueue", ConcurrentLinkedQueue<Object>::new, CollectionsTest::queue);
        add("ConcurrentLinkedDeque", ConcurrentLinkedDeque<Object>::new, CollectionsTest::queue);
        add("LinkedBlockingQueue", LinkedBlockingQueue<Object>::new, CollectionsTest::queue);
        add("LinkedBlockingDeque", LinkedBlockingDeque<Object>::new, CollectionsTest::queue);
        add("ArrayBlockingQueue", () -> new ArrayBlockingQueue<Object>(500), CollectionsTest::queue);
        add("PriorityBlockingQueue", PriorityBlockingQueue<Object>::new, CollectionsTest::queue);
        add("immutable", () -> new Object[5], (a, round) -> {
            a[0] = List.of();
            a[1] = List.of("a", round);
            a[2] = List.of(1, 2, 3, round);
            a[3] = Set.of("x", "y", "z");
            a[4] = Map.of("k", round, "l", Key.D);
        });
        add("immutable, empty", () -> new Object[4], (a, round) -> {
            a[0] = Set.of();
            a[1] = Map.of();
            a[2] = Collections.emptyList();
            a[3] = Collections.singletonMap("a", Optional.empty());
        });
        add("records", () -> new Point[3], (a, round) ->
            a[round % 3] = new Point(round, "p" + round, new ArrayList<>(List.of(round, 2))));
        add("nested", TreeMap<String, Map<Key, List<Object>>>::new, (m, round) -> {
            for (int i = 0; i < 10; i++) {
                m.computeIfAbsent("m" + i, k -> new EnumMap<>(Key.class))
                    .computeIfAbsent(Key.values()[(i + round) % 4], k -> new ArrayList<>())
                    .add(new Point(i, "r" + round, List.of()));
            }
        });
        add("StringBuilder", StringBuilder::new, (b, round) -> b.append("round ").append(round).append('\u4e16'));
        add("java.math and java.time", () -> new Object[4], (a, round) -> {
            a[0] = new java.math.BigInteger("123456789012345678901234567890").pow(round);
            a[1] = new java.math.BigDecimal("1.5").scaleByPowerOfTen(round);
            a[2] = java.time.LocalDateTime.of(2026, 11, 20, 22, round % 60);
            a[3] = java.time.Duration.ofSeconds(round);
        });
    }

    /** Queues and the like do not define equals. */
    static Object comparable(Object o) {
        return switch (o) {
            case PriorityQueue<?> q -> sorted(q);
            case PriorityBlockingQueue<?> q -> sorted(q);
            case LinkedHashMap<?, ?> m -> List.of(m.toString(), new ArrayList<>(m.entrySet()));
            case IdentityHashMap<?, ?> m -> new HashMap<>(m);
            case LinkedHashSet<?> s -> new ArrayList<>(s);
            case Queue<?> q -> List.of(q.toArray());
            case StringBuilder b -> b.toString();
            case Object[] a -> Arrays.asList(a);
            default -> o;
        };
    }

    static Object sorted(Collection<?> queue) {
        Object[] array = queue.toArray();
        Arrays.sort(array);
        return Arrays.asList(array);
    }

    static int failures;

    static <T> void round(Case<T> c, int round) {
        try {
            T model = c.create.get();
            for (int i = 1; i < round; i++) {
                c.round.apply(model, i);
            }
            T structure;
            if (round == 1) {
                structure = PersistentHeap.allocate(() -> c.create.get());
                PersistentHeap.setRoot(c.name, structure);
            } else {
                @SuppressWarnings("unchecked")
                T found = (T) PersistentHeap.root(c.name, Object.class);
                structure = found;
            }
            Heap.check(PersistentHeap.contains(structure), "persistent");
            Heap.equal(comparable(structure), comparable(model));
            // Rolled back: no trace.
            try (Txn txn = Txn.begin()) {
                PersistentHeap.allocate(() -> {
                    c.round.apply(structure, 99);
                    return null;
                });
            }
            Heap.equal(comparable(structure), comparable(model));
            c.round.apply(model, round);
            Txn.run(() -> PersistentHeap.allocate(() -> {
                c.round.apply(structure, round);
                return null;
            }));
            Heap.equal(comparable(structure), comparable(model));
        } catch (Throwable e) {
            System.out.println("FAILED " + c.name + ", round " + round + ": " + e);
            e.printStackTrace(System.out);
            failures++;
        }
    }

    public static void main(String[] args) throws Exception {
        if (args.length > 0 && args[0].equals("round")) {
            int number = Integer.parseInt(args[1]);
            for (Case<?> c : CASES) {
                round(c, number);
            }
            Heap.equal(failures, 0);
            return;
        }
        Heap heap = new Heap("collections", args);
        heap.run(CollectionsTest.class, "round", "1");
        heap.run(CollectionsTest.class, "round", "2");
        heap.with("-Xmx300m").run(CollectionsTest.class, "round", "3");
        heap.with("-XX:+UnlockDiagnosticVMOptions", "-XX:+PersistentHeapForceSwizzle", "-Xmx200m")
            .run(CollectionsTest.class, "round", "4");
        heap.with("-Xshare:off").run(CollectionsTest.class, "round", "5");
        heap.delete();
    }
}
