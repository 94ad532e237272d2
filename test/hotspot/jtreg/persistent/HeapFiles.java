/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

/*
 * @test
 * @summary The heap's files in a process without standard input and output, in one that has no descriptors left, in a directory that
 *          is moved while it is in use, and in a copy with holes
 * @build Observer
 * @run main/othervm/timeout=300 HeapFiles
 */

import java.io.FileInputStream;
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

public class HeapFiles {
    static final class Root {
        long count;
        long[] large = new @Persistent long[100_000];     // a record with all of it goes to a file of its own
    }

    // ---- The children ----

    static class Child {
        static Root root;

        static void fill() {
            Txn.run(() -> {
                root.count++;
                Arrays.fill(root.large, root.count);
            });
        }

        public static void main(String[] args) throws Exception {
            Path heap = Path.of(args[1]);
            root = PersistentHeap.root("root", Root.class, () -> new @Persistent Root());
            for (long l : root.large) check(l == root.large[0], "part of a transaction");
            switch (args[0]) {
                case "show" -> System.out.println("count " + root.count + " large " + root.large[0]);
                case "fill" -> fill();
                case "print" -> print(heap, Path.of(args[2]));
                case "few" -> few();
                case "move" -> move(heap);
                default -> throw new AssertionError(args[0]);
            }
        }

        /** What is printed goes nowhere. */
        static void print(Path heap, Path result) throws IOException {
            fill();
            StringBuilder ours = new StringBuilder("files:");
            for (int fd = 0; fd <= 2; fd++) {
                Path link = Path.of("/proc/self/fd/" + fd);
                if (Files.isSymbolicLink(link) && Files.readSymbolicLink(link).startsWith(heap.toRealPath())) ours.append(" " + fd);
            }
            System.out.println("ordinary output ".repeat(1000));
            System.err.println("an error message ".repeat(1000));
            System.out.close();
            System.err.close();
            Txn.run(() -> root.count++);
            Files.writeString(result, ours);
        }

        /** The applier comes to the large record when all descriptors are in use. */
        static void few() throws Exception {
            fill();                         // all classes are loaded
            PersistentHeap.force();
            List<FileInputStream> open = new ArrayList<>();
            fill();
            try {
                while (true) open.add(new FileInputStream("/dev/null"));
            } catch (IOException e) {
                check(open.size() > 10, "few");
            }
            for (int n = 0; n < 10; n++) {  // more than the log has room for
                long value = n;
                Txn.run(() -> Arrays.fill(root.large, 0, 20_000, value));
            }
            for (FileInputStream f : open) f.close();
            fill();
            System.out.println("survived");
        }

        static void move(Path heap) throws Exception {
            Files.move(heap, moved(heap));
            Files.createDirectory(heap);
            fill();
            Path copy = Path.of(heap + ".copy");
            System.out.println(Observer.dcmd("persistentheapBackup", copy.toString()));
            fill();
            System.out.println("committed " + root.count);
            new ProcessBuilder("kill", "-9", "" + ProcessHandle.current().pid()).start();
            Thread.sleep(100_000);
        }
    }

    static Path moved(Path heap) { return Path.of(heap + ".moved"); }

    static void check(boolean ok, String what) {
        if (!ok) throw new AssertionError(what);
    }

    // ---- The test ----

    static final boolean DEBUG = !System.getProperty("jdk.debug", "release").equals("release");

    record Result(int exit, String out) {
        Result has(String text) {
            check(out.contains(text), "exit " + exit + ", '" + text + "' is missing:\n" + out);
            return this;
        }
        Result exits(int code) {
            check(exit == code, "exit " + exit + ":\n" + out);
            return this;
        }
    }

