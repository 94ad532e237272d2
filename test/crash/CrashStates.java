/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;

/**
 * Builds states that power loss can leave of a heap, from traces of runs, and looks whether each is a
 * heap with everything acknowledged and nothing in part: doc/crash-states.md.
 *
 *   java -Dimages=N -Dsamples=M -Dseed=S CrashStates DIRECTORY [-- JVM OPTION...]
 *
 * N images in all are judged by HeapImage, M of these are also opened by a JVM, whose recovery is traced
 * and judged in turn. With a debug VM, steps are then left out that make the media crash-safe: each must be found.
 */
public final class CrashStates {
    static final int IMAGES = Integer.getInteger("images", 12_000);
    static final int SAMPLES = Integer.getInteger("samples", 100);
    static final int NESTED = Integer.getInteger("nested", 40);
    /** Traces in which a step that was left out may show. */
    static final int ROUNDS = 8;
    static final long SEED = Long.getLong("seed", System.nanoTime());
    static final String ONLY = System.getProperty("only", "");
    static final boolean BREAKS = !System.getProperty("breaks", "true").equals("false");
    /** The JVM that is examined. */
    static final String JAVA = System.getProperty("java", Path.of(System.getProperty("java.home"), "bin", "java").toString());
    static final boolean DEBUG = !System.getProperty("jdk.debug", "release").equals("release") || Boolean.getBoolean("debug");

    /** A run that is traced. share: of the images; steps: for -XX:PersistentHeapBreak. */
    record Scenario(String mode, String media, int share, String steps, String... options) {
        String name() {
            return media + " " + mode + (steps.isEmpty() ? "" : " " + steps);
        }
    }

    static final String LONG = "-Dworkload.length=20000";
    static final Scenario[] SCENARIOS = {
        new Scenario("single", "memory", 10, ""),
        new Scenario("single", "file", 10, ""),
        new Scenario("many", "memory", 10, "applier-eager"),
        new Scenario("many", "file", 10, "applier-eager"),
        new Scenario("many", "file", 8, "applier-idle"),
        new Scenario("outside", "memory", 6, "applier-eager"),
        new Scenario("outside", "file", 8, ""),
        new Scenario("wrap", "memory", 8, ""),
        new Scenario("wrap", "file", 8, "applier-eager"),
        new Scenario("wrap", "file", 6, "applier-idle"),
        new Scenario("overflow", "memory", 5, "", LONG),
        new Scenario("overflow", "file", 5, "applier-eager", LONG),
        new Scenario("huge", "memory", 2, "", "-Dworkload.length=100000", "-XX:PersistentHeapLogSize=16m",
                "-Dworkload.scale=0.4"),
        new Scenario("savepoint", "memory", 5, "applier-eager"),
        new Scenario("savepoint", "file", 5, ""),
        new Scenario("abort", "file", 4, ""),
        new Scenario("large", "memory", 5, "applier-eager"),
        new Scenario("large", "file", 5, ""),
        new Scenario("classes", "memory", 5, "applier-eager"),
        new Scenario("classes", "file", 5, ""),
        new Scenario("gc", "memory", 8, "applier-eager"),
        new Scenario("gc", "file", 8, ""),
        new Scenario("grow", "memory", 2, ""),
        new Scenario("grow", "file", 3, ""),
        new Scenario("evacuate", "memory", 2, "", "-XX:PersistentHeapSize=32m"),
        new Scenario("evacuate", "file", 2, "", "-XX:PersistentHeapSize=32m"),
        new Scenario("exit", "memory", 3, ""),
        new Scenario("exit", "file", 3, ""),
        new Scenario("full", "memory", 2, "", "-XX:PersistentHeapSize=32m"),
        new Scenario("full", "file", 2, "", "-XX:PersistentHeapSize=32m"),
    };

