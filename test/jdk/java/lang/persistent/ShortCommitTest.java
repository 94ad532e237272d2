/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

/*
 * @test
 * @summary Transactions that C2's code begins and commits by leaf calls, and those that it must leave to the
 *          VM (many stores, savepoints, a full log, a busy lock, a file that has to be synced, an exception), follow each other as
 *          one would expect, and what they stored is found after the VM was halted
 * @requires vm.compiler2.enabled
 * @library /test/lib
 * @build Heap
 * @run main ShortCommitTest
 */

import java.lang.persistent.Persistent;
import java.lang.persistent.PersistentHeap;
import java.lang.persistent.Txn;
import java.lang.persistent.TxnException;
import java.lang.persistent.VolatileReferenceException;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import jdk.test.lib.Platform;

public class ShortCommitTest {
    static final int THREADS = 4;
    static final int ROUNDS = Integer.getInteger("rounds", 10_000);

    static final class Account {
        long count, again, many;
        int rolledBack;
        String name;
        Account link;
        Object any;
        final long[] values = new @Persistent long[200];
    }

    public static void main(String[] args) throws Exception {
        if (args.length > 0) {
            switch (args[0]) {
                case "work"  -> {
                    work();
                    if (!Boolean.getBoolean("exits")) Runtime.getRuntime().halt(0);
                }
                case "link"  -> {
                    link();
                    if (!Boolean.getBoolean("exits")) Runtime.getRuntime().halt(0);
                }
                case "check" -> check();
            }
            return;
        }
        String[] c2 = {"-XX:-TieredCompilation", "-Xbatch", "-XX:+UnlockDiagnosticVMOptions", "-XX:+PersistentHeapAudit"};
        for (String media : List.of("memory", "file")) {
            Heap heap = new Heap(media, "-XX:PersistentHeapSize=64m", "-XX:PersistentHeapLogSize=1m", "-XX:PersistentHeapMedia=" + media);
            String rounds = "-Drounds=" + (media.equals("file") ? 300 : ROUNDS);
            heap.with(c2).with(rounds, "-XX:CompileCommand=quiet", "-XX:CompileCommand=PrintInlining,ShortCommitTest::round",
                              "-XX:CompileCommand=PrintInlining,java.lang.persistent.ThreadContext::*").run(ShortCommitTest.class, "work")
                    .shouldContain("PersistentVM::tryBegin (2 bytes)   (intrinsic)").shouldContain("PersistentVM::tryCommit (2 bytes)   (intrinsic)");
            heap.with(rounds).run(ShortCommitTest.class, "check");
        }
        Heap linked = new Heap("linked", "-XX:PersistentHeapSize=64m", "-XX:PersistentHeapMedia=memory");
        Heap.Result links = linked.with(c2).with("-Drounds=20000", "-Dexits=true", "-Xlog:pheap=debug").run(ShortCommitTest.class, "link");
        if (Platform.isDebugBuild()) expect(leafCommits(links) > 5_000, leafCommits(links) + " commits with references by leaf calls");
        linked.with(c2).with("-Drounds=20000").run(ShortCommitTest.class, "link");      // halts
        linked.with("-Drounds=20000", "-Dexits=true").run(ShortCommitTest.class, "link");
        // Every commit may be the one after which an audit is due.
        for (String media : List.of("memory", "file")) {
            String rounds = "-Drounds=" + (media.equals("file") ? 300 : 3000);
            Heap heap = new Heap("audited-" + media, "-XX:PersistentHeapSize=64m", "-XX:PersistentHeapMedia=" + media);
            Heap.Result result = heap.with(c2).with("-XX:PersistentHeapAuditInterval=500", rounds, "-Dexits=true", "-Xlog:pheap=debug")
                    .run(ShortCommitTest.class, "work").shouldContain("audit");
            if (Platform.isDebugBuild()) {
                expect((leafCommits(result) > 0) == media.equals("memory"), "commits by leaf calls with media kind " + media);
            }
            heap.with(rounds).run(ShortCommitTest.class, "check");
        }
    }

    static int leafCommits(Heap.Result result) {
        Matcher leaves = Pattern.compile("([0-9]+) commits by leaf calls").matcher(result.output());
        expect(leaves.find(), "the number of commits by leaf calls is in the output");
        return Integer.parseInt(leaves.group(1));
    }

