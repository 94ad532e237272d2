/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

/*
 * @test
 * @summary jheap on whole heaps: every command, its exit code and what it prints; the heap is not changed
 * @modules jdk.jheap
 * @library /test/lib
 * @build jdk.test.lib.hprof.HprofParser Tools Graph DamagedHeap
 * @run main/othervm/timeout=400 --enable-native-access=jdk.jheap JHeap
 */

import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.TreeSet;
import java.util.zip.CRC32;
import jdk.test.lib.hprof.model.JavaHeapObject;
import jdk.test.lib.hprof.model.JavaObject;
import jdk.test.lib.hprof.model.Snapshot;
import jdk.test.lib.hprof.parser.Reader;

public class JHeap {
    static final List<String> SMALL = List.of("-XX:PersistentHeapSize=32m", "-XX:PersistentHeapLogSize=1m");

    static String digest(Path heap) throws Exception {
        MessageDigest d = MessageDigest.getInstance("SHA-256");
        var names = new TreeSet<String>();
        try (var files = Files.list(heap)) {
            files.forEach(f -> names.add(f.getFileName().toString()));
        }
        for (String n : names) {
            d.update(n.getBytes());
            d.update(Files.readAllBytes(heap.resolve(n)));
        }
        return HexFormat.of().formatHex(d.digest());
    }

    static String show(Path heap) throws Exception {
        Tools.Result r = Tools.finish(Tools.start(heap, Graph.class, List.of(), "show"));
        Tools.expect("show " + heap, r, 0, "sum ");
        return r.out();
    }

    static void instances(Path dump, String histogram) throws Exception {
        try (Snapshot s = Reader.readFile(dump.toString(), true, 0)) {
            s.resolve(true);
            int nodes = 0;
            long sum = 0;
            for (JavaHeapObject o : Collections.list(s.findClass("Graph$Node").getInstances(true))) {
                JavaObject n = (JavaObject) o;
                nodes++;
                sum += Long.parseLong(n.getField("value").toString());
            }
            Tools.check(histogram.matches("(?s).* " + nodes + " +[0-9]+  Graph\\$Node\\R.*"), "%d instances of Node dumped:%n%s", nodes, histogram);
            Tools.check(sum != 0, "values of nodes are 0");
            JavaObject root = (JavaObject) Collections.list(s.findClass("Graph$Root").getInstances(false)).get(0);
            Tools.check(root.getField("first") instanceof JavaObject, "Root.first: %s", root.getField("first"));
        }
    }

    static void usage() {
        Tools.expect("help", Tools.jheap("--help"), 0, "Usage: jheap", "repair", "Exit code");
        Tools.expect("version", Tools.jheap("--version"), 0, "jheap ");
        Tools.expect("no command", Tools.jheap(), 2, "name a command");
        Tools.expect("unknown command", Tools.jheap("check", "x"), 2, "unknown command check");
        Tools.expect("unknown option", Tools.jheap("info", "--fast", "x"), 2, "unknown option --fast");
        Tools.expect("no heap", Tools.jheap("verify"), 2, "directory of a heap");
        Tools.expect("no target", Tools.jheap("backup", "x"), 2, "a new directory");
        Tools.expect("too many", Tools.jheap("roots", "x", "y"), 2, "what is y?");
        Tools.expect("no class path", Tools.jheap("verify", "x", "-cp"), 2, "-cp needs a path");
        Tools.expect("not there", Tools.jheap("info", "not-there"), 1, "not-there is not a directory");
        Tools.expect("no heap there", Tools.jheap("info", "."), 1, "is not a persistent heap");
        Tools.expect("class path not there", Tools.jheap("verify", "-cp", "not-there", "."), 1, "not-there does not exist");
    }

    static void launcher(Path heap) throws Exception {
        Process p = new ProcessBuilder(Tools.JAVA_HOME + "/bin/jheap", "verify", heap.toString()).redirectErrorStream(true).start();
        Tools.Result r = Tools.finish(p);
        Tools.expect("launcher", r, 0, "no problems");
        Tools.check(r.out().lines().count() == 1, "the launcher prints more than its result:%n%s", r.out());
        p = new ProcessBuilder(Tools.JAVA_HOME + "/bin/jheap", "verify").redirectErrorStream(true).start();
        Tools.expect("launcher", Tools.finish(p), 2);
    }

    static void version(Path heap) throws Exception {
        // Another version, with a good checksum: not damage.
        try (RandomAccessFile f = new RandomAccessFile(heap.resolve("data").toFile(), "rw")) {
            byte[] old = new byte[184];
            f.readFully(old);
            byte[] b = old.clone();
            ByteBuffer bb = ByteBuffer.wrap(b).order(ByteOrder.LITTLE_ENDIAN);
            bb.putInt(8, 99);
            CRC32 crc = new CRC32();
            crc.update(b, 0, 176);
            bb.putInt(176, (int) crc.getValue());
            f.seek(0);
            f.write(b);
            for (String c : new String[] {"info", "verify", "histogram", "roots"}) {
                Tools.expect(c, Tools.jheap(c, heap), 1, "version 99", "knows version 2");
            }
            Tools.expect("repair", Tools.jheap("repair", heap, "never"), 1, "version 99");
            f.seek(0);
            f.write(old);
        }
        Tools.check(!Files.exists(Path.of("never")), "repair left something");
    }

