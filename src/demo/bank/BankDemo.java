/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;

/**
 * Runs the bank, kills it with SIGKILL at a random moment, starts it again, and checks
 * that nothing which it acknowledged is lost; several times.
 *
 *   java BankDemo HEAP-DIRECTORY ROUNDS SECONDS [JVM OPTION...]
 */
public final class BankDemo {
    public static void main(String[] args) throws Exception {
        Path heap = Path.of(args[0]);
        int rounds = Integer.parseInt(args[1]);
        double seconds = Double.parseDouble(args[2]);
        List<String> options = Arrays.asList(args).subList(3, args.length);

        Random random = new Random();
        Path out = Files.createTempFile("bank", ".out");
        long[] acknowledged = null;
        long kills = 0;
        System.out.println("Heap: " + heap + (Files.exists(heap.resolve("data")) ? "" : " (new)"));
        for (int round = 1; round <= rounds + 1; round++) {
            boolean last = round > rounds;
            long start = System.nanoTime();
            Process process = start(heap, options, out, last);
            String open = awaitOpen(process, out);
            if (open == null) {
                fail("The bank did not open (exit code " + process.waitFor() + "):", out);
            }
            long ready = (System.nanoTime() - start) / 1_000_000;
            long[] state = lastTransfers(open);
            for (int teller = 0; acknowledged != null && teller < state.length; teller++) {
                if (state[teller] < acknowledged[teller]) {
                    fail("LOST: teller " + teller + " was told that transfer " + acknowledged[teller]
                            + " is durable, but the last one in the heap is " + state[teller], null);
                }
            }
            String[] words = open.split(" ");
            System.out.printf("%s: up in %d ms, of which %s ms to open the bank;"
                    + " sum %s in %s accounts, %s%n",
                    last ? "Last run" : "Run " + round, ready, words[1], words[5], words[3],
                    (acknowledged == null)
                        ? "transfers so far: " + sum(state)
                        : "all " + sum(acknowledged) + " acknowledged transfers present");
            if (last) {
                if (process.waitFor() != 0) {
                    fail("Exit code " + process.exitValue() + ":", out);
                }
                break;
            }
            long before = sum(state);
            long millis = (long) (seconds * 1000 * (0.2 + 0.8 * random.nextDouble()));
            if (process.waitFor(millis, TimeUnit.MILLISECONDS)) {
                fail("The bank ended by itself, exit code " + process.exitValue() + ":", out);
            }
            process.destroyForcibly();          // SIGKILL
            process.waitFor();
            kills++;
            acknowledged = state;
            for (String line : Files.readAllLines(out)) {
                if (line.startsWith("ack ")) {
                    String[] ack = line.split(" ");
                    if (ack.length == 3) {
                        int teller = Integer.parseInt(ack[1]);
                        acknowledged[teller] = Math.max(acknowledged[teller], Long.parseLong(ack[2]));
                    }
                } else if (line.startsWith("error ")) {
                    fail(line, null);
                }
            }
            System.out.printf("       killed with -9 after %d ms and %d transfers%n",
                    millis, sum(acknowledged) - before);
        }
        Files.delete(out);
        System.out.println("Killed " + kills + " times, nothing lost.");
    }

    static Process start(Path heap, List<String> options, Path out, boolean check) throws IOException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.add("-XX:PersistentHeap=" + heap);
        command.addAll(options);
        command.add("-cp");
        command.add(System.getProperty("java.class.path"));
        command.add("Bank");
        if (check) {
            command.add("check");
        }
        return new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(out.toFile()).start();
    }

    /** Waits for the line that the bank prints when it is open; null if it does not. */
    static String awaitOpen(Process process, Path out) throws Exception {
        while (true) {
            boolean ended = process.waitFor(5, TimeUnit.MILLISECONDS);
            String text = Files.readString(out);
            int start = text.startsWith("open ") ? 0 : text.indexOf("\nopen ") + 1;
            if (start > 0 || text.startsWith("open ")) {
                int end = text.indexOf('\n', start);
                if (end >= 0) {
                    return text.substring(start, end);
                }
            }
            if (ended) {
                return null;
            }
        }
    }

    static long[] lastTransfers(String open) {
        String[] words = open.substring(open.indexOf(" last ") + 6).split(" ");
        return Arrays.stream(words).mapToLong(Long::parseLong).toArray();
    }

    private static long sum(long[] values) {
        return Arrays.stream(values).sum();
    }

    private static void fail(String message, Path out) throws IOException {
        System.out.println("FAILED: " + message);
        if (out != null) {
            List<String> lines = Files.readAllLines(out);
            lines.removeIf(line -> line.startsWith("ack "));
            lines.stream().limit(20).forEach(line -> System.out.println("  " + line));
        }
        System.exit(1);
    }
}