    /** A step left out, and the run in which that shows. */
    static final Scenario[] BROKEN = {
        new Scenario("single", "memory", 1, "log-fence"),
        new Scenario("single", "memory", 1, "log-flush"),
        new Scenario("single", "file", 1, "log-sync"),
        new Scenario("outside", "file", 1, "early-durable"),
        new Scenario("many", "memory", 1, "data-flush,applier-eager"),
        new Scenario("many", "memory", 1, "data-sync,applier-eager"),
        new Scenario("many", "file", 1, "data-sync,applier-eager"),
        new Scenario("many", "memory", 1, "checkpoint-first,applier-eager"),
        new Scenario("many", "file", 1, "checkpoint-first,applier-eager"),
        new Scenario("wrap", "file", 1, "early-trim,applier-idle"),
        new Scenario("wrap", "file", 1, "checksum"),
        new Scenario("outside", "file", 1, "epoch"),
        new Scenario("overflow", "file", 1, "overflow-sync", LONG),
        new Scenario("overflow", "memory", 1, "overflow-sync", LONG),
        new Scenario("overflow", "file", 1, "overflow-delete,applier-eager", LONG),
        new Scenario("single", "file", 1, "superblock-first"),
        new Scenario("grow", "file", 1, "grow-sync,applier-idle"),
    };

    static int passed;
    static int failed;
    static long totalImages;
    static long totalNested;
    static long totalSeconds;

    final Scenario scenario;
    final Path directory;
    final List<String> options;
    final Random random;
    int nested;
    int nestedExhaustive;

    CrashStates(Scenario scenario, Path directory, List<String> options, long seed) {
        this.scenario = scenario;
        this.directory = directory;
        this.options = options;
        this.random = new Random(seed);
    }

