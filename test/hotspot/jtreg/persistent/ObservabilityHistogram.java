/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

/*
 * @test
 * @summary PersistentHeap.histogram counts the objects of the persistent heap, whatever reaches them, and nothing else;
 *          GC.class_histogram counts both heaps; PersistentHeap.gc frees what is unlinked
 * @modules java.management
 * @build Observer
 * @run main/othervm -XX:PersistentHeap=heap-histogram -XX:PersistentHeapSize=64m -Xmx96m ObservabilityHistogram
 * @run main/othervm -XX:PersistentHeap=heap-histogram -Xmx96m ObservabilityHistogram reopened
 * @run main/othervm ObservabilityHistogram without
 */

import java.lang.persistent.Persistent;
import java.lang.persistent.PersistentHeap;
import java.lang.persistent.Txn;
import java.lang.ref.Reference;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

public class ObservabilityHistogram {
    static class Node {
        Node next;
        int number;
        Object other;
    }

    static final class Root extends Node {
        long[] array;
    }

    static class Unused {}

    static List<Object> held = new ArrayList<>();

    static Map<String, Observer.Line> persistent(String... arguments) throws Exception {
        return Observer.histogram(Observer.dcmd("persistentheapHistogram", arguments));
    }

    static void expect(Map<String, Observer.Line> histogram, Class<?> type, long instances) {
        Observer.Line line = histogram.get(type.getName());
        long found = line == null ? 0 : line.instances();
        Observer.check(found == instances, found + " instances of " + type.getName() + ", expected " + instances);
    }

    static Node list(int n) {
        Node list = null;
        for (int i = 0; i < n; i++) {
            Node node = new @Persistent Node();
            node.number = i;
            node.next = list;
            list = node;
        }
        return list;
    }

    public static void main(String[] args) throws Exception {
        if (args.length > 0 && args[0].equals("without")) {
            for (String command : new String[] {"persistentheapHistogram", "persistentheapGc"}) {
                String text = Observer.dcmd(command);
                Observer.check(text.startsWith("No persistent heap"), command + " without the flag: " + text);
            }
            return;
        }
        if (args.length > 0) {
            Map<String, Observer.Line> h = persistent();
            expect(h, Root.class, 1);
            expect(h, Node.class, 300);
            expect(h, Unused.class, 0);
            return;
        }
        Root root = PersistentHeap.root("root", Root.class, () -> new @Persistent Root());
        Txn.run(() -> {
            root.next = list(1000);
            root.array = new @Persistent long[10_001];
        });
        expect(persistent(), Node.class, 1000);

        // Reached from the ordinary heap, a stack, and an open transaction only.
        held.add(list(20));
        held.add(new Object[] {list(3)});
        Node local = list(5);
        for (int i = 0; i < 7; i++) held.add(new Node());
        held.add(new Unused());
        try (Txn txn = Txn.begin()) {
            root.next.other = list(2);
            Node cut = root.next;
            root.next = null;               // a rollback could bring it back
            cut = null;
            for (String[] arguments : new String[][] {{}, {"-all"}}) {
                Map<String, Observer.Line> h = persistent(arguments);
                expect(h, Node.class, 1000 + 20 + 3 + 5 + 2);
                expect(h, Root.class, 1);
                expect(h, Unused.class, 0);
                Observer.Line arrays = h.get("[J");
                Observer.check(arrays != null && arrays.instances() == 1 && arrays.bytes() > 80_008 && arrays.bytes() <= 80_032,
                        "long arrays: " + arrays);
            }
            Map<String, Observer.Line> both = Observer.histogram(Observer.dcmd("gcClassHistogram"));
            expect(both, Node.class, 1000 + 20 + 3 + 5 + 2 + 7);
            expect(both, Unused.class, 1);
            both = Observer.histogram(Observer.dcmd("gcClassHistogram", "-parallel=2"));
            expect(both, Node.class, 1000 + 20 + 3 + 5 + 2 + 7);
            txn.rollback();
        }
        Reference.reachabilityFence(local);
        local = null;

        // Unlinked, in both heaps.
        held.clear();
        Txn.run(() -> {
            Node last = root.next;
            for (int i = 1; i < 300; i++) last = last.next;
            last.next = null;
        });
        expect(persistent(), Node.class, 300);

        // Several megabytes of garbage.
        Txn.run(() -> root.other = list(200_000));
        Txn.run(() -> root.other = null);
        long used = PersistentHeap.used();
        String text = Observer.dcmd("persistentheapGc");
        Matcher m = Pattern.compile("Persistent heap: (\\d+)K used before, (\\d+)K after, of (\\d+)K").matcher(text.strip());
        Observer.check(m.matches(), text);
        long before = Long.parseLong(m.group(1));
        long after = Long.parseLong(m.group(2));
        Observer.check(before >= used / 1024, "before " + text + ", used " + used);
        Observer.check(before - after > 4000, "little was freed: " + text);
        Observer.check(Long.parseLong(m.group(3)) >= before && Long.parseLong(m.group(3)) <= PersistentHeap.capacity() / 1024, "capacity " + text);
        expect(persistent(), Node.class, 300);
    }
}
