/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

/*
 * @test
 * @summary Heap dumps hold the objects of both heaps, with their values, and persistent ones are reachable in them
 * @library /test/lib
 * @modules java.management jdk.management
 * @build jdk.test.lib.hprof.HprofParser
 * @run main/othervm -XX:PersistentHeap=heap-dump -XX:PersistentHeapSize=64m -Xmx128m ObservabilityHeapDump
 * @run main/othervm -XX:PersistentHeap=heap-dump -Xmx128m -XX:+UseDynamicNumberOfGCThreads -XX:ParallelGCThreads=4
 *      ObservabilityHeapDump reopened
 */

import com.sun.management.HotSpotDiagnosticMXBean;
import java.lang.management.ManagementFactory;
import java.lang.persistent.Persistent;
import java.lang.persistent.PersistentHeap;
import java.lang.persistent.Txn;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.Collections;
import jdk.test.lib.hprof.model.JavaClass;
import jdk.test.lib.hprof.model.JavaHeapObject;
import jdk.test.lib.hprof.model.JavaObject;
import jdk.test.lib.hprof.model.JavaThing;
import jdk.test.lib.hprof.model.JavaValueArray;
import jdk.test.lib.hprof.model.Snapshot;
import jdk.test.lib.hprof.parser.Reader;

public class ObservabilityHeapDump {
    static final int COUNT = 500;

    static final class Item {
        int number;
        String text;
        int[] numbers;
        Item next;
    }

    static final class Uncommitted {
        Item item;
        int number;
    }

    static Uncommitted held;                // in P, reached from V only

    static void check(boolean ok, String what) {
        if (!ok) throw new AssertionError(what);
    }

    static int number(JavaThing object) {
        return Integer.parseInt(((JavaObject) object).getField("number").toString());
    }

    static void verify(Path dump, boolean uncommitted) throws Exception {
        try (Snapshot snapshot = Reader.readFile(dump.toString(), true, 0)) {
            snapshot.resolve(true);
            JavaClass type = snapshot.findClass(Item.class.getName());
            check(type != null, "the class is not in the dump");
            BitSet seen = new BitSet();
            for (JavaHeapObject o : Collections.list(type.getInstances(false))) {
                JavaObject item = (JavaObject) o;
                int number = number(item);
                check(!seen.get(number), "item " + number + " is in the dump twice");
                seen.set(number);
                check(item.getField("text").toString().equals("item " + number), "text of item " + number + ": " + item.getField("text"));
                JavaValueArray numbers = (JavaValueArray) item.getField("numbers");
                check(numbers.getLength() == 3 && numbers.getElements()[2].toString().equals("" + number * 2), "array of item " + number);
                if (number > 0) {
                    check(number(item.getField("next")) == number - 1, "reference of item " + number);
                } else {
                    check(!(item.getField("next") instanceof JavaObject), "reference of item 0");
                }
                if (number == COUNT / 2) {
                    check(snapshot.rootsetReferencesTo(item, false).length > 0, "no root leads to item " + number);
                }
            }
            check(seen.cardinality() == COUNT, seen.cardinality() + " items in " + dump);
            if (uncommitted) {
                type = snapshot.findClass(Uncommitted.class.getName());
                check(type.getInstancesCount(false) == 1, "uncommitted objects: " + type.getInstancesCount(false));
                JavaObject object = (JavaObject) type.getInstances(false).nextElement();
                check(number(object) == 77, "value in an uncommitted object");
                check(number(object.getField("item")) == COUNT - 1, "reference in an uncommitted object");
            }
        }
    }

    public static void main(String[] args) throws Exception {
        if (args.length == 0) {
            Txn.run(() -> {
                Item[] items = new @Persistent Item[COUNT];
                for (int i = 0; i < COUNT; i++) {
                    Item item = new @Persistent Item();
                    item.number = i;
                    item.text = "item " + i;
                    item.numbers = new @Persistent int[] {1, 2, i * 2};
                    if (i > 0) item.next = items[i - 1];
                    items[i] = item;
                }
                PersistentHeap.setRoot("items", items);
            });
            held = new @Persistent Uncommitted();
            held.number = 77;
            held.item = PersistentHeap.root("items", Item[].class)[COUNT - 1];
        }
        HotSpotDiagnosticMXBean bean = ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class);
        for (boolean live : new boolean[] {true, false}) {
            Path dump = Path.of("dump-" + args.length + live + ".hprof");
            bean.dumpHeap(dump.toString(), live);
            verify(dump, args.length == 0);
            Files.delete(dump);
        }
        // By several threads.
        Path dump = Path.of("dump-" + args.length + "parallel.hprof");
        Process p = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "jcmd").toString(),
                "" + ProcessHandle.current().pid(), "GC.heap_dump", "-parallel=3", dump.toAbsolutePath().toString()).inheritIO().start();
        check(p.waitFor() == 0, "jcmd: " + p.exitValue());
        verify(dump, args.length == 0);
        Files.delete(dump);
    }
}