    static void overflow() throws Exception {
        // A transaction larger than the log: its record refers to a file. A debug VM can be told to leave that there.
        List<String> options = new ArrayList<>(SMALL);
        if (!System.getProperty("jdk.debug", "release").equals("release")) {
            options.addAll(List.of("-XX:+UnlockDiagnosticVMOptions", "-XX:PersistentHeapBreak=applier-idle"));
        }
        Path heap = Path.of("overflow").toAbsolutePath();
        for (int i = 0; ; i++) {
            Tools.check(i < 20, "no kill left an overflow file");
            Tools.finish(Tools.start(heap, Overflow.class, options));
            try (var files = Files.list(heap)) {
                List<Path> found = files.filter(f -> f.getFileName().toString().startsWith("overflow-")).toList();
                if (found.isEmpty() || Tools.jheap("info", heap).out().contains(" 0 records")) continue;
                Tools.Result r = Tools.jheap("verify", heap);
                Tools.expect("verify with an overflow file", r, 0, "no problems");
                byte[] good = Files.readAllBytes(found.get(0));
                byte[] bad = good.clone();
                bad[bad.length / 2] ^= 1;
                Files.write(found.get(0), bad);
                r = Tools.jheap("verify", heap);
                Files.write(found.get(0), good);
                if (r.exit() == 0) continue;          // left behind by a record that is applied
                Tools.expect("verify with a damaged overflow file", r, 1, "log is damaged");
                return;
            }
        }
    }

    static class Overflow {
        public static void main(String[] args) throws Exception {
            java.lang.persistent.Txn.run(() -> {
                int[] large = java.lang.persistent.PersistentHeap.allocate(() -> new int[400_000]);
                Arrays.fill(large, 7);
                java.lang.persistent.PersistentHeap.setRoot("large", large);
            });
            Runtime.getRuntime().exec(new String[] {"kill", "-9", "" + ProcessHandle.current().pid()});
            int[] large = java.lang.persistent.PersistentHeap.root("large", int[].class);
            while (true) {
                java.lang.persistent.Txn.run(() -> Arrays.fill(large, large[0] + 1));
            }
        }
    }

    public static void main(String[] args) throws Exception {
        usage();
        Path heap = Path.of("crashed").toAbsolutePath();
        DamagedHeap.create(heap, 30);
        Tools.check(!Tools.jheap("info", heap).out().contains(" 0 records to be applied"), "nothing to be applied");
        String before = digest(heap);

        Tools.expect("info", Tools.jheap("info", heap), 0, "version 2", "classes", "log", "root directory: address 0x1000");
        Tools.expect("verify", Tools.jheap("verify", heap), 0, "no problems");
        Tools.expect("verify with classes", Tools.jheap("verify", "-cp", Tools.CLASSES, heap), 0, "no problems");
        Tools.Result histogram = Tools.jheap("histogram", heap);
        Tools.expect("histogram", histogram, 0, "Graph$Node", "java.lang.String", "[B", "[LGraph$Node;", "Total");
        Tools.expect("roots", Tools.jheap("roots", heap), 0, "graph: Graph$Root at 0x1000", "name: java.lang.String at 0x1000");
        Path dump = Path.of("dump.hprof").toAbsolutePath();
        Tools.expect("dump", Tools.jheap("dump", heap, dump), 0, "objects dumped");
        instances(dump, histogram.out());
        Tools.expect("dump over a file", Tools.jheap("dump", heap, dump), 1, "exists");
        Path backup = Path.of("backup").toAbsolutePath();
        Tools.expect("backup", Tools.jheap("backup", heap, backup), 0, "verified");
        Tools.expect("backup into a heap", Tools.jheap("backup", heap, backup), 1, "is not empty");
        Path repaired = Path.of("repaired").toAbsolutePath();
        Tools.expect("repair", Tools.jheap("repair", heap, repaired), 0, "nothing was wrong", "graph: Graph$Root");
        launcher(heap);
        version(heap);
        Tools.check(before.equals(digest(heap)), "jheap changed the heap");

        // The VM sees in the copies what it sees in the heap.
        Tools.expect("histogram of the backup", Tools.jheap("histogram", backup), 0, histogram.out());
        Tools.expect("histogram of the repaired", Tools.jheap("histogram", repaired), 0, histogram.out());
        String sum = show(backup);
        Tools.check(sum.equals(show(repaired)), "the repaired heap shows another sum");
        Tools.check(sum.equals(show(heap)), "the heap shows another sum");

        // The files of a heap and its copy do not mix.
        Path mixed = Path.of("mixed");
        Files.createDirectory(mixed);
        Files.copy(backup.resolve("data"), mixed.resolve("data"));
        Files.copy(heap.resolve("log"), mixed.resolve("log"));
        Tools.expect("mixed", Tools.jheap("verify", mixed), 1, "belongs to another heap");

        // In use
        Process p = Tools.start(heap, Graph.class, List.of(), "hold");
        while (p.getInputStream().read() != '\n') {}
        for (String c : new String[] {"info", "verify"}) {
            Tools.expect(c + " in use", Tools.jheap(c, heap), 1, "is in use by process " + p.pid());
        }
        Tools.finish(p);
        Tools.expect("verify afterwards", Tools.jheap("verify", heap), 0, "no problems");

        // Nothing in it yet
        Path empty = Path.of("empty").toAbsolutePath();
        Files.createDirectory(empty);
        Files.createFile(empty.resolve("data"));
        Files.createFile(empty.resolve("log"));
        Tools.expect("empty", Tools.jheap("verify", empty), 1, "never finished");
        overflow();
    }
}
