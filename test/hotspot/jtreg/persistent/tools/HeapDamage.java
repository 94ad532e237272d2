/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

/*
 * @test
 * @summary Thousands of damaged heaps, for jheap and some for the VM: a sentence or the right answer, never a crash
 * @comment more with -Dpersistent.damage.heaps=10000 -Dpersistent.damage.vm=100; -Dpersistent.damage.seed=... repeats a run
 * @modules jdk.jheap
 * @build Tools Graph DamagedHeap
 * @run main/othervm/timeout=3000 --enable-native-access=jdk.jheap HeapDamage
 */

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.zip.CRC32;

public class HeapDamage {
    static final int HEAPS = Integer.getInteger("persistent.damage.heaps", 900);
    static final int VMS = Integer.getInteger("persistent.damage.vm", 10);
    static final long SEED = Long.getLong("persistent.damage.seed", 20261121L);

    static int refused;
    static int answered;
    static int repaired;
    static int refusedByVM;
    static int answeredByVM;

    /** Everything that the heap says: a dump of it. Its header has the time. */
    static long answer(Path heap) throws Exception {
        Path dump = Path.of("answer.hprof").toAbsolutePath();
        Files.deleteIfExists(dump);
        Tools.Result r = Tools.jheap("dump", heap, dump);
        if (r.exit() != 0) return -1;
        byte[] b = Files.readAllBytes(dump);
        CRC32 crc = new CRC32();
        crc.update(b, 31, b.length - 31);
        return crc.getValue();
    }

    static boolean isSentence(String out, Path heap) {
        return out.contains(heap.toString()) && !out.contains("Exception") && !out.contains("\tat ") && !out.contains("Error:");
    }

    static void run(Path heap, Random random, int count, int vms) throws Exception {
        try (DamagedHeap h = new DamagedHeap(heap)) {
            long right = answer(heap);
            Tools.check(right != -1, "the heap is not whole to begin with: %s", Tools.jheap("verify", heap).out());
            // What a log that ends early may say.
            Set<Long> prefixes = new HashSet<>();
            for (int i = 0; i <= h.records.size(); i++) {
                h.cutRecords(i);
                prefixes.add(answer(heap));
                h.restore();
            }
            Tools.check(!prefixes.contains(-1L) && prefixes.contains(right), "prefixes of the log");
            int last = h.records.isEmpty() ? -1 : h.records.get(h.records.size() - 1).at();
            System.out.println(heap.getFileName() + ": " + h.records.size() + " records, " + prefixes.size() + " states");
            for (int i = 0; i < count; i++) {
                if (i > 0 && i % 500 == 0) System.out.println(i + " heaps");
                h.damage(random);
                String what = "heap " + i + ", " + h.damage();
                try {
                    Tools.Result r = Tools.jheap("verify", "-cp", Tools.CLASSES, heap);
                    if (r.exit() == 1) {
                        refused++;
                        Tools.check(isSentence(r.out(), heap), "%s: no sentence:%n%s", what, r.out());
                    } else {
                        answered++;
                        Tools.check(r.exit() == 0 && r.out().contains("no problems"), "%s: exit %d%n%s", what, r.exit(), r.out());
                    }
                    if (h.checked && r.exit() == 0) {
                        long a = answer(heap);
                        Tools.check(a == right || prefixes.contains(a), "%s: a wrong answer", what);
                        // Only of the last record it cannot be known that it was durable.
                        if (h.single >= 0 && h.single < last) Tools.check(a == right, "%s: a durable record was dropped", what);
                    }
                    if (vms > 0 && i % Math.max(1, count / vms) == 0) vm(h, what, r);
                    if (r.exit() == 1 && i % 20 == 0) repair(heap, what);
                } catch (RuntimeException | Error e) {
                    throw new AssertionError("seed " + SEED + ", " + what, e);
                } finally {
                    h.restore();
                }
            }
            Tools.check(answer(heap) == right, "the heap was not restored");
        }
    }

    static void repair(Path heap, String what) throws Exception {
        Path to = Path.of("repaired").toAbsolutePath();
        Tools.Result r = Tools.jheap("repair", "-cp", Tools.CLASSES, heap, to);
        boolean salvaged = r.out().contains("salvaged to");
        Tools.check(r.exit() == 1 && isSentence(r.out(), heap) && (salvaged || r.out().lines().count() == 1) &&
                    !r.out().contains("the copy is not good"), "%s: repair: exit %d%n%s", what, r.exit(), r.out());
        if (salvaged) {
            repaired++;
            Tools.expect(what + ": repaired", Tools.jheap("verify", "-cp", Tools.CLASSES, to), 0, "no problems");
        }
        for (String n : new String[] {"data", "log"}) Files.deleteIfExists(to.resolve(n));
    }

    static void vm(DamagedHeap h, String what, Tools.Result jheap) throws Exception {
        Path copy = Path.of("for-the-vm").toAbsolutePath();
        h.copyTo(copy);
        Tools.Result r = Tools.finish(Tools.start(copy, Graph.class,
            List.of("-XX:+UnlockDiagnosticVMOptions", "-XX:+PersistentHeapVerify", "-Xshare:auto"), "show"));
        boolean opened = r.out().lines().anyMatch(l -> l.startsWith("sum ") || l.startsWith("program: "));
        Tools.check(opened && (r.exit() == 0 || r.exit() == 3) || !opened && r.exit() == 1 && r.out().contains(copy.toString()) &&
                    !r.out().contains("# ") && !r.out().contains("Exception in thread"),
                    "%s: the VM ends with exit %d:%n%s%njheap says:%n%s", what, r.exit(), r.out(), jheap.out());
        if (opened) {
            answeredByVM++;
        } else {
            refusedByVM++;
            Tools.check(jheap.exit() == 1, "%s: the VM refuses what jheap takes for good:%n%s", what, r.out());
        }
        for (String n : new String[] {"data", "log", "lock"}) Files.deleteIfExists(copy.resolve(n));
    }

    public static void main(String[] args) throws Exception {
        Path crashed = Path.of("crashed").toAbsolutePath();
        DamagedHeap.create(crashed, 60);
        Path closed = Path.of("closed").toAbsolutePath();
        Files.createDirectory(closed);
        for (String n : new String[] {"data", "log"}) Files.copy(crashed.resolve(n), closed.resolve(n), StandardCopyOption.COPY_ATTRIBUTES);
        Tools.expect("show", Tools.finish(Tools.start(closed, Graph.class, List.of(), "show")), 0, "sum ");
        Random random = new Random(SEED);
        run(crashed, random, HEAPS - HEAPS / 3, VMS - VMS / 3);
        run(closed, random, HEAPS / 3, VMS / 3);
        System.out.println("jheap: " + refused + " refused, " + answered + " right or not covered, " + repaired + " repaired; VM: " +
                           refusedByVM + " refused, " + answeredByVM + " opened");
        Tools.check(refused > HEAPS / 10 && answered > HEAPS / 10, "one answer to everything");
    }
}
