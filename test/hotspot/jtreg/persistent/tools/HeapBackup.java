/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

/*
 * @test
 * @summary jcmd PersistentHeap.backup while a bank works: copies are consistent and hold what was acknowledged before
 * @modules jdk.jheap
 * @build Tools
 * @run main/othervm/timeout=600 --enable-native-access=jdk.jheap HeapBackup
 */

import java.io.BufferedReader;
import java.lang.persistent.Persistent;
import java.lang.persistent.PersistentHeap;
import java.lang.persistent.Txn;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;

public class HeapBackup {
    static final int THREADS = 4;
    static final int ACCOUNTS = 4000;

    static final class Transfer {
        long number;
        long amount;
        Transfer before;
    }

    static final class Account {
        long balance;
        Transfer last;
        int length;
    }

    static final class Bank {
        Account[] accounts;
        long[] counts;              // transfers by thread
        byte[][] blocks;            // for the file to grow
    }

    static class Child {
        static final AtomicLongArray acked = new AtomicLongArray(THREADS);
        static final AtomicLong longest = new AtomicLong();

        static void work(Bank bank, int t) {
            // Each thread has a share of the accounts: no locks.
            int first = t * (ACCOUNTS / THREADS);
            ThreadLocalRandom random = ThreadLocalRandom.current();
            for (long n = bank.counts[t] + 1; ; n++) {
                Account from = bank.accounts[first + random.nextInt(ACCOUNTS / THREADS)];
                Account to = bank.accounts[first + random.nextInt(ACCOUNTS / THREADS)];
                long amount = random.nextInt(100);
                long number = n;
                long start = System.nanoTime();
                Txn.run(() -> {
                    from.balance -= amount;
                    to.balance += amount;
                    Transfer x = new @Persistent Transfer();
                    x.number = number;
                    x.amount = amount;
                    x.before = to.length % 50 == 49 ? null : to.last;
                    to.last = x;
                    to.length++;
                    bank.counts[t] = number;
                    if (number % 2000 == 0) {
                        byte[] block = new @Persistent byte[256 << 10];
                        Arrays.fill(block, (byte) number);
                        bank.blocks[(int) (number / 2000 * THREADS + t) % bank.blocks.length] = block;
                    }
                });
                longest.accumulateAndGet(System.nanoTime() - start, Math::max);
                acked.set(t, n);
            }
        }

        static void show(Bank bank) {
            long sum = 0;
            for (Account a : bank.accounts) {
                sum += a.balance;
                long before = Long.MAX_VALUE;
                for (Transfer x = a.last; x != null; x = x.before) {
                    Tools.check(x.number < before, "transfer %d after %d", x.number, before);
                    before = x.number;
                }
            }
            Tools.check(sum == ACCOUNTS * 1000L, "the bank has %d", sum);
            for (byte[] b : bank.blocks) {
                if (b != null) for (byte x : b) Tools.check(x == b[0], "a block is torn");
            }
            System.out.print("counts");
            for (long c : bank.counts) System.out.print(" " + c);
            System.out.println();
        }

        public static void main(String[] args) throws Exception {
            Bank bank = PersistentHeap.root("bank", Bank.class, () -> {
                Bank b = new @Persistent Bank();
                b.accounts = new @Persistent Account[ACCOUNTS];
                for (int i = 0; i < ACCOUNTS; i++) {
                    b.accounts[i] = new @Persistent Account();
                    b.accounts[i].balance = 1000;
                }
                b.counts = new @Persistent long[THREADS];
                b.blocks = new byte @Persistent [200][];
                return b;
            });
            if (args[0].equals("show")) {
                show(bank);
                return;
            }
            for (int t = 0; t < THREADS; t++) {
                int number = t;
                Thread thread = new Thread(() -> work(bank, number));
                thread.setDaemon(true);
                thread.start();
            }
            System.out.println("working");
            for (int c; (c = System.in.read()) != 'q' && c != -1; ) {
                if (c == 'm') {
                    StringBuilder s = new StringBuilder("acked");
                    for (int t = 0; t < THREADS; t++) s.append(' ').append(acked.get(t));
                    System.out.println(s);
                } else if (c == 'l') {
                    System.out.println("longest commit " + longest.getAndSet(0) / 1000 + " us");
                }
            }
            Runtime.getRuntime().halt(0);
        }
    }

