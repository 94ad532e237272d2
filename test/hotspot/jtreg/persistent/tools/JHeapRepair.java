/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

/*
 * @test
 * @summary jheap verify says what is wrong and where; jheap repair salvages the rest, and the VM opens it
 * @modules jdk.jheap
 * @build Tools Graph DamagedHeap
 * @run main/othervm/timeout=600 --enable-native-access=jdk.jheap JHeapRepair
 */

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

public class JHeapRepair {
    static final List<String> SMALL = List.of("-XX:PersistentHeapSize=32m", "-XX:PersistentHeapLogSize=1m");
    static int cases;

    static byte[] word(int v) {
        return ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(v).array();
    }

    static Tools.Result show(Path heap) throws Exception {
        return Tools.finish(Tools.start(heap, Graph.class, List.of("-XX:+UnlockDiagnosticVMOptions", "-XX:+PersistentHeapVerify"), "show"));
    }

    static long objects(String out) {
        Matcher m = Pattern.compile("(\\d+) objects").matcher(out);
        Tools.check(m.find(), "no count of objects:%n%s", out);
        return Long.parseLong(m.group(1));
    }

    /** The damage is done. What the VM shows of the repaired heap is exactly sum, if that is not null. */
    static void repair(DamagedHeap h, String name, String sum, long objects, String... parts) throws Exception {
        Path heap = h.dir;
        Tools.Result v = Tools.jheap("verify", "-cp", Tools.CLASSES, heap);
        Tools.expect(name, v, 1, parts);
        // The VM agrees. It gets a copy: it changes what it opens.
        Path other = Path.of(name + "-vm").toAbsolutePath();
        h.copyTo(other);
        Tools.Result refused = show(other);
        Tools.expect(name + " in the VM", refused, 1, other.toString());
        Tools.check(refused.out().lines().noneMatch(l -> l.startsWith("sum ")), "%s: the VM opens it", name);
        Path to = Path.of(name + "-repaired").toAbsolutePath();
        Tools.Result r = Tools.jheap("repair", heap, to);
        Tools.expect(name + " repair", r, 1, "salvaged to", "lost is");
        Tools.check(objects(r.out()) >= objects, "%s: too few objects:%n%s", name, r.out());
        Tools.expect(name + " repaired", Tools.jheap("verify", "-cp", Tools.CLASSES, to), 0, "no problems");
        Tools.Result s = show(to);
        Tools.check(s.exit() == 0 || s.exit() == 3, "%s: the VM does not open what was repaired:%n%s", name, s.out());
        if (sum != null) Tools.check(s.out().equals(sum), "%s: %s instead of %s", name, s.out(), sum);
        for (Path p : new Path[] {other, to}) {
            for (String n : new String[] {"data", "log", "lock"}) Files.deleteIfExists(p.resolve(n));
        }
        h.restore();
        cases++;
    }

    public static void main(String[] args) throws Exception {
        Path heap = Path.of("heap").toAbsolutePath();
        Tools.expect("build", Tools.finish(Tools.start(heap, Graph.class, SMALL, "build")), 0);
        Tools.expect("crash", Tools.finish(Tools.start(heap, Graph.class, List.of(), "crash", "100")), 137);
        String sum;
        try {
            Tools.Result s = show(heap);
            Tools.expect("show", s, 0, "sum ");
            sum = s.out();
        } finally {
            Files.deleteIfExists(heap.resolve("lock"));
        }
        long all = objects(Tools.jheap("verify", heap).out());
        Matcher m = Pattern.compile("graph: Graph\\$Root at 0x([0-9a-f]+)").matcher(Tools.jheap("roots", heap).out());
        Tools.check(m.find(), "no root");
        int root = (int) (Long.parseLong(m.group(1), 16) - (4L << 30)) + DamagedHeap.OBJECTS;
        try (DamagedHeap h = new DamagedHeap(heap)) {
            h.writeData(20, new byte[] {1, 2, 3, 4});
            repair(h, "superblock", sum, all, "checksum is wrong");
            h.writeData(0, new byte[4096]);
            repair(h, "no-superblock", sum, all, "superblock is damaged");
            h.writeLog(0, new byte[8192]);
            repair(h, "no-checkpoint", sum, all, "neither checkpoint is valid");
            h.writeData(DamagedHeap.ROOT, new byte[8]);
            repair(h, "no-root", sum, all, "root directory");
            h.writeData(DamagedHeap.ROOT, word(0x2000_0001));
            repair(h, "wrong-root", sum, all, "root directory");
            h.writeData(DamagedHeap.LINES, new byte[4096]);
            repair(h, "lines", sum, all, "in free space");
            // The last entry is the symbol or class that was needed last.
            h.writeData(h.classEnd() - 8, word(0x12345678));
            repair(h, "class-table", null, 1, "class table entry");
            // A reference that leads nowhere
            for (int at = root + 12; ; at += 4) {
                Tools.check(at < root + 48, "no reference in the root");
                if (h.dataInt(at) < 0x2000_0000) continue;
                h.writeData(at, word(0x3fff_fff8));
                if (Tools.jheap("verify", heap).out().contains("field first")) break;
                h.restore();
            }
            repair(h, "reference", null, 1, "of the Graph$Root at offset", "beyond the end of the file");
            // The class of an object
            h.writeData(root + 8, word(0x7777_7777));
            repair(h, "class-id", null, 1, "field value of the java.lang.persistent.RootDirectory$RootEntry", "class id 0x77777777 is unknown");
            // Two references exchanged: whole objects, of the wrong class
            int map = 0;
            int large = 0;
            for (int at = root + 12; at < root + 48; at += 4) {
                if (h.dataInt(at) < 0x2000_0000) continue;
                h.writeData(at, word(0x3fff_fff8));
                String out = Tools.jheap("verify", heap).out();
                if (out.contains(String.format("offset %#x: field map", at))) map = at;
                if (out.contains(String.format("offset %#x: field large", at))) large = at;
                h.restore();
            }
            h.writeData(map, word(h.dataInt(large)));
            h.writeData(large, word(h.dataInt(map)));
            repair(h, "types", null, 1, "has the type [B and refers to a java.util.HashMap");
            // A lock bit
            h.writeData(root, new byte[] {0});
            repair(h, "mark", null, 1, "mark word");
            Tools.check(show(heap).out().equals(sum), "the heap was not restored");
        }
        System.out.println(cases + " cases");
    }
}