    /** A list of new objects, a string in each, grows and is dropped; the next VM finds the one of the last. */
    static void link() {
        Account head = PersistentHeap.root("head", Account.class, () -> new @Persistent Account());
        long n = 0;
        for (Account a = head.link; a != null; a = a.link) {
            expect(a.count == head.count - n++ && a.name.equals("name " + a.count), a.name + " " + a.count + " of " + head.count);
        }
        expect(head.many == n, n + " accounts, not " + head.many);
        for (int k = 0; k < ROUNDS; k++) add(head, k);
    }

    static void add(Account head, int k) {
        try (Txn txn = Txn.begin()) {
            Account a = new @Persistent Account();
            a.link = head.many < 1000 ? head.link : null;
            head.many = head.many < 1000 ? head.many + 1 : 1;
            head.link = a;
            a.count = ++head.count;
            a.name = "name " + a.count;
            txn.commit();
        }
    }

    static void work() throws Exception {
        Account[] accounts = PersistentHeap.root("accounts", Account[].class, () -> new @Persistent Account[THREADS]);
        List<Thread> threads = new ArrayList<>();
        List<Throwable> failures = java.util.Collections.synchronizedList(new ArrayList<>());
        for (int i = 0; i < THREADS; i++) {
            Account a = new @Persistent Account();
            int n = i;
            Txn.run(() -> accounts[n] = a);
            threads.add(Thread.ofPlatform().start(() -> {
                try {
                    for (int k = 0; k < ROUNDS; k++) round(a, k);
                } catch (Throwable e) {
                    failures.add(e);
                }
            }));
        }
        for (Thread t : threads) t.join();
        if (!failures.isEmpty()) throw new AssertionError(failures.getFirst());
    }

    static void round(Account a, int k) {
        try (Txn txn = Txn.begin()) {
            a.count++;
            txn.commit();
        }
        try (Txn txn = Txn.begin()) {       // nothing stored
            txn.commit();
        }
        try (Txn txn = Txn.begin()) {
            a.rolledBack = k;
            a.again = -1;
        }
        expect(a.rolledBack == 0 && a.again == k, "a rollback after a short commit");
        try (Txn outer = Txn.begin()) {
            a.again++;
            try (Txn inner = Txn.begin()) {
                a.rolledBack = 7;
                if (k % 2 == 0) {
                    inner.rollback();
                } else {
                    a.rolledBack = 0;
                    inner.commit();
                }
            }
            outer.commit();
        }
        if (k % 16 == 0) {
            try (Txn txn = Txn.begin()) {   // more than a short commit takes
                for (int i = 0; i < a.values.length; i++) a.values[i] = k + i;
                a.many = k;
                txn.commit();
            }
            try (Txn txn = Txn.begin()) {   // references
                a.name = "name " + k;
                a.link = new @Persistent Account();
                a.link.count = k;
                txn.commit();
            }
        }
        if (k % 16 == 1) {
            try (Txn txn = Txn.begin()) {
                a.count = -1;
                a.link = new @Persistent Account();
                a.any = new Object();
                txn.commit();
                throw new AssertionError("a volatile object was committed");
            } catch (VolatileReferenceException e) {
                expect(a.any == null && a.count == k + 1 && a.link.count == k - 1, "what a failed commit had stored is gone");
            }
        }
        if (k % 64 == 2) {
            long many = a.many;
            try (Txn txn = Txn.begin()) {
                a.link = new @Persistent Account();
                a.many = -1;
                Thread other = Thread.ofPlatform().start(() -> a.many = many);
                try {
                    other.join();
                } catch (InterruptedException e) {
                    throw new AssertionError(e);
                }
                txn.commit();
                throw new AssertionError("another thread's store was not noticed");
            } catch (TxnException e) {
                expect(a.many == many && a.link.count == k - 2, "what a conflict left");
            }
        }
        expect(!Txn.isActive(), "no transaction is open");
    }

    static void expect(boolean ok, String what) {
        if (!ok) throw new AssertionError(what);
    }

    static void check() {
        Account[] accounts = PersistentHeap.root("accounts", Account[].class);
        int last = (ROUNDS - 1) / 16 * 16;
        for (Account a : accounts) {
            expect(a.count == ROUNDS && a.again == ROUNDS && a.rolledBack == 0 && a.many == last,
                   a.count + " " + a.again + " " + a.rolledBack + " " + a.many + " after " + ROUNDS + " rounds");
            expect(a.name.equals("name " + last) && a.link.count == last, a.name + " " + a.link.count);
            for (int i = 0; i < a.values.length; i++) expect(a.values[i] == last + i, "values[" + i + "] = " + a.values[i]);
        }
    }
}
