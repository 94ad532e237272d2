/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * Kills programs with SIGKILL and looks at what the next run finds.
 *
 *   java -Dkills=N -Dseed=S CrashTest NAME=DIRECTORY... [-- JVM OPTION...]
 *
 * For each directory (they should be on media of different kinds) and each of the programs Bank and
 * Journal, a heap is created, and N times over a run is killed after a random time. Each run
 * first checks the heap's consistency by itself, and prints what it found there; that must
 * include everything which earlier runs acknowledged. Counts as passed: a kill after
 * which nothing is missing and nothing is half-done.
 */
public final class CrashTest {
    static final int KILLS = Integer.getInteger("kills", 25);
    static final long SEED = Long.getLong("seed", System.nanoTime());
    static final int MIN_MILLIS = Integer.getInteger("min.millis", 50);
    static final int MAX_MILLIS = Integer.getInteger("max.millis", 600);
    static final int NEW_HEAP_EVERY = 10;
    static final String[][] TIERS = {
        {}, {"-Xint"}, {"-XX:TieredStopAtLevel=1"}, {"-XX:-TieredCompilation"},
    };

    static int passed;
    static int failed;

    final String name;
    final String program;
    final Path heap;
    final Path out;
    final List<String> options;
    final Random random;
    /** By kind and thread: the greatest number acknowledged. */
    final Map<String, Long> acknowledged = new HashMap<>();

    CrashTest(String name, String program, Path directory, List<String> options, Random random)
            throws IOException {
        this.name = name;
        this.program = program;
        this.heap = directory.resolve("crash-" + program + "-" + ProcessHandle.current().pid());
        this.out = Files.createTempFile("crash", ".out");
        this.options = options;
        this.random = random;
    }

    void run() throws Exception {
        long total = 0;
        int kills = 0;
        for (int i = 0; kills <= KILLS; i++) {
            // A run that only looks: at the end, and before the heap could be full.
            boolean last = kills == KILLS || i % NEW_HEAP_EVERY == NEW_HEAP_EVERY - 1;
            List<String> tier = List.of(TIERS[random.nextInt(TIERS.length)]);
            Process process = start(tier, last);
            int millis = random.nextInt(MIN_MILLIS, MAX_MILLIS);
            // Now and then the kill comes while the heap is being opened.
            boolean early = !last && random.nextInt(8) == 0;
            String error = early ? null : awaitOpen(process);
            if (error == null && !last) {
                if (process.waitFor(millis, TimeUnit.MILLISECONDS)) {
                    error = "ended by itself, exit code " + process.exitValue();
                }
                process.destroyForcibly();
            }
            process.waitFor();
            if (error == null && last && process.exitValue() != 0) {
                error = "exit code " + process.exitValue();
            }
            long before = sum();
            if (error == null && early && openLine() != null) {
                error = found(openLine());
            }
            if (error == null) {
                error = read();
            }
            total += sum() - before;
            if (error != null) {
                failed++;
                System.out.println("FAILED " + name + " " + program + ", run " + i + " " + tier
                        + ", seed " + SEED + ": " + error);
                Files.readAllLines(out).stream()
                        .filter(line -> !line.startsWith("ack ") && !line.startsWith("force "))
                        .limit(20).forEach(line -> System.out.println("  " + line));
                System.out.println("  heap kept: " + heap);
                return;
            }
            if (i % NEW_HEAP_EVERY > 0) {
                passed++;       // the kill before this run
            }
            if (last) {
                delete(heap);
                acknowledged.clear();
                if (kills == KILLS) {
                    break;
                }
            } else {
                kills++;
            }
        }
        System.out.println(name + " " + program + ": killed " + kills + " times, "
                + total + " acknowledgements, nothing lost");
        Files.delete(out);
    }

    long sum() {
        return acknowledged.values().stream().mapToLong(Long::longValue).sum();
    }

    Process start(List<String> tier, boolean check) throws IOException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("-Xshare:auto", "-Xmx128m", "-XX:PersistentHeap=" + heap,
                "-XX:PersistentHeapSize=512m", "-Dbank.accounts=300"));
        command.addAll(tier);
        command.addAll(options);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), program));
        if (check) {
            command.add("check");
        }
        return new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(out.toFile()).start();
    }

    String awaitOpen(Process process) throws Exception {
        long end = System.nanoTime() + TimeUnit.MINUTES.toNanos(2);
        while (true) {
            boolean ended = process.waitFor(3, TimeUnit.MILLISECONDS);
            String open = openLine();
            if (open != null) {
                return found(open);
            }
            if (ended) {
                return "did not open, exit code " + process.exitValue();
            }
            if (System.nanoTime() > end) {
                process.destroyForcibly();
                return "did not open in 2 minutes";
            }
        }
    }

    String openLine() throws IOException {
        String text = "\n" + Files.readString(out);
        int start = text.indexOf("\nopen ");
        int end = (start >= 0) ? text.indexOf('\n', start + 1) : -1;
        return (end >= 0) ? text.substring(start + 1, end) : null;
    }

    /** Compares what a run found with what was acknowledged. */
    String found(String open) {
        String kind = null;
        int thread = 0;
        for (String word : open.split(" ")) {
            switch (word) {
                case "last", "steps" -> { kind = "ack"; thread = 0; }
                case "stores" -> { kind = "force"; thread = 0; }
                default -> {
                    if (kind != null) {
                        long value = Long.parseLong(word);
                        String key = kind + " " + thread++;
                        long expected = acknowledged.getOrDefault(key, 0L);
                        if (value < expected) {
                            return "LOST: " + key + " " + expected + " was acknowledged, found " + value;
                        }
                        acknowledged.put(key, value);
                    }
                }
            }
        }
        return null;
    }

    String read() throws IOException {
        for (String line : Files.readAllLines(out)) {
            String[] words = line.split(" ");
            if (words.length == 3 && (words[0].equals("ack") || words[0].equals("force"))) {
                acknowledged.merge(words[0] + " " + words[1], Long.parseLong(words[2]), Math::max);
            } else if (!line.startsWith("open ")) {
                return "unexpected output: " + line;
            }
        }
        return null;
    }

    static void deleteIfThere(Path directory) throws IOException {
        if (Files.exists(directory)) {
            delete(directory);
        }
    }

    static void delete(Path directory) throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            files.sorted(Comparator.reverseOrder()).forEach(file -> {
                try {
                    Files.delete(file);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
        }
    }

    public static void main(String[] args) throws Exception {
        List<String> all = Arrays.asList(args);
        int dashes = all.indexOf("--");
        List<String> directories = (dashes < 0) ? all : all.subList(0, dashes);
        List<String> options = (dashes < 0) ? List.of() : all.subList(dashes + 1, all.size());
        Random random = new Random(SEED);
        String[] programs = System.getProperty("programs", "Bank,Journal").split(",");
        for (String directory : directories) {
            int equals = directory.indexOf('=');
            for (String program : programs) {
                new CrashTest(directory.substring(0, equals), program,
                        Path.of(directory.substring(equals + 1)), options, random).run();
            }
        }
        System.out.println(passed + " passed, " + failed + " failed");
        System.exit(failed == 0 ? 0 : 1);
    }
}
