/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

/*
 * @test
 * @summary Old objects of the ordinary heap behind references from P: concurrent cycles without P mark them, cycles with P
 *          let those of dead holders go, and leave remark little to look at
 * @library /test/lib
 * @build jdk.test.whitebox.WhiteBox
 * @run driver jdk.test.lib.helpers.ClassFileInstaller jdk.test.whitebox.WhiteBox
 * @run main/othervm/timeout=300 -Xbootclasspath/a:. -XX:+UnlockDiagnosticVMOptions -XX:+WhiteBoxAPI -XX:PersistentHeap=fast
 *      -XX:PersistentHeapSize=64m -Xmx128m -XX:PersistentHeapMedia=memory -XX:PersistentHeapOccupancyPercent=90
 *      -XX:+ExplicitGCInvokesConcurrent -Xlog:pheap+gc=debug:file=gc.log OldTargets
 * @run main/othervm/timeout=300 -Xbootclasspath/a:. -XX:+UnlockDiagnosticVMOptions -XX:+WhiteBoxAPI -XX:PersistentHeap=verify
 *      -XX:PersistentHeapSize=64m -Xmx128m -XX:PersistentHeapMedia=memory -XX:PersistentHeapOccupancyPercent=90
 *      -XX:+VerifyDuringGC -XX:+VerifyAfterGC -XX:-TieredCompilation
 *      -XX:+ExplicitGCInvokesConcurrent -Xlog:pheap+gc=debug:file=gc.log OldTargets
 */

import java.lang.persistent.Persistent;
import java.lang.persistent.PersistentHeap;
import java.lang.persistent.Txn;
import java.lang.ref.WeakReference;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import jdk.test.whitebox.WhiteBox;

public class OldTargets {
    static final WhiteBox WB = WhiteBox.getWhiteBox();
    static final int COUNT = 20_000;

    static final class Holder {
        final int id;
        transient Payload payload;
        Holder(int id) { this.id = id; }
    }

    /** Of the ordinary heap. */
    static final class Payload {
        final int id;
        final int[] data;
        Payload(int id) {
            this.id = id;
            data = new int[100 + id % 50];
            Arrays.fill(data, id);
        }
    }

    static final class Root {
        final Holder[] holders = new @Persistent Holder[COUNT];
    }

    static final Random random = new Random(5);
    static final int[] expected = new int[COUNT];     // the payload's id, or -1
    static Root root;
    static Payload taken;
    static Object sink;

    static void verify() {
        for (int i = 0; i < COUNT; i++) {
            Payload p = root.holders[i].payload;
            if (expected[i] < 0) {
                if (p != null) throw new AssertionError("holder " + i + " should have no payload");
                continue;
            }
            if (p == null || p.id != expected[i]) throw new AssertionError("holder " + i + " lost payload " + expected[i]);
            for (int d : p.data) {
                if (d != expected[i]) throw new AssertionError("payload " + expected[i] + " was overwritten by " + d);
            }
        }
    }

    static void allocate(int megabytes) {
        for (int i = 0; i < megabytes * 100; i++) {
            int[] a = new int[2500];
            Arrays.fill(a, -1);
            sink = a;
        }
    }

    /** The only reference to a payload goes through a local variable from one holder to another. */
    static void move(int times) {
        for (int n = 0; n < times; n++) {
            int from = random.nextInt(COUNT);
            int to = random.nextInt(COUNT);
            if (from == to) continue;
            Txn.run(() -> {
                taken = root.holders[from].payload;
                root.holders[from].payload = null;
            });
            if (n % 100 == 0) allocate(1);
            Txn.run(() -> root.holders[to].payload = taken);
            taken = null;
            expected[to] = expected[from];
            expected[from] = -1;
        }
        // Undone: what is there meanwhile is nobody's.
        try (Txn txn = Txn.begin()) {
            for (int n = 0; n < 100; n++) root.holders[random.nextInt(COUNT)].payload = null;
            txn.rollback();
        }
    }

    static void fill(int from) {
        for (int i = 0; i < COUNT; i += 1000) {
            final int first = i;
            Txn.run(() -> {
                for (int j = first; j < first + 1000; j++) {
                    if (root.holders[j].payload == null) {
                        root.holders[j].payload = new Payload(from + j);
                        expected[j] = from + j;
                    }
                }
            });
        }
        WB.youngGC();
        WB.fullGC();            // they are old now
    }

    /** What one concurrent cycle of P has said in the log since. */
    static int leftForRemark(int cycle) throws Exception {
        Pattern pattern = Pattern.compile("Preclean: (\\d+) references");
        List<Integer> found = Files.readAllLines(Path.of("gc.log")).stream().map(pattern::matcher).filter(Matcher::find)
                .map(m -> Integer.parseInt(m.group(1))).toList();
        if (found.size() <= cycle) throw new AssertionError("cycle " + cycle + " of P has not looked at its references: " + found);
        return found.get(found.size() - 1);
    }

    public static void main(String[] args) throws Exception {
        root = PersistentHeap.root("root", Root.class, () -> {
            Root r = new @Persistent Root();
            for (int i = 0; i < COUNT; i++) r.holders[i] = new @Persistent Holder(i);
            return r;
        });
        Arrays.fill(expected, -1);

        // Without P: its references are roots.
        for (int cycle = 0; cycle < 4; cycle++) {
            fill(cycle * COUNT);
            WB.concurrentGCAcquireControl();
            WB.concurrentGCRunTo(WB.AFTER_MARKING_STARTED);
            move(1000);
            allocate(20);
            WB.concurrentGCRunTo(WB.BEFORE_MARKING_COMPLETED);
            move(1000);
            WB.concurrentGCRunToIdle();
            WB.concurrentGCReleaseControl();
            allocate(100);      // where something was given free
            verify();
        }

        // With P: a third of the holders is replaced, and their payloads go.
        for (int cycle = 0; cycle < 4; cycle++) {
            fill((10 + cycle) * COUNT);
            WeakReference<?>[] dead = new WeakReference<?>[COUNT / 3];
            for (int i = 0; i < dead.length; i++) dead[i] = new WeakReference<>(root.holders[i].payload);
            WB.youngGC();
            WB.fullGC();
            Txn.run(() -> {
                for (int i = 0; i < dead.length; i++) {
                    root.holders[i] = new @Persistent Holder(i);
                    expected[i] = -1;
                }
            });
            Thread mover = Thread.ofPlatform().start(() -> move(2000));
            System.gc();
            mover.join();
            int left = leftForRemark(cycle);
            System.out.println("cycle " + cycle + ": " + left + " of " + COUNT + " left for remark");
            if (left < dead.length * 9 / 10) throw new AssertionError("references of dead holders were not found: " + left);
            if (left > COUNT / 2) throw new AssertionError("references of live holders were not marked by then: " + left);
            allocate(100);
            verify();
            long kept = Arrays.stream(dead).filter(r -> !r.refersTo(null)).count();
            if (kept > 0) throw new AssertionError(kept + " payloads of dead holders were kept");
        }
        System.gc();
        verify();
    }
}
