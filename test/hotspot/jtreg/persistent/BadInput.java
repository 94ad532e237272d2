/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

/*
 * @test
 * @summary Bad input gives one clear sentence, exit code 1, and leaves the heap as it was
 * @run main/othervm/timeout=300 BadInput
 */

import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.persistent.Persistent;
import java.lang.persistent.PersistentHeap;
import java.lang.persistent.Txn;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;

public class BadInput {
    // doc/file-format.md
    static final int CLASS_TABLE = (8 * 1024 + 512) * 1024;

    static final String JAVA = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    static final String CLASSES = System.getProperty("test.class.path", System.getProperty("java.class.path"));

    // ---- The child ----

    static final class Cell {
        long value;
        Cell next;
    }

    static class Child {
        public static void main(String[] args) throws Exception {
            Cell cell = PersistentHeap.root("cell", Cell.class, () -> new @Persistent Cell());
            switch (args[0]) {
                case "add" -> {
                    for (int i = 0; i < 100; i++) {
                        Txn.run(() -> cell.value++);
                    }
                }
                case "show" -> System.out.println("value " + cell.value);
                case "fill" -> {
                    int[][] keep = PersistentHeap.allocate(() -> new int[40][]);
                    Txn.run(() -> {
                        for (int i = 0; i < keep.length; i++) {
                            keep[i] = PersistentHeap.allocate(() -> new int[256 * 1024]);
                        }
                        PersistentHeap.setRoot("keep", keep);
                    });
                }
                case "hold" -> {
                    System.out.println("holding");
                    System.in.read();
                }
                case "crash" -> {
                    for (int i = 0; i < 100; i++) {
                        Txn.run(() -> cell.value++);
                    }
                    new ProcessBuilder("kill", "-9", "" + ProcessHandle.current().pid()).start();
                    Thread.sleep(10_000);
                }
            }
        }
    }

    // ---- The test ----

    static int checks;

    record Result(int exit, String out) {}

    static Process start(List<String> options, String command) throws IOException {
        List<String> line = new ArrayList<>(List.of(JAVA));
        line.addAll(options);
        line.addAll(List.of("-cp", CLASSES, Child.class.getName(), command));
        return new ProcessBuilder(line).redirectErrorStream(true).start();
    }

    static Result run(List<String> options, String command) throws Exception {
        Process p = start(options, command);
        p.getOutputStream().close();
        String out = new String(p.getInputStream().readAllBytes());
        if (!p.waitFor(100, TimeUnit.SECONDS)) {
            p.destroyForcibly();
            throw new AssertionError("child hangs: " + options);
        }
        return new Result(p.exitValue(), out);
    }

    static List<String> heap(Path dir, String... more) {
        List<String> options = new ArrayList<>(List.of("-XX:+UnlockDiagnosticVMOptions", "-XX:PersistentHeap=" + dir));
        options.addAll(Arrays.asList(more));
        if (Arrays.stream(more).noneMatch(s -> s.contains("PersistentHeapSize"))) {
            options.add("-XX:PersistentHeapSize=64m");
        }
        return options;
    }

    static void refused(String what, Result r, String... parts) {
        checks++;
        boolean ok = r.exit == 1 && !r.out.contains("hs_err");
        for (String part : parts) {
            ok &= r.out.contains(part);
        }
        if (!ok) {
            throw new AssertionError(what + ": exit " + r.exit + ", expected 1 and " + Arrays.toString(parts) + ", got\n" + r.out);
        }
    }

    static void shows(Path dir, long value) throws Exception {
        checks++;
        Result r = run(heap(dir), "show");
        if (r.exit != 0 || !r.out.contains("value " + value + System.lineSeparator())) {
            throw new AssertionError("expected value " + value + " in " + dir + ", got exit " + r.exit + "\n" + r.out);
        }
    }

    static Path newHeap(String name) throws Exception {
        Path dir = Path.of(name).toAbsolutePath();
        Result r = run(heap(dir), "add");
        if (r.exit != 0) throw new AssertionError("cannot make a heap\n" + r.out);
        return dir;
    }

    interface Edit { void apply(RandomAccessFile f) throws IOException; }

    static void edit(Path file, Edit edit) throws IOException {
        try (RandomAccessFile f = new RandomAccessFile(file.toFile(), "rw")) {
            edit.apply(f);
        }
    }

    static void flip(RandomAccessFile f, long at) throws IOException {
        f.seek(at);
        int b = f.read();
        f.seek(at);
        f.write(b ^ 0x5a);
    }

