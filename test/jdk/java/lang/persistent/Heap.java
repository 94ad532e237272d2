/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** What the tests in this directory share: checks, and virtual machines with a heap. */
public final class Heap {
    private final Path directory;
    private final List<String> options;

    /** A heap that does not exist yet, and VM options for all virtual machines that use it. */
    Heap(String name, String... options) throws IOException {
        this.directory = Path.of("heap-" + name);
        this.options = List.of(options);
        delete();
    }

    Path directory() {
        return directory;
    }

    void delete() throws IOException {
        if (Files.exists(directory)) {
            try (Stream<Path> files = Files.walk(directory)) {
                for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(file);
                }
            }
        }
    }

    record Result(int exitCode, String output) {
        Result shouldHaveExitCode(int expected) {
            if (exitCode != expected) {
                System.out.println(output);
                throw new AssertionError("exit code " + exitCode + ", expected " + expected);
            }
            return this;
        }

        Result shouldContain(String text) {
            if (!output.contains(text)) {
                System.out.println(output);
                throw new AssertionError("output should contain: " + text);
            }
            return this;
        }

        Result shouldNotContain(String text) {
            if (output.contains(text)) {
                System.out.println(output);
                throw new AssertionError("output should not contain: " + text);
            }
            return this;
        }
    }

    private static final List<String> moreOptions = new ArrayList<>();

    /** Options for the next run only. */
    Heap with(String... more) {
        moreOptions.addAll(List.of(more));
        return this;
    }

    /** Runs a main class with this heap; it must succeed. */
    Result run(Class<?> main, String... args) throws Exception {
        return start(main, args).shouldHaveExitCode(0);
    }

    /** Runs a main class with this heap. */
    Result start(Class<?> main, String... args) throws Exception {
        Path out = Files.createTempFile(Path.of("."), "out", ".txt");
        Process process = launch(main, out, args);
        if (!process.waitFor(5, TimeUnit.MINUTES)) {
            process.destroyForcibly();
            throw new AssertionError("no end after 5 minutes:\n" + Files.readString(out));
        }
        String text = Files.readString(out);
        if (!text.isEmpty()) {
            System.out.println("[" + String.join(" ", args) + "] " + text.stripTrailing());
        }
        return new Result(process.exitValue(), text);
    }

    Process launch(Class<?> main, Path out, String... args) throws Exception {
        List<String> all = new ArrayList<>();
        all.add("-XX:PersistentHeap=" + directory);
        all.add("-XX:PersistentHeapSize=64m");
        all.addAll(options);
        all.addAll(moreOptions);
        moreOptions.clear();
        return java(out, all, main, args);
    }

    /** Starts a virtual machine with the options given to this test. */
    static Process java(Path out, List<String> options, Class<?> main, String... args) throws Exception {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        for (String property : List.of("test.vm.opts", "test.java.opts")) {
            String value = System.getProperty(property, "").strip();
            if (!value.isEmpty()) {
                command.addAll(Arrays.asList(value.split("\\s+")));
            }
        }
        command.add("-ea");
        command.addAll(options);
        command.add("-cp");
        command.add(System.getProperty("test.class.path", System.getProperty("java.class.path")));
        command.add(main.getName());
        command.addAll(List.of(args));
        return new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(out.toFile()).start();
    }

    // ---- Checks ----

    static void check(boolean condition, String message) {
        if (!condition) {
            throw new AssertionError(message);
        }
    }

    static void equal(Object actual, Object expected) {
        if (!Objects.deepEquals(actual, expected)) {
            throw new AssertionError("is " + show(actual) + ", expected " + show(expected));
        }
    }

    private static String show(Object o) {
        return (o instanceof Object[] array) ? Arrays.deepToString(array) : String.valueOf(o);
    }

    interface Body {
        void run() throws Throwable;
    }

    static <T extends Throwable> T fails(Class<T> type, Body body) {
        try {
            body.run();
        } catch (Throwable e) {
            if (e.getClass() == type) {
                return type.cast(e);
            }
            throw new AssertionError("expected " + type + ", not " + e, e);
        }
        throw new AssertionError("expected " + type);
    }

    static void contains(String text, String... parts) {
        for (String part : parts) {
            check(text != null && text.contains(part), "\"" + text + "\" should contain \"" + part + "\"");
        }
    }
}
