/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

/*
 * @test
 * @summary Signals, exits and errors in the middle of transactions of 64 threads; a second JVM; a lock file left behind; a wall clock
 *          that jumps: what was acknowledged stays, nothing else of a transaction does, and nothing hangs
 * @run main/othervm/native/timeout=300 ProcessEnds
 */

import java.lang.persistent.Persistent;
import java.lang.persistent.PersistentHeap;
import java.lang.persistent.Txn;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.ReentrantLock;

public class ProcessEnds {
    static class Program {
        static final long NEVER = -1;           // stored, but not committed
        static final int OWN = 63;              // the main thread's cell
        static Faults.Root root;

        public static void main(String[] args) throws Exception {
            root = Faults.open();
            Faults.expect(root.plain != NEVER, "an uncommitted store was found");
            switch (args[0]) {
                case "work" -> {
                    Runtime.getRuntime().addShutdownHook(new Thread(() -> {
                        root.cells[OWN].transact();
                        Faults.print("hook");
                    }));
                    Faults.start(OWN, cell -> true);
                }
                case "exit" -> ends(() -> System.exit(5));
                case "halt" -> ends(() -> Runtime.getRuntime().halt(7));
                case "return" -> {
                    for (int i = 0; i < OWN; i++) {
                        Faults.Cell cell = root.cells[i];
                        Thread.ofPlatform().daemon().start(() -> {
                            while (true) {
                                cell.transact();
                            }
                        });
                    }
                    Thread.sleep(200);
                    Txn.begin();
                    root.plain = NEVER;
                }
                case "death" -> death();
                case "memory" -> memory();
                case "stack" -> stack();
                case "clock" -> clock();
                default -> {}
            }
        }

        /** In a transaction while all others work. */
        static void ends(Runnable how) throws Exception {
            Faults.start(OWN, cell -> true);
            Thread.sleep(200);
            Txn.begin();
            root.plain = NEVER;
            root.cells[OWN].store(root.cells[OWN].count + 1_000_000);
            how.run();
        }

        // ---- Errors ----

        static void unchanged(long count) {
            Faults.Cell cell = root.cells[OWN];
            Faults.expect(cell.count == count && root.plain != NEVER, "not rolled back: " + cell.count + " instead of " + count);
            cell.check();
            cell.transact();
        }

        static void death() throws Exception {
            Faults.Cell cell = root.cells[OWN];
            ReentrantLock lock = new ReentrantLock();
            for (int i = 0; i < 10; i++) {
                long before = cell.count;
                int levels = 1 + i % 3;
                Thread thread = new Thread(() -> {
                    for (int n = 0; n < levels; n++) {
                        Txn txn = Txn.begin();
                        txn.lock(lock);
                        cell.store(cell.count + 1000);
                        root.plain = NEVER;
                    }
                    throw new IllegalStateException("uncaught");
                });
                thread.setUncaughtExceptionHandler((t, e) -> {});
                thread.start();
                thread.join();
                Faults.expect(!lock.isLocked(), "the lock is held");
                unchanged(before);
            }
            Faults.print("died");
        }

        static void memory() throws Exception {
            Faults.Cell cell = root.cells[OWN];
            for (int i = 0; i < 4; i++) {
                boolean persistent = i % 2 == 0;
                long before = cell.count;
                try {
                    Txn.run(() -> {
                        cell.store(before + 1);
                        root.plain = NEVER;
                        List<Object> all = new ArrayList<>();
                        while (true) {
                            all.add(persistent ? new @Persistent long[50_000] : new long[50_000]);
                        }
                    });
                    throw new AssertionError("memory without end");
                } catch (OutOfMemoryError e) {
                    Faults.print("thrown " + e.getMessage());
                }
                unchanged(before);
            }
        }

        // Stack overflow at any place of a transaction: transactions are tried at every depth on the way up.
        // Where the stack ends nothing can be called, so results are counted.
        static int completed, failed, wrong;
        static final ReentrantLock LOCK = new ReentrantLock();

        static void attempt(Faults.Cell cell) {
            long before = cell.count;
            boolean done = false;
            try {
                Txn txn = Txn.begin();
                try {
                    txn.lock(LOCK);
                    root.plain = NEVER;
                    cell.store(before + 1);
                    root.plain = 1;
                    txn.commit();
                    done = true;
                } finally {
                    txn.close();
                }
            } catch (StackOverflowError e) {
                // What the commit did stands, if it was complete.
                if (cell.count != (done ? before + 1 : before)) wrong++;
                failed++;
                throw e;
            }
            if (cell.count != before + 1) wrong++;
            completed++;
        }

