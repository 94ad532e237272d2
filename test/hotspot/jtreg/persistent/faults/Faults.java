/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.lang.persistent.Persistent;
import java.lang.persistent.PersistentHeap;
import java.lang.persistent.Txn;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/**
 * What the tests of this folder share: the persistent objects and the transactions on them, which the
 * program under test runs; and how a test runs programs, and what it asks of each: that all which was acknowledged in
 * any run before is there.
 */
final class Faults {
    private Faults() {}

    // ---- In the program ----

    static native void arm0(String faults);
    /** How many faults happened since they were armed. */
    static native long fired();

    private static boolean loaded;

    static void arm(String faults) {
        if (!loaded) {
            System.load(library().toString());
            loaded = true;
        }
        arm0(faults);
    }

    static final class Entry {
        final long number;
        final String text;

        Entry(long number, String text) {
            this.number = number;
            this.text = text;
        }
    }

    /** Of one thread. */
    static final class Cell {
        static final int RECENT = 16;

        long count;                 // transactions so far
        final long[] copies = new @Persistent long[8];
        final Entry[] recent = new @Persistent Entry[RECENT];

        void transact() {
            long number = count + 1;
            Txn.run(() -> store(number));
            print("ack " + cellOf(this) + " " + number);
        }

        /** In a transaction. */
        void store(long number) {
            count = number;
            for (int i = 0; i < copies.length; i++) {
                copies[i] = number;
            }
            recent[(int) (number % RECENT)] = new @Persistent Entry(number, "entry " + number);
        }

        void check() {
            for (long copy : copies) {
                expect(copy == count, "a copy is " + copy + " instead of " + count);
            }
            for (long n = Math.max(1, count - RECENT + 1); n <= count; n++) {
                Entry e = recent[(int) (n % RECENT)];
                expect(e != null && e.number == n && e.text.equals("entry " + n), "entry " + n + " of " + count);
            }
        }
    }

    static final class Root {
        final Cell[] cells = new @Persistent Cell[64];
        int[] values;
        Object any;
        long plain;

        Root() {
            for (int i = 0; i < cells.length; i++) {
                cells[i] = new @Persistent Cell();
            }
        }
    }

    static Root root;

    private static int cellOf(Cell cell) {
        return Arrays.asList(root.cells).indexOf(cell);
    }

    /** Opens the heap or makes it, checks what is in it, and prints what it has. */
    static Root open() {
        root = PersistentHeap.root("root", Root.class, () -> new @Persistent Root());
        StringBuilder line = new StringBuilder("open");
        for (Cell cell : root.cells) {
            cell.check();
            line.append(' ').append(cell.count);
        }
        print(line.toString());
        return root;
    }

    /** So many threads make transactions, each as long as its condition holds; waits for them. */
    static void work(int threads, Predicate<Cell> goOn) throws InterruptedException {
        List<Thread> all = start(threads, goOn);
        for (Thread t : all) {
            t.join();
        }
    }

    static List<Thread> start(int threads, Predicate<Cell> goOn) {
        List<Thread> all = new ArrayList<>();
        for (int i = 0; i < threads; i++) {
            Cell cell = root.cells[i];
            all.add(Thread.ofPlatform().start(() -> {
                while (goOn.test(cell)) {
                    cell.transact();
                }
            }));
        }
        return all;
    }

    static void work(int threads, int transactions) throws InterruptedException {
        long[] end = Arrays.stream(root.cells).mapToLong(c -> c.count + transactions).toArray();
        work(threads, cell -> cell.count < end[cellOf(cell)]);
    }

    static void expect(boolean ok, String what) {
        if (!ok) {
            throw new AssertionError(what);
        }
    }

    private static final FileOutputStream OUT = new FileOutputStream(FileDescriptor.out);

    /** One system call per line: what was printed is out. */
    static void print(String line) {
        try {
            OUT.write((line + "\n").getBytes());
        } catch (IOException e) {
            Runtime.getRuntime().halt(9);
        }
    }

    // ---- In the test ----

    static Path library() {
        return Path.of(System.getProperty("test.nativepath"), System.mapLibraryName("Faults"));
    }

    record Run(int exit, String out) {
        Run has(String... parts) {
            for (String part : parts) {
                expect(out.contains(part), "'" + part + "' is missing, exit " + exit + ":\n" + shortened());
            }
            return this;
        }

