/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

package bench.driver;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

/** Starts what is measured: JMH forks, Java programs, programs on libpmemobj. */
final class Launch {
    private static int serial;

    private Launch() {}

    /** A new directory for a run, gone afterwards. */
    static final class Scratch implements AutoCloseable {
        final Path path;

        Scratch(String parent) throws IOException {
            path = Path.of(parent, "eh-bench-" + ProcessHandle.current().pid() + "-" + serial++);
            Files.createDirectories(path);
        }

        @Override
        public void close() throws IOException {
            try (var walk = Files.walk(path)) {
                walk.sorted(Comparator.reverseOrder()).forEach(p -> {
                    try {
                        Files.delete(p);
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                });
            }
        }
    }

    static List<String> heap(Scratch scratch, String... more) {
        List<String> options = new ArrayList<>(List.of("-XX:PersistentHeap=" + scratch.path.resolve("heap"),
                "-XX:PersistentHeapSize=2g", "-XX:+IgnoreUnrecognizedVMOptions", "-XX:PersistentHeapInitialSize=512m"));
        options.addAll(List.of(more));
        return options;
    }

    /** A JMH benchmark in a fork of its own; parent is the directory of its persistent heap, or null for none. */
    static Comparison.Measurement jmh(String jdk, String benchmark, String parent, String... params) {
        return () -> {
            try (Scratch scratch = new Scratch(parent != null ? parent : Config.MEMORY)) {
                List<String> args = new ArrayList<>(List.of("-XX:+UseG1GC", "-Xms256m", "-Xmx1g", "-Xmn64m", "-XX:+AlwaysPreTouch"));
                if (parent != null) {
                    args.addAll(heap(scratch));
                } else {
                    args.add("-XX:HeapBaseMinAddress=4g");          // where the heap is with the flag: references need a shift
                }
                ChainedOptionsBuilder b = new OptionsBuilder().include("^" + benchmark.replace(".", "\\.") + "$")
                        .jvm(jdk + "/bin/java").jvmArgs(args.toArray(String[]::new)).forks(1).threads(1)
                        .warmupIterations(4).warmupTime(TimeValue.milliseconds(Config.FULL ? 500 : 200))
                        .measurementIterations(4).measurementTime(TimeValue.milliseconds(Config.FULL ? 500 : 150))
                        .timeout(TimeValue.seconds(60)).verbosity(VerboseMode.SILENT).shouldFailOnError(true)
                        .shouldDoGC(false).output(Config.OUT + "/jmh.txt");
                for (int i = 0; i < params.length; i += 2) {
                    b.param(params[i], params[i + 1]);
                }
                RunResult result = new Runner(b.build()).runSingle();
                return result.getPrimaryResult().getStatistics().getPercentile(50);
            }
        };
    }

    /** A Java program that prints RESULT. */
    static Comparison.Measurement java(String jdk, String parent, List<String> options, String main, String... args) {
        return () -> {
            try (Scratch scratch = new Scratch(parent != null ? parent : Config.DISK)) {
                List<String> command = new ArrayList<>(List.of(jdk + "/bin/java", "-XX:+UseG1GC",
                        "-Djava.io.tmpdir=" + scratch.path, "-Djava.util.prefs.userRoot=" + scratch.path));
                for (String o : options) {
                    command.add(o.replace("%d", scratch.path.toString()));
                }
                command.addAll(List.of("-cp", Config.CLASS_PATH, main));
                for (String a : args) {
                    command.add(a.replace("%d", scratch.path.toString()));
                }
                return result(run(command, null));
            }
        };
    }

    /** A program on libpmemobj; %d in an argument is a new directory under parent. */
    static Comparison.Measurement peer(String parent, String name, String... args) {
        return () -> {
            if (Config.PEERS.isEmpty()) {
                throw new IOException("no libpmemobj here (Debian: libpmemobj-dev)");
            }
            try (Scratch scratch = new Scratch(parent)) {
                List<String> command = new ArrayList<>(List.of(Config.PEERS + "/" + name));
                for (String a : args) {
                    command.add(a.replace("%d", scratch.path.toString()));
                }
                return result(run(command, parent));
            }
        };
    }

    /** Runs a command and returns its output; fails with its last line if that fails. */
    static List<String> run(List<String> command, String parent) throws IOException, InterruptedException {
        ProcessBuilder b = new ProcessBuilder(command).redirectErrorStream(true);
        b.redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()));
        b.environment().remove("PMEM_IS_PMEM_FORCE");
        if (parent != null && parent.equals(Config.MEMORY)) {
            b.environment().put("PMEM_IS_PMEM_FORCE", "1");
        }
        Process p = b.start();
        Thread watchdog = Thread.ofVirtual().start(() -> {
            try {
                if (!p.waitFor(Config.FULL ? 900 : 300, TimeUnit.SECONDS)) {
                    p.destroyForcibly();
                }
            } catch (InterruptedException e) {
                // the process has ended
            }
        });
        List<String> lines = new ArrayList<>();
        try (BufferedReader in = p.inputReader()) {
            in.lines().forEach(lines::add);
        }
        int code = p.waitFor();
        watchdog.interrupt();
        if (code != 0) {
            String why = lines.stream().filter(l -> l.contains("Exception") || l.contains("Error")).findFirst()
                    .orElse(lines.isEmpty() ? "" : lines.getLast());
            throw new IOException("exit code " + code + " " + why);
        }
        return lines;
    }

    static double result(List<String> lines) throws IOException {
        for (String line : lines) {
            if (line.startsWith("RESULT ")) {
                return Double.parseDouble(line.substring(7));
            }
        }
        throw new IOException("no result: " + (lines.isEmpty() ? "" : lines.getLast()));
    }
}