        static void dive(Faults.Cell cell, int end, long a, long b, long c) {
            try {
                dive(cell, end, a + 1, b, c);
            } catch (StackOverflowError e) {
                if (completed < end) attempt(cell);
                return;
            }
            if (completed < end) attempt(cell);
        }

        static void stack() throws Exception {
            Faults.Cell cell = root.cells[OWN];
            for (int i = 0; i < 40; i++) {
                int end = completed + 5;
                Thread thread = new Thread(null, () -> {
                    dive(cell, end, 0, 0, 0);
                    cell.store(cell.count + 1);         // outside transactions
                }, "diver", (512 << 10) + (i << 12));
                thread.start();
                thread.join();
                Faults.expect(!LOCK.isLocked(), "the lock is held");
                cell.check();
            }
            Faults.print("completed " + completed + ", failed " + failed + ", wrong " + wrong);
            Faults.expect(completed > 100 && failed > 100 && wrong == 0 && root.plain == 1, "stack");
            unchanged(cell.count);
        }

        static void clock() throws Exception {
            for (String seconds : new String[] {"315360000", "-315360000", "0"}) {
                Faults.arm("clock x 1 " + seconds);
                Faults.work(8, 20);
                root.plain++;
                PersistentHeap.force();
            }
            Faults.print("on time");
        }
    }

    static final Faults.Heap heap = new Faults.Heap("heap-ends", Program.class, "-XX:PersistentHeapSize=64m", "-XX:PersistentHeapLogSize=1m", "-Xlog:pheap");

    static Process working() throws Exception {
        Process process = heap.start(null, "work");
        heap.await(process, "ack ", 200);
        return process;
    }

    static boolean ignores(Process process, int signal) throws Exception {
        for (String line : Files.readAllLines(Path.of("/proc/" + process.pid() + "/status"))) {
            if (line.startsWith("SigIgn:")) {
                return (Long.parseUnsignedLong(line.substring(7).trim(), 16) >> (signal - 1) & 1) != 0;
            }
        }
        return false;
    }

    public static void main(String[] args) throws Exception {
        signals();
        heap.run(null, "exit").exits(5);
        heap.run(null, "halt").exits(7);
        heap.run(null, "return").exits(0);
        heap.run(null, "death").exits(0).has("died");
        heap.run(null, "memory").exits(0).has("thrown Persistent heap space", "thrown Java heap space");
        Faults.Run run = heap.run(null, "stack").exits(0).has("completed ");
        Faults.expect(!run.out().contains("inside a transaction"), "a transaction was left open:\n" + run.shortened());
        heap.run(null, "clock").exits(0).has("on time");
        locks();
        heap.check("");
    }

    static void signals() throws Exception {
        Process process = working();
        process.destroyForcibly();
        heap.end(process).exits(128 + 9);
        process = working();
        process.destroy();
        heap.end(process).exits(128 + 15).has("hook");
        process = working();
        if (ignores(process, 2)) {
            System.out.println("SIGINT is ignored here: not tested");
            process.destroyForcibly();
            heap.end(process);
        } else {
            new ProcessBuilder("kill", "-INT", "" + process.pid()).start().waitFor();
            heap.end(process).exits(128 + 2).has("hook");
        }
    }

    static void locks() throws Exception {
        Process first = working();
        for (int i = 0; i < 2; i++) {
            Faults.Run second = heap.run(null, "check").exits(1);
            second.has("Error: Persistent heap " + heap.directory + " is in use by process " + first.pid());
            Faults.expect(!second.out().contains("open "), "opened twice");
        }
        heap.await(first, "ack ", 400);
        first.destroyForcibly();
        heap.end(first).exits(128 + 9);
        // The lock is not the file: whatever a dead process left there.
        Path lock = heap.directory.resolve("lock");
        for (String left : new String[] {"1", "", "no number", "" + ProcessHandle.current().pid()}) {
            Files.writeString(lock, left);
            heap.check("");
            Faults.expect(!Files.readString(lock).equals(left), "the lock file does not name its process");
        }
    }
}
