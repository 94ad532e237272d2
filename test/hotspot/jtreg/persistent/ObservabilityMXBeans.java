/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

/*
 * @test
 * @summary The memory pool "Persistent Heap", and the persistent heap's line where the Java heap is shown;
 *          neither is there without the flag
 * @modules java.management jdk.management
 * @build Observer
 * @run main/othervm -XX:PersistentHeap=heap-mxbeans -XX:PersistentHeapSize=64m -Xmx96m ObservabilityMXBeans with
 * @run main/othervm -XX:PersistentHeap=heap-mxbeans -XX:+ExplicitGCInvokesConcurrent -Xmx96m ObservabilityMXBeans with
 * @run main/othervm -XX:+UseG1GC ObservabilityMXBeans without
 */

import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.lang.management.MemoryUsage;
import java.lang.persistent.Persistent;
import java.lang.persistent.PersistentHeap;
import java.lang.persistent.Txn;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

public class ObservabilityMXBeans {
    static final class Root {
        Object garbage;
    }

    static final String LINE = "Persistent heap: heap-mxbeans (";

    static MemoryPoolMXBean pool() {
        for (MemoryPoolMXBean pool : ManagementFactory.getMemoryPoolMXBeans()) {
            if (pool.getName().equals("Persistent Heap")) return pool;
        }
        return null;
    }

    // What a VM with these options says at its end.
    static String run(String... options) throws Exception {
        List<String> line = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString()));
        line.addAll(List.of(options));
        line.add("-Xlog:gc+exit,gc+heap=debug");
        line.addAll(List.of("-cp", System.getProperty("test.class.path", System.getProperty("java.class.path")), "ObservabilityMXBeans"));
        Process p = new ProcessBuilder(line).redirectErrorStream(true).start();
        p.getOutputStream().close();
        String text = new String(p.getInputStream().readAllBytes());
        Observer.check(p.waitFor() == 0, "exit " + p.exitValue() + "\n" + text);
        return text;
    }

    static boolean hasLine(String text, String tags) {
        return text.lines().anyMatch(l -> l.contains(tags) && l.contains("Persistent heap: ") && l.contains("K used of "));
    }

    public static void main(String[] args) throws Exception {
        if (args.length == 0) {             // started by run
            System.gc();
            return;
        }
        MemoryPoolMXBean pool = pool();
        String info = Observer.dcmd("gcHeapInfo");
        if (args[0].equals("without")) {
            Observer.check(pool == null, "a pool without the flag");
            Observer.check(!info.contains("ersistent"), info);
            String text = run();
            Observer.check(!hasLine(text, "gc,exit") && !hasLine(text, "gc,heap"), text);
            return;
        }
        Observer.check(pool != null, "no pool");
        Observer.check(pool.getType() == MemoryType.NON_HEAP, "type " + pool.getType());
        Observer.check(Set.of(pool.getMemoryManagerNames()).equals(Set.of("G1 Old Generation", "G1 Concurrent GC")),
                "managers " + List.of(pool.getMemoryManagerNames()));
        Observer.check(pool.isUsageThresholdSupported() && pool.isCollectionUsageThresholdSupported(), "thresholds");
        Observer.check(ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getMax() == Runtime.getRuntime().maxMemory(),
                "the Java heap's usage counts the persistent heap");

        // Usage
        Root root = PersistentHeap.root("root", Root.class, () -> new @Persistent Root());
        Txn.run(() -> root.garbage = new @Persistent long[1_000_000]);
        long low = PersistentHeap.used();
        MemoryUsage usage = pool.getUsage();
        long high = PersistentHeap.used();
        Observer.check(low <= usage.getUsed() && usage.getUsed() <= high && low > 8_000_000, "used " + usage + ", in fact " + low + " to " + high);
        Observer.check(usage.getMax() == PersistentHeap.capacity() && usage.getCommitted() <= usage.getMax(), "capacity " + usage);
        Observer.check(pool.getPeakUsage().getUsed() >= low, "peak " + pool.getPeakUsage());
        Observer.check(ManagementFactory.getMemoryMXBean().getNonHeapMemoryUsage().getUsed() > low, "not part of the non-heap memory");

        // Usage after a collection
        Observer.dcmd("persistentheapGc");
        MemoryUsage after = pool.getCollectionUsage();
        Observer.check(after.getUsed() >= 8_000_000 && after.getUsed() <= PersistentHeap.used(), "after a collection " + after);
        Txn.run(() -> root.garbage = null);
        Observer.dcmd("persistentheapGc");
        after = pool.getCollectionUsage();
        Observer.check(after.getUsed() < low - 8_000_000, "after a collection " + after + ", before " + low);
        Observer.check(after.getUsed() <= pool.getUsage().getUsed() && after.getMax() == PersistentHeap.capacity(), "after a collection " + after);

        // Thresholds
        Observer.check(!pool.isUsageThresholdExceeded(), "threshold that was not set");
        pool.setUsageThreshold(1);
        Observer.check(pool.isUsageThresholdExceeded(), "usage threshold");
        pool.setCollectionUsageThreshold(PersistentHeap.capacity());
        Observer.check(!pool.isCollectionUsageThresholdExceeded(), "collection usage threshold that is not exceeded");
        pool.setCollectionUsageThreshold(1);
        Observer.dcmd("persistentheapGc");
        Observer.check(pool.isCollectionUsageThresholdExceeded(), "collection usage threshold");

        Observer.check(info.lines().filter(l -> l.contains(LINE)).count() == 1, info);
        String text = run("-XX:PersistentHeap=heap-mxbeans-2", "-XX:PersistentHeapSize=64m");
        Observer.check(hasLine(text, "gc,exit"), "at exit:\n" + text);
        Observer.check(hasLine(text, "gc,heap"), "before a collection:\n" + text);
    }
}