    /** In a shell, which makes the process as it should be. */
    static Result run(String shell, List<String> options, String command, Path heap, String... more) throws Exception {
        List<String> line = new ArrayList<>(List.of("sh", "-c", shell, System.getProperty("java.home") + "/bin/java"));
        line.addAll(List.of("-XX:-CreateCoredumpOnCrash", "-XX:PersistentHeap=" + heap, "-XX:PersistentHeapSize=64m", "-XX:PersistentHeapLogSize=1m"));
        line.addAll(options);
        line.addAll(List.of("-cp", System.getProperty("test.class.path", System.getProperty("java.class.path")), Child.class.getName(), command, heap.toString()));
        line.addAll(List.of(more));
        Path out = Files.createTempFile(Path.of(""), "out", ".txt");
        Process p = new ProcessBuilder(line).redirectErrorStream(true).redirectOutput(out.toFile()).start();
        if (!p.waitFor(100, TimeUnit.SECONDS)) {
            p.destroyForcibly();
            throw new AssertionError(command + " hangs:\n" + Files.readString(out));
        }
        return new Result(p.exitValue(), Files.readString(out));
    }

    static final String AS_IT_IS = "exec \"$0\" \"$@\"";

    static Result run(String command, Path heap) throws Exception { return run(AS_IT_IS, List.of(), command, heap).exits(0); }

    static Path newHeap(String name) throws Exception {
        Path heap = Path.of(name).toAbsolutePath();
        run("fill", heap);
        return heap;
    }

    /** Options for large records to wait in their files until there is no room in the log. */
    static List<String> late() { return DEBUG ? List.of("-XX:PersistentHeapBreak=applier-idle") : List.of(); }

    static void withoutStandardStreams() throws Exception {
        Path heap = Path.of("closed").toAbsolutePath();
        Path result = Path.of("closed.result").toAbsolutePath();
        for (String media : List.of("auto", "file")) {
            for (long count = 1; count <= 2; count++) {         // a new heap, and one that there is
                Files.deleteIfExists(result);
                run(AS_IT_IS + " <&- >&- 2>&-", List.of("-XX:+UnlockDiagnosticVMOptions", "-XX:PersistentHeapMedia=" + media), "print", heap, result.toString());
                check(Files.exists(result), "the child failed");
                check(Files.readString(result).equals("files:"), "the heap has the descriptors of standard streams, " + Files.readString(result));
                run("show", heap).has("count " + 2 * count);
            }
            for (String name : List.of("data", "log", "lock")) Files.delete(heap.resolve(name));
        }
    }

    static void withoutDescriptors() throws Exception {
        Path heap = newHeap("few");
        run("ulimit -n 100; " + AS_IT_IS, late(), "few", heap).exits(0).has("survived");
        run("show", heap).has("count 4 large 4");
    }

    static void movedDirectory() throws Exception {
        Path heap = newHeap("move");
        run(AS_IT_IS, late(), "move", heap).exits(137).has("committed 3");
        try (var files = Files.list(heap)) {
            check(files.findAny().isEmpty(), "files of the heap in another directory");
        }
        run("show", moved(heap)).has("count 3 large 3");
        run("show", Path.of(heap + ".copy")).has("count 2 large 2");
    }

    static long allocated(Path file) throws Exception {
        Process p = new ProcessBuilder("stat", "-c", "%b", file.toString()).start();
        return Long.parseLong(new String(p.getInputStream().readAllBytes()).strip()) * 512;
    }

    static void copyWithHoles() throws Exception {
        Path heap = newHeap("whole");
        Path copy = Path.of("holes").toAbsolutePath();
        Files.createDirectory(copy);
        for (String name : List.of("data", "log")) {
            byte[] all = Files.readAllBytes(heap.resolve(name));
            try (RandomAccessFile to = new RandomAccessFile(copy.resolve(name).toFile(), "rw")) {
                to.setLength(all.length);
                byte[] zeros = new byte[4096];
                for (int at = 0; at < all.length; at += zeros.length) {
                    if (!Arrays.equals(all, at, at + zeros.length, zeros, 0, zeros.length)) {
                        to.seek(at);
                        to.write(all, at, zeros.length);
                    }
                }
            }
            check(allocated(copy.resolve(name)) < all.length, "a file system without holes");
        }
        run("show", copy).has("count 1 large 1");
        for (String name : List.of("data", "log")) {
            check(allocated(copy.resolve(name)) >= Files.size(copy.resolve(name)), name + " has holes");
        }
    }

    public static void main(String[] args) throws Exception {
        withoutStandardStreams();
        withoutDescriptors();
        movedDirectory();
        copyWithHoles();
    }
}
