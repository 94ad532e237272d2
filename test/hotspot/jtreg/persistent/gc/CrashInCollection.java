/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

/*
 * @test
 * @summary A process that ends at any point of a collection or evacuation leaves its last committed state
 * @run main/timeout=600 CrashInCollection
 */

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.lang.persistent.Persistent;
import java.lang.persistent.PersistentHeap;
import java.lang.persistent.Txn;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;

public class CrashInCollection {
    static final int SLOTS = 20_000;
    static final int LARGE = 22;

    static final class Node {
        int id;
        String name;
        byte[] data;
        Node other;
        transient Object cache;
    }

    // The same in the persistent heap and, as the model, outside.
    static final class State {
        int round;
        Node[] table;
        byte[][] large;
    }

    static State make(boolean persistent) {
        State s = persistent ? new @Persistent State() : new State();
        s.table = persistent ? new @Persistent Node[SLOTS] : new Node[SLOTS];
        return s;
    }

    static byte[] bytes(boolean persistent, int length, int seed) {
        byte[] b = persistent ? new @Persistent byte[length] : new byte[length];
        for (int i = 0; i < length; i += 97) b[i] = (byte) (seed + i);
        return b;
    }

    // One transaction: what it does depends on the round only.
    static void round(State s, boolean persistent) {
        int round = s.round + 1;
        Random random = new Random(round);
        s.large = null;
        if (round % 8 == 0) {
            // One of ten stays: holes everywhere.
            for (int i = 0; i < SLOTS; i++) {
                if (i % 10 != round / 8 % 10) s.table[i] = null;
            }
        } else if (round % 8 == 1 && round > 1) {
            // Only fits if objects move together.
            s.large = persistent ? new byte @Persistent [LARGE][] : new byte[LARGE][];
            for (int i = 0; i < LARGE; i++) s.large[i] = bytes(persistent, 1 << 20, round + i);
        } else {
            for (int n = 0; n < SLOTS; n++) {
                int i = random.nextInt(SLOTS);
                Node node = persistent ? new @Persistent Node() : new Node();
                node.id = round * 100_000 + n;
                node.name = n % 500 == 0 ? "node " + n + " of " + round : null;
                node.data = bytes(persistent, n % 2000 == 0 ? random.nextInt(60_000) : random.nextInt(120), node.id);
                node.cache = n % 7 == 0 ? List.of(node.id) : null;
                node.other = s.table[random.nextInt(SLOTS)];
                if (node.other != null) node.other.other = null;
                s.table[i] = node;
            }
        }
        s.round = round;
    }

    static void compare(State p, State v) {
        check(p.round == v.round, "round");
        check((p.large == null) == (v.large == null) && (p.large == null || Arrays.deepEquals(p.large, v.large)), "large");
        for (int i = 0; i < SLOTS; i++) compare(p.table[i], v.table[i], i, true);
    }

    static void compare(Node p, Node v, int i, boolean deep) {
        check((p == null) == (v == null), "slot " + i);
        if (p == null) return;
        check(p.id == v.id, "id in slot " + i);
        check(p.name == null ? v.name == null : p.name.equals(v.name), "name in slot " + i);
        check(Arrays.equals(p.data, v.data), "data in slot " + i);
        if (p.cache != null) check(((List<?>) p.cache).get(0).equals(p.id), "cache in slot " + i);
        if (deep) compare(p.other, v.other, i, false);
    }

    static void check(boolean ok, String what) {
        if (!ok) throw new AssertionError(what);
    }

    // ---- The process that is killed ----

    static void work(int rounds) {
        State s = PersistentHeap.root("state", State.class, () -> make(true));
        // Whatever the last process left is what its last round made of it.
        State model = make(false);
        while (model.round < s.round) round(model, false);
        compare(s, model);
        System.out.println("round " + s.round);
        for (int n = 0; n < rounds; n++) {
            Txn.run(() -> round(s, true));
            System.out.println("round " + s.round);
            if (s.round % 8 == 0) PersistentHeap.gc();
        }
        while (model.round < s.round) round(model, false);
        compare(s, model);
        System.out.println("done");
    }

    // ---- The test ----

    static List<String> run(String heap, String... options) throws Exception {
        List<String> command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp", System.getProperty("java.class.path"), "-Xmx128m", "-XX:+UnlockDiagnosticVMOptions",
                "-XX:PersistentHeap=" + heap, "-XX:PersistentHeapSize=32m", "-Xlog:pheap+gc=info", "-XX:+PersistentHeapAudit", "-XX:PersistentHeapOccupancyPercent=100"));
        command.addAll(List.of(options));
        command.addAll(List.of("CrashInCollection", "work", "20"));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        List<String> lines = new ArrayList<>();
        try (BufferedReader out = new BufferedReader(new InputStreamReader(process.getInputStream()))) {
            for (String line; (line = out.readLine()) != null; ) lines.add(line);
        }
        lines.add("exit " + process.waitFor());
        return lines;
    }

    static int lastRound(List<String> lines) {
        int round = -1;
        for (String line : lines) {
            if (line.startsWith("round ")) round = Integer.parseInt(line.substring(6));
        }
        return round;
    }

    public static void main(String[] args) throws Exception {
        if (args.length > 0) {
            work(Integer.parseInt(args[1]));
            return;
        }
        String[] points = {
            "gc-begin", "gc-marked", "gc-sweep", "gc-publish", "gc-published",
            "evacuate-select", "evacuate-adjusted", "evacuate-move", "evacuate-moved", "evacuate-logged"
        };
        Set<String> reached = new TreeSet<>();
        Random random = new Random(4711);
        for (String mode : new String[] {"full", "concurrent"}) {
            String heap = "heap-" + mode;
            int acknowledged = -1;
            for (String point : points) {
                if (mode.equals("concurrent") && point.startsWith("evacuate")) continue;
                int nth = 1 + random.nextInt(point.equals("gc-sweep") ? 60 : point.equals("evacuate-move") ? 1000 : 2);
                List<String> lines = mode.equals("full")
                        ? run(heap, "-XX:PersistentHeapKillAt=" + point + ":" + nth)
                        : run(heap, "-XX:PersistentHeapKillAt=" + point + ":" + nth, "-XX:+ExplicitGCInvokesConcurrent",
                              "-XX:PersistentHeapOccupancyPercent=30");
                String exit = lines.get(lines.size() - 1);
                System.out.println(mode + " " + point + ":" + nth + " " + exit + ", round " + lastRound(lines));
                if (!exit.equals("exit 137") && !exit.equals("exit 0")) {
                    lines.forEach(System.out::println);
                    throw new AssertionError(exit);
                }
                if (exit.equals("exit 137")) reached.add(mode + " " + point);
                check(lastRound(lines) >= acknowledged, "acknowledged round " + acknowledged + " is lost");
                acknowledged = lastRound(lines);
            }
            List<String> lines = run(heap);
            if (!lines.contains("exit 0") || !lines.contains("done")) {
                lines.forEach(System.out::println);
                throw new AssertionError("the last run");
            }
        }
        System.out.println("killed at " + reached);
        check(reached.size() == points.length + 5, "points that were never reached: only " + reached);
    }
}
