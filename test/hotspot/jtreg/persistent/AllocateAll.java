/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

/*
 * @test
 * @summary -XX:+PersistentAllocateAll: what threads allocate is persistent and audited while the program runs
 * @requires vm.debug
 * @library /test/lib
 * @run main/othervm/timeout=600 AllocateAll
 */

import java.lang.persistent.PersistentHeap;
import java.lang.persistent.Txn;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

import jdk.test.lib.process.OutputAnalyzer;
import jdk.test.lib.process.ProcessTools;

public class AllocateAll {
    public static class Program {
        static volatile Object sink;
        static final Map<Object, Object> shared = new ConcurrentHashMap<>();

        static void check(boolean ok, String what) {
            if (!ok) throw new AssertionError(what);
        }

        // A model in each kind of collection; they have to agree.
        static void collections(long seed, int steps) {
            Random random = new Random(seed);
            Map<Integer, String> hash = new HashMap<>(), tree = new TreeMap<>(), skip = new ConcurrentSkipListMap<>();
            List<Integer> list = new ArrayList<>();
            ArrayDeque<Integer> deque = new ArrayDeque<>();
            BitSet bits = new BitSet();
            for (int n = 0; n < steps; n++) {
                int key = random.nextInt(300);
                if (random.nextInt(3) == 0) {
                    hash.remove(key); tree.remove(key); skip.remove(key); bits.clear(key);
                    if (!deque.isEmpty()) deque.pollFirst();
                } else {
                    String text = "v" + n;
                    hash.put(key, text); tree.put(key, text); skip.put(key, text); bits.set(key);
                    deque.addLast(key);
                    list.add(key);
                }
                shared.put(key, seed);
            }
            check(hash.equals(tree) && tree.equals(skip), "maps differ");
            check(bits.cardinality() == hash.size(), "bits differ");
            Integer[] boxes = list.toArray(new Integer[0]);
            Arrays.sort(boxes);
            Collections.sort(list);
            check(Arrays.asList(boxes).equals(list), "sorted lists differ");
            int[] ints = list.stream().mapToInt(i -> i).toArray();
            int[] copy = Arrays.copyOf(ints, ints.length * 2);
            System.arraycopy(copy, 0, copy, 3, ints.length);
            check(Arrays.equals(ints, 0, ints.length, copy, 3, ints.length + 3), "copies differ");
            String joined = IntStream.of(ints).mapToObj(Integer::toString).collect(Collectors.joining(","));
            check(joined.split(",").length == ints.length, "strings differ");
        }

        public static void main(String[] args) throws Exception {
            sink = new Object();
            check(PersistentHeap.contains(sink), "an object is volatile");
            check(PersistentHeap.contains(new int[3]), "an array is volatile");
            check(!PersistentHeap.contains(Thread.currentThread()), "a thread is persistent");
            check(!PersistentHeap.contains(new Thread(() -> {})), "a thread is persistent");
            Thread[] threads = new Thread[3];
            Throwable[] failed = new Throwable[1];
            int rounds = Integer.getInteger("rounds", 20);
            for (int t = 0; t < threads.length; t++) {
                int seed = t;
                threads[t] = new Thread(() -> {
                    try {
                        for (int round = 0; round < rounds; round++) collections(seed * 100 + round, 500);
                        check(PersistentHeap.contains(new Object()) || rounds > 20, "a thread's object is volatile");
                    } catch (Throwable e) {
                        failed[0] = e;
                    }
                });
                threads[t].start();
            }
            for (Thread t : threads) t.join();
            if (failed[0] != null) throw new AssertionError(failed[0]);
            Thread v = Thread.ofVirtual().start(() -> collections(9, 300));
            v.join();
            // The program's own transactions are what they always are.
            int[] counter = new int[1];
            try (Txn txn = Txn.begin()) {
                counter[0] = 5;
                txn.rollback();
            }
            check(counter[0] == 0 || !PersistentHeap.contains(counter), "not rolled back");
            Txn.run(() -> counter[0] = 6);
            check(counter[0] == 6, "not committed");
            System.gc();
            collections(77, 500);
            System.out.println("Program done");
        }
    }

    static OutputAnalyzer run(String... flags) throws Exception {
        List<String> command = new ArrayList<>(List.of("-Xmx256m", "-XX:PersistentHeap=heap-%p",
            "-XX:PersistentHeapSize=256m", "-XX:PersistentHeapLogSize=16m", "-XX:+UnlockDiagnosticVMOptions",
            "-XX:+PersistentAllocateAll", "-XX:+PersistentHeapAudit", "-XX:-CreateCoredumpOnCrash"));
        command.addAll(List.of(flags));
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), "AllocateAll$Program"));
        OutputAnalyzer out = new OutputAnalyzer(ProcessTools.createLimitedTestJavaProcessBuilder(command).start());
        System.out.println(Arrays.toString(flags) + ": " + out.getExitValue());
        return out;
    }

    static void clean(OutputAnalyzer out) {
        out.shouldHaveExitValue(0).shouldContain("Program done");
        Matcher m = Pattern.compile("audit: (\\d+) persistent objects, 0 differences").matcher(out.getOutput());
        if (!m.find()) throw new AssertionError("no audit in " + out.getOutput());
        // What is live after a collection, and what came after it.
        if (Integer.parseInt(m.group(1)) < 2_000) throw new AssertionError("only " + m.group());
    }

    public static void main(String[] args) throws Exception {
        clean(run("-XX:PersistentHeapAuditInterval=50"));
        clean(run("-Xint"));
        clean(run("-XX:TieredStopAtLevel=1", "-Xmn8m"));
        clean(run("-XX:-TieredCompilation", "-XX:+VerifyAfterGC"));
        clean(run("-XX:PersistentHeapSize=32m", "-Drounds=100"));       // P is full soon: the rest goes to V
        // And it sees a barrier that is left out, without waiting for the end.
        OutputAnalyzer broken = run("-XX:PersistentHeapAuditInterval=50", "-XX:PersistentHeapSkipBarrier=interpreter");
        broken.shouldNotHaveExitValue(0).shouldContain("memory and media differ").shouldNotContain("Program done");
    }
}