    public static void main(String[] args) throws Exception {
        // Paths
        Path file = Files.createFile(Path.of("afile").toAbsolutePath());
        refused("path is a file", run(heap(file), "show"), file.toString(), "is a file");
        refused("path cannot be created", run(heap(Path.of("/proc/everheap")), "show"), "/proc/everheap", "cannot be created");

        // Sizes
        Path small = Path.of("small").toAbsolutePath();
        refused("size too small", run(heap(small, "-XX:PersistentHeapSize=1m"), "show"), "PersistentHeapSize=1048576", "too small");
        Path large = Path.of("large").toAbsolutePath();
        refused("larger than the disk", run(heap(large, "-XX:PersistentHeapLogSize=1000000g"), "show"), "log needs", "PersistentHeapLogSize");
        if (Files.exists(large.resolve("data"))) throw new AssertionError("half a heap was left");
        // Near 2^64 for want of rounding up.
        for (String size : new String[] {"15361m", "20g", "18446744073709551615"}) {
            refused("size too large", run(heap(large, "-XX:PersistentHeapSize=" + size), "show"), "PersistentHeapSize=", "too large");
        }
        refused("log too large", run(heap(large, "-XX:PersistentHeapLogSize=18446744073709551615"), "show"), "PersistentHeapLogSize=18446744073709551615", "too large");
        if (Files.exists(large.resolve("data"))) throw new AssertionError("a heap was created");
        if (run(heap(large, "-XX:PersistentHeapInitialSize=18446744073709551615"), "add").exit != 0) throw new AssertionError("initial size");
        refused("size too large", run(heap(large, "-XX:PersistentHeapSize=20g"), "show"), "PersistentHeapSize=21474836480", "too large");
        shows(large, 100);

        Path dir = newHeap("heap");
        shows(dir, 100);

        // Flags
        refused("other collector", run(heap(dir, "-XX:+UseSerialGC"), "show"), "UseSerialGC", "G1");
        refused("uncompressed", run(heap(dir, "-XX:-UseCompressedOops"), "show"), "UseCompressedOops");
        refused("region size", run(heap(dir, "-XX:G1HeapRegionSize=64m"), "show"), "G1HeapRegionSize=67108864");
        refused("alignment", run(heap(dir, "-XX:ObjectAlignmentInBytes=16"), "show"), "ObjectAlignmentInBytes=16");
        refused("compact headers", run(heap(dir, "-XX:+UseCompactObjectHeaders"), "show"), "UseCompactObjectHeaders", "remove");
        refused("compact headers, new", run(heap(Path.of("compact").toAbsolutePath(), "-XX:+UseCompactObjectHeaders"), "show"),
                "UseCompactObjectHeaders", "remove");
        refused("strings", run(heap(dir, "-XX:-CompactStrings"), "show"), "CompactStrings");
        refused("dumping", run(heap(dir, "-Xshare:dump", "-XX:SharedArchiveFile=x.jsa"), "show"), "dumped");
        refused("base", run(heap(dir, "-XX:HeapBaseMinAddress=8g"), "show"), "HeapBaseMinAddress");
        refused("unknown media", run(heap(dir, "-XX:PersistentHeapMedia=tape"), "show"), "PersistentHeapMedia=tape");
        shows(dir, 100);

        // In use
        Process holder = start(heap(dir), "hold");
        while (holder.inputReader().read() != 'h') {}
        refused("in use", run(heap(dir), "show"), dir.toString(), "in use by process " + holder.pid());
        holder.destroyForcibly().waitFor();
        shows(dir, 100);

        // Superblock
        Path data = dir.resolve("data");
        edit(data, f -> flip(f, 60));
        refused("damaged superblock", run(heap(dir), "show"), data.toString(), "damaged");
        edit(data, f -> flip(f, 60));
        edit(data, f -> flip(f, 8));
        refused("other version", run(heap(dir), "show"), data.toString(), "version");
        edit(data, f -> flip(f, 8));
        edit(data, f -> flip(f, 0));
        refused("no superblock", run(heap(dir), "show"), data.toString(), "not a persistent heap");
        edit(data, f -> flip(f, 0));
        shows(dir, 100);
        edit(data, f -> flip(f, CLASS_TABLE + 40));
        refused("class table", run(heap(dir), "show"), data.toString(), "class table");
        edit(data, f -> flip(f, CLASS_TABLE + 40));
        shows(dir, 100);

        long length = Files.size(data);
        Path copy = Path.of("truncated").toAbsolutePath();
        Files.createDirectory(copy);
        Files.copy(data, copy.resolve("data"));
        Files.copy(dir.resolve("log"), copy.resolve("log"));
        edit(copy.resolve("data"), f -> f.setLength(20 << 20));
        refused("truncated data", run(heap(copy), "show"), "truncated");
        edit(copy.resolve("data"), f -> f.setLength(100));
        refused("truncated superblock", run(heap(copy), "show"), "truncated");

        // Log
        Path log = dir.resolve("log");
        byte[] header = new byte[8192];
        edit(log, f -> f.readFully(header));
        edit(log, f -> f.write(new byte[8192]));
        refused("log header", run(heap(dir), "show"), log.toString(), "checkpoint");
        edit(log, f -> f.write(header));
        shows(dir, 100);

        // A JVM that is killed leaves records in the log: one destroyed in the middle is damage, the last one a torn tail.
        Path crashed = newHeap("crashed");
        Result r = run(heap(crashed), "crash");
        if (r.exit != 128 + 9) throw new AssertionError(r.out);
        Path crashedLog = crashed.resolve("log");
        List<Long> records = new ArrayList<>();
        edit(crashedLog, f -> {
            byte[] all = new byte[1 << 20];
            f.readFully(all);
            long last = -1;
            for (int i = 8192; i + 48 < all.length; i += 8) {
                if (all[i] == 'E' && all[i + 1] == 'V' && all[i + 2] == 'H' && all[i + 3] == 'R') {
                    long seq = java.nio.ByteBuffer.wrap(all, i + 16, 8).order(java.nio.ByteOrder.LITTLE_ENDIAN).getLong();
                    if (seq > last) { records.add((long) i); last = seq; }
                }
            }
        });
        if (records.size() < 150) throw new AssertionError("only " + records.size() + " records found");
        long middle = records.get(records.size() - 50) + 60;
        edit(crashedLog, f -> flip(f, middle));
        r = run(heap(crashed), "show");
        // Unless the applier had got that far before the kill.
        if (r.exit == 1) {
            refused("log damaged in the middle", r, crashedLog.toString(), "damaged");
            edit(crashedLog, f -> flip(f, middle));
        }
        long tail = records.get(records.size() - 1) + 60;
        Path torn = Path.of("torn").toAbsolutePath();
        Files.createDirectory(torn);
        for (String name : new String[] {"data", "log"}) Files.copy(crashed.resolve(name), torn.resolve(name));
        if (r.exit == 1) {
            edit(torn.resolve("log"), f -> flip(f, tail));
            shows(torn, 199);
            shows(crashed, 200);
        }

        // A variable of a script that is not set
        refused("no directory", run(List.of("-XX:PersistentHeap="), "show"), "-XX:PersistentHeap=", "without a directory");

        // Classes
        Path other = Path.of("other-classes").toAbsolutePath();
        Files.createDirectory(other);
        for (Path p : (Iterable<Path>) Files.list(Path.of(CLASSES.split(":")[0]))::iterator) {
            String name = p.getFileName().toString();
            if (name.startsWith("BadInput") && !name.equals("BadInput$Cell.class")) Files.copy(p, other.resolve(name));
        }
        refused("class missing", runWith(other, heap(dir)), "BadInput$Cell", "cannot be loaded");
        Path source = Path.of("src").toAbsolutePath();
        Files.createDirectory(source);
        Files.writeString(source.resolve("BadInput.java"), "class BadInput { static final class Cell { int value; Cell next; String added; } }");
        int javac = javax.tools.ToolProvider.getSystemJavaCompiler().run(null, null, null, "-d", source.toString(), source.resolve("BadInput.java").toString());
        if (javac != 0) throw new AssertionError("javac");
        Files.copy(source.resolve("BadInput$Cell.class"), other.resolve("BadInput$Cell.class"));
        refused("fields changed", runWith(other, heap(dir)), "BadInput$Cell", "value", "added");
        shows(dir, 100);

        // Smaller than the heap needs
        if (run(heap(dir), "fill").exit != 0) throw new AssertionError("fill");
        refused("smaller than needed", run(heap(dir, "-XX:PersistentHeapSize=32m"), "show"), "PersistentHeapSize=33554432", "needs at least");
        shows(dir, 100);
        // Larger is growth
        Result grown = run(heap(dir, "-XX:PersistentHeapSize=128m"), "show");
        if (grown.exit != 0) throw new AssertionError(grown.out);
        System.out.println(checks + " checks");
    }

    static Result runWith(Path classes, List<String> options) throws Exception {
        List<String> line = new ArrayList<>(List.of(JAVA));
        line.addAll(options);
        line.addAll(List.of("-cp", classes.toString(), Child.class.getName(), "show"));
        Process p = new ProcessBuilder(line).redirectErrorStream(true).start();
        String out = new String(p.getInputStream().readAllBytes());
        p.waitFor();
        return new Result(p.exitValue(), out);
    }
}