        Run exits(int code) {
            expect(exit == code, "exit " + exit + " instead of " + code + ":\n" + shortened());
            return this;
        }

        /** The VM stopped itself, with this sentence. */
        Run stopped(String... parts) {
            expect(exit != 0, "no failure:\n" + shortened());
            expect(!out.contains("SIGSEGV") && !out.contains("SIGBUS") && !out.contains("assert("), "crashed:\n" + shortened());
            return has(parts);
        }

        String shortened() {
            List<String> lines = new ArrayList<>(out.lines().filter(l -> !l.startsWith("ack ")).toList());
            return String.join("\n", lines.subList(0, Math.min(80, lines.size())));
        }
    }

    /** A heap over many runs. */
    static final class Heap {
        static final long LIMIT = 240;      // seconds: a run that takes longer hangs

        final Path directory;
        final Class<?> program;
        final List<String> options;
        final long[] acknowledged = new long[64];
        private final Map<Process, Path> outputs = new HashMap<>();

        Heap(String name, Class<?> program, String... options) {
            this.directory = Path.of(name).toAbsolutePath();
            this.program = program;
            this.options = List.of(options);
        }

        Process start(String faults, String... args) throws Exception {
            List<String> line = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "-Xmx64m", "-XX:TieredStopAtLevel=1", "-XX:-CreateCoredumpOnCrash", "-XX:+UnlockDiagnosticVMOptions",
                    "--enable-native-access=ALL-UNNAMED", "-Dtest.nativepath=" + library().getParent(),
                    "-XX:PersistentHeap=" + directory, "-XX:+PersistentHeapAudit", "-XX:+PersistentHeapVerify"));
            line.addAll(options);
            line.addAll(List.of("-cp", System.getProperty("test.class.path", System.getProperty("java.class.path")),
                    program.getName()));
            line.addAll(List.of(args));
            Path out = Files.createTempFile(Path.of("").toAbsolutePath(), "run", ".out");
            ProcessBuilder builder = new ProcessBuilder(line).redirectErrorStream(true).redirectOutput(out.toFile());
            Map<String, String> environment = builder.environment();
            environment.put("LD_PRELOAD", library().toString());
            environment.put("LC_ALL", "C");
            environment.remove("JAVA_TOOL_OPTIONS");
            if (faults != null) {
                environment.put("FAULTS", faults);
            }
            Process process = builder.start();
            outputs.put(process, out);
            return process;
        }

        /** Waits until the program has printed that many lines with that start. */
        void await(Process process, String start, int lines) throws Exception {
            Path out = outputs.get(process);
            while (Files.readString(out).lines().filter(l -> l.startsWith(start)).count() < lines) {
                expect(process.isAlive(), "ended before it printed " + start + ":\n" + Files.readString(out));
                Thread.sleep(10);
            }
        }

        /** Waits for the end, and checks that nothing that was acknowledged is missing. */
        Run end(Process process) throws Exception {
            Path out = outputs.get(process);
            if (!process.waitFor(LIMIT, TimeUnit.SECONDS)) {
                process.destroyForcibly().waitFor();
                throw new AssertionError("hangs:\n" + new Run(-1, Files.readString(out)).shortened());
            }
            Run run = new Run(process.exitValue(), Files.readString(out));
            Files.delete(out);
            for (String line : run.out.split("\n")) {
                String[] words = line.split(" ");
                if (line.startsWith("open ")) {
                    for (int i = 0; i < acknowledged.length; i++) {
                        long count = Long.parseLong(words[i + 1]);
                        expect(count >= acknowledged[i], "LOST: cell " + i + " has " + count + ", acknowledged was "
                                + acknowledged[i] + "\n" + run.shortened());
                        acknowledged[i] = count;
                    }
                } else if (line.startsWith("ack ")) {
                    int cell = Integer.parseInt(words[1]);
                    acknowledged[cell] = Math.max(acknowledged[cell], Long.parseLong(words[2]));
                }
            }
            return run;
        }

        Run run(String faults, String... args) throws Exception {
            return end(start(faults, args));
        }

        /** Opens it without faults, checks it and ends. */
        Run check(String... args) throws Exception {
            return run(null, args).exits(0).has("open ", " 0 differences");
        }
    }
}