    static long[] numbers(String line) {
        return Arrays.stream(line.split(" ")).skip(1).mapToLong(Long::parseLong).toArray();
    }

    static String ask(Process p, BufferedReader in, char command, String start) throws Exception {
        p.getOutputStream().write(command);
        p.getOutputStream().flush();
        for (String line; (line = in.readLine()) != null; ) {
            if (line.startsWith(start)) return line;
            System.out.println(line);
        }
        throw new AssertionError("the child has ended");
    }

    static Tools.Result jcmd(Process p, String... command) throws Exception {
        List<String> line = new java.util.ArrayList<>(List.of(Tools.JAVA_HOME + "/bin/jcmd", "" + p.pid()));
        line.addAll(List.of(command));
        return Tools.finish(new ProcessBuilder(line).redirectErrorStream(true).start());
    }

    static void run(String kind, String initial, int backups) throws Exception {
        Path heap = Path.of("bank-" + kind).toAbsolutePath();
        Process p = Tools.start(heap, Child.class, List.of("-XX:PersistentHeapSize=256m", "-XX:PersistentHeapInitialSize=" + initial,
            "-XX:PersistentHeapLogSize=4m", "-XX:+UnlockDiagnosticVMOptions", "-XX:PersistentHeapMedia=" + kind), "work");
        BufferedReader in = p.inputReader();
        while (!in.readLine().equals("working")) {}
        Tools.expect("no directory", jcmd(p, "PersistentHeap.backup"), 1, "mandatory");
        Tools.expect("not empty", jcmd(p, "PersistentHeap.backup", heap.toString()), 1, "is not empty");
        for (int i = 0; i < backups; i++) {
            Path copy = Path.of("copy-" + kind + i).toAbsolutePath();
            System.out.println(ask(p, in, 'l', "longest") + " without a backup");
            long[] acked = numbers(ask(p, in, 'm', "acked"));
            Tools.Result r = jcmd(p, "PersistentHeap.backup", copy.toString());
            Tools.expect("backup", r, 0, "copied to " + copy);
            System.out.println(r.out() + ask(p, in, 'l', "longest") + " with it");
            long[] after = numbers(ask(p, in, 'm', "acked"));
            Tools.expect("verify", Tools.jheap("verify", "-cp", Tools.CLASSES, copy), 0, "no problems", " 0 log records");
            Tools.Result shown = Tools.finish(Tools.start(copy, Child.class,
                List.of("-XX:+UnlockDiagnosticVMOptions", "-XX:+PersistentHeapVerify", "-XX:+PersistentHeapAudit"), "show"));
            Tools.expect("show", shown, 0, "counts ", " 0 differences");
            long[] counts = numbers(shown.out().lines().filter(l -> l.startsWith("counts")).findFirst().orElseThrow());
            for (int t = 0; t < THREADS; t++) {
                Tools.check(counts[t] >= acked[t], "thread %d: %d transfers acknowledged before, %d in the copy", t, acked[t], counts[t]);
                // One more may be committed and not yet counted.
                Tools.check(counts[t] <= after[t] + 1, "thread %d: %d transfers in the copy, %d acknowledged since", t, counts[t], after[t]);
            }
            System.out.println("acked " + Arrays.toString(acked) + " copied " + Arrays.toString(counts) + " then " + Arrays.toString(after));
            for (String n : new String[] {"data", "log", "lock"}) Files.deleteIfExists(copy.resolve(n));
        }
        p.getOutputStream().write('q');
        p.getOutputStream().flush();
        Tools.finish(p);
        Tools.expect("verify", Tools.jheap("verify", heap), 0, "no problems");
        for (String n : new String[] {"data", "log", "lock"}) Files.deleteIfExists(heap.resolve(n));
    }

    public static void main(String[] args) throws Exception {
        run("auto", "32m", 2);
        run("file", "128m", 1);
    }
}