    /** Runs a JVM on a heap; null or what went wrong. */
    String java(Path heap, Path trace, String mode, String... more) throws Exception {
        List<String> command = new ArrayList<>();
        command.add(JAVA);
        command.addAll(List.of("-Xshare:auto", "-Xmx96m", "-XX:+UnlockDiagnosticVMOptions", "-XX:PersistentHeap=" + heap,
                "-XX:PersistentHeapSize=128m", "-XX:PersistentHeapInitialSize=32m", "-XX:PersistentHeapLogSize=1m",
                "-XX:PersistentHeapFlushMillis=1", "-XX:PersistentHeapMedia=" + scenario.media,
                "-XX:PersistentHeapTrace=" + trace, "-XX:-CreateCoredumpOnCrash", "-XX:ErrorFile=" + directory.resolve("hs_err.log")));
        if (!scenario.steps.isEmpty()) {
            command.add("-XX:PersistentHeapBreak=" + scenario.steps);
        }
        command.addAll(Arrays.asList(scenario.options));
        command.addAll(Arrays.asList(more));
        command.addAll(options);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), "CrashWorkload", mode));
        Path out = directory.resolve("out");
        Process process = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(out.toFile()).start();
        if (!process.waitFor(3, TimeUnit.MINUTES)) {
            process.destroyForcibly().waitFor();
            return "the JVM did not end in 3 minutes";
        }
        String text = Files.readString(out);
        if (process.exitValue() != 0 || !text.startsWith("consistent")) {
            return "exit code " + process.exitValue() + ": " + text.lines().limit(12).reduce("", (a, b) -> a + "\n      " + b);
        }
        return null;
    }

    /** The JVM opens an image, goes on a little, and so may crash again. */
    String second(HeapImage image, long recovered, Random random) throws Exception {
        Path heap = directory.resolve("second");
        Path trace = directory.resolve("second.trace");
        CrashTest.deleteIfThere(heap);
        image.write(heap);
        boolean more = random.nextBoolean() && !List.of("grow", "full", "evacuate").contains(scenario.mode);
        String error = java(heap, trace, more ? scenario.mode : "check", "-Dworkload.scale=0.1",
                "-XX:+PersistentHeapVerify", "-XX:+PersistentHeapAudit");
        if (error != null) {
            return "a JVM that opened it: " + error;
        }
        StateCheck check = new StateCheck(new CrashTrace(trace), image, scenario.media.equals("memory"), random);
        check.run(NESTED, 0, null);
        nested += check.images;
        nestedExhaustive += check.exhaustive;
        if (!check.errors.isEmpty()) {
            return "in the JVM that opened it, " + check.errors.getFirst();
        }
        HeapImage after = HeapImage.read(heap);
        if (after.recover() != HeapImage.Outcome.OPENED || after.sequence < recovered || after.sequence != check.last()) {
            return "a JVM that opened it left " + after.outcome + " " + after.sequence + " of " + check.last();
        }
        return null;
    }

    /** Returns what was found. */
    List<String> run(int images, int seconds, int maxErrors) throws Exception {
        long start = System.nanoTime();
        Files.createDirectories(directory);
        Path heap = directory.resolve("heap");
        Path trace = directory.resolve("trace");
        CrashTest.deleteIfThere(heap);
        String error = java(heap, trace, scenario.mode);
        if (error != null) {
            return List.of("the run itself: " + error);
        }
        long ran = System.nanoTime();
        CrashTrace events = new CrashTrace(trace);
        StateCheck check = new StateCheck(events, new HeapImage(), scenario.media.equals("memory"), random);
        check.maxErrors = maxErrors;
        check.run(images, seconds, this::second);
        totalImages += check.images;
        totalNested += nested;
        totalSeconds += check.seconds;
        if (check.errors.isEmpty()) {
            HeapImage after = HeapImage.read(heap);
            // Also: the trace is of all that happened.
            if (after.recover() != HeapImage.Outcome.OPENED || after.sequence != check.last()) {
                return List.of("the heap at the end: " + after.outcome + " " + after.sequence + " of " + check.last() + " " + after.why);
            }
        }
        System.out.printf("%-34s %6d events, %6d images (all of %d points), %3d opened by a JVM: %5d images of those; %.1f + %.1f s%s%n",
                scenario.name(), events.count(), check.images, check.exhaustive, check.seconds, nested,
                (ran - start) / 1e9, (System.nanoTime() - ran) / 1e9, check.errors.isEmpty() ? "" : ", " + check.errors.size() + " ERRORS");
        return check.errors;
    }

    public static void main(String[] args) throws Exception {
        Path directory = Path.of(args[0], "crash-states-" + ProcessHandle.current().pid());
        List<String> options = Arrays.asList(args).subList(Math.min(args.length, 2), args.length);
        List<Scenario> scenarios = new ArrayList<>();
        for (Scenario s : SCENARIOS) {
            if (s.name().contains(ONLY) || ONLY.contains("/" + s.name() + "/")) {
                // Without a debug VM the applier is what it is.
                scenarios.add(DEBUG ? s : new Scenario(s.mode, s.media, s.share, "", s.options));
            }
        }
        int shares = scenarios.stream().mapToInt(Scenario::share).sum();
        System.out.println("seed " + SEED);
        for (Scenario s : scenarios) {
            int seconds = (int) Math.max(Math.min(1, SAMPLES), Math.round((double) SAMPLES * s.share / shares));
            List<String> errors = new CrashStates(s, directory, options, SEED)
                    .run((int) ((long) IMAGES * s.share / shares + 1), seconds, 5);
            if (errors.isEmpty()) {
                passed++;
            } else {
                failed++;
                System.out.println("FAILED " + s.name() + ", seed " + SEED);
                errors.forEach(error -> System.out.println("    " + error));
            }
        }
        System.out.println(totalImages + " images, " + totalSeconds + " of them opened by a JVM, "
                + totalNested + " images of its runs");
        if (DEBUG && BREAKS) {
            for (Scenario s : BROKEN) {
                if (!s.name().contains(ONLY) && !ONLY.contains("/" + s.name() + "/")) {
                    continue;
                }
                // What recovery does wrong shows in a JVM only.
                boolean inRecovery = s.steps.contains("checksum") || s.steps.contains("epoch");
                // Whether a trace has the moment in which it shows is up to the threads: then another one.
                List<String> errors = List.of();
                for (int round = 0; round < ROUNDS && errors.isEmpty(); round++) {
                    errors = new CrashStates(s, directory, options, SEED + round).run(600 << Math.min(round, 3), inRecovery ? 16 : 0, 1);
                }
                if (errors.isEmpty()) {
                    failed++;
                    System.out.println("FAILED: not found: " + s.name() + ", seed " + SEED);
                } else {
                    passed++;
                    System.out.println("found: " + s.name() + ": " + errors.getFirst().lines().limit(3).reduce((a, b) -> a + " " + b.strip()).get());
                }
            }
        }
        CrashTest.deleteIfThere(directory);
        System.out.println(passed + " passed, " + failed + " failed");
        System.exit(failed == 0 ? 0 : 1);
    }
}
