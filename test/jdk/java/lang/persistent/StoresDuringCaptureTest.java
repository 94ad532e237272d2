/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

/*
 * @test
 * @summary A transaction stores to objects while another thread's commit captures them, and is rolled back: the media
 *          has what was there before, and keeps the copies of strings that memory refers to
 * @run main/othervm/timeout=240 StoresDuringCaptureTest
 * @run main/othervm/timeout=240 StoresDuringCaptureTest -XX:-TieredCompilation
 * @run main/othervm/timeout=240 StoresDuringCaptureTest -XX:+UnlockDiagnosticVMOptions -XX:+PersistentAllocateAll
 */

import java.lang.persistent.Persistent;
import java.lang.persistent.PersistentHeap;
import java.lang.persistent.Txn;
import java.util.Random;
import java.util.concurrent.Exchanger;
import java.util.concurrent.locks.LockSupport;

public class StoresDuringCaptureTest {
    static final int ROUNDS = 40;
    static final String[] OPTIONS = {"-XX:PersistentHeapSize=512m", "-XX:+UnlockDiagnosticVMOptions", "-XX:+PersistentHeapAudit"};
    static final int NODES = 2_000;

    static class Node {
        long number;
        String text;
        Node(long number, String text) {
            this.number = number;
            this.text = text;
        }
    }

    static class Root {
        Node[][] rounds = new @Persistent Node[ROUNDS][];
        Filled[] filled = new @Persistent Filled[ROUNDS];
    }

    // Lines of their own: those of a copy that nothing refers to are used again.
    static final String PADDING = "-".repeat(800);

    static String text(int round, int i) {
        return "text " + round + " of " + i + PADDING;
    }

    // Stores to nodes until they are captured, and for a while after that.
    static void storeAndRollBack(Node[] nodes, int round) {
        Random random = new Random(round);
        for (int after = 0; after < 20; ) {
            if (done) after++;
            Txn txn = Txn.begin();
            for (int i = 0; i < 3; i++) {
                Node n = nodes[random.nextInt(NODES)];
                n.text = "not committed";
                if (round % 2 == 0) n.number = -1;
            }
            // What an outer level has stored is rolled back by it, not by the inner one.
            Txn inner = Txn.begin();
            Node n = nodes[random.nextInt(NODES)];
            n.text = "not committed either";
            if (round % 2 == 0) n.number = -2;
            inner.rollback();
            txn.rollback();
        }
    }

    static volatile boolean done;

    static void rolledBack() throws Exception {
        Root root = PersistentHeap.root("root", Root.class);
        Exchanger<Node[]> exchanger = new Exchanger<>();
        Thread other = Thread.ofPlatform().start(() -> {
            try {
                for (int round = 0; round < ROUNDS; round++) {
                    Node[] nodes = exchanger.exchange(null);
                    storeAndRollBack(nodes, round);
                    exchanger.exchange(null);
                }
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        });
        for (int round = 0; round < ROUNDS; round++) {
            // Not in a transaction: then others may capture them.
            Node[] nodes = new @Persistent Node[NODES];
            for (int i = 0; i < NODES; i++) nodes[i] = new @Persistent Node(i, text(round, i));
            done = false;
            exchanger.exchange(nodes);
            // Reaches all of them first, and then takes one after the other.
            root.rounds[round] = nodes;
            done = true;
            exchanger.exchange(null);
            check(root, round);
            if (round % 4 == 3) PersistentHeap.gc();
        }
        other.join();
    }

    static volatile int stored;

    static void setText(Node n) {
        n.text = "not committed";
        stored++;
    }

    // The copies of strings that open transactions have stored over are kept for them, and for who opens the heap when the process
    // has ended before they have.
    static void leftOpen() throws Exception {
        Root root = PersistentHeap.root("root", Root.class);
        for (int round = 0; round < ROUNDS; round++) {
            Node[] nodes = new @Persistent Node[NODES];
            for (int i = 0; i < NODES; i++) nodes[i] = new @Persistent Node(i, text(round, i));
            stored = 0;
            Thread other = Thread.ofPlatform().daemon().start(() -> {
                Txn.begin();
                for (int i = NODES - 1; i >= 0; i--) setText(nodes[i]);
                LockSupport.park();
            });
            while (stored < 100) Thread.onSpinWait();
            root.rounds[round] = nodes;
            while (stored < NODES) Thread.sleep(1);
        }
        PersistentHeap.gc();
        // In the place of what was freed.
        for (int i = 0; i < 40_000; i++) root.filled[i % ROUNDS] = new @Persistent Filled(100);
        PersistentHeap.force();
        Runtime.getRuntime().halt(0);
    }

    // With PersistentAllocateAll anybody may capture what an open transaction has allocated.
    static class Filled {
        final long[] longs;
        Filled(int length) {
            longs = new @Persistent long[length];
        }
    }

    static volatile Filled mailbox;

    static void captured() throws Exception {
        Root root = PersistentHeap.root("root", Root.class);
        Thread other = Thread.ofPlatform().start(() -> {
            for (int round = 0; round < ROUNDS; round++) {
                Txn.run(() -> {
                    Filled filled = new @Persistent Filled(20_000);
                    mailbox = filled;
                    for (int i = 0; i < filled.longs.length; i++) filled.longs[i] = i;
                });
            }
            done = true;
        });
        long[] others = new @Persistent long[40_000];
        for (int round = 0; !done; round++) {
            // Many stores: the implicit transaction ends.
            for (int i = 0; i < others.length; i++) others[i] = round;
            root.filled[round % ROUNDS] = mailbox;
        }
        other.join();
        root.filled[0] = mailbox;
    }

    static void check(Root root, int round) {
        Node[] nodes = root.rounds[round];
        Heap.equal(nodes.length, NODES);
        for (int i = 0; i < NODES; i++) {
            Heap.equal(nodes[i].number, (long) i);
            Heap.equal(nodes[i].text, text(round, i));
        }
    }

    public static void main(String[] args) throws Exception {
        switch (args.length > 0 ? args[0] : "") {
            case "write" -> {
                Txn.run(() -> PersistentHeap.setRoot("root", new @Persistent Root()));
                rolledBack();
            }
            case "captured" -> {
                Txn.run(() -> PersistentHeap.setRoot("root", new @Persistent Root()));
                captured();
            }
            case "leftOpen" -> {
                Txn.run(() -> PersistentHeap.setRoot("root", new @Persistent Root()));
                leftOpen();
            }
            case "read" -> {
                Root root = PersistentHeap.root("root", Root.class);
                for (int round = 0; round < ROUNDS; round++) check(root, round);
            }
            default -> {
                Heap heap = new Heap("during", args);
                heap.with(OPTIONS);
                if (String.join(" ", args).contains("AllocateAll")) {
                    // What is on the media then is no heap to go on with (names of roots are strings): the audit compares.
                    heap.run(StoresDuringCaptureTest.class, "captured");
                } else {
                    heap.run(StoresDuringCaptureTest.class, "write");
                    heap.with(OPTIONS).run(StoresDuringCaptureTest.class, "read");
                    heap.delete();
                    heap.with(OPTIONS).run(StoresDuringCaptureTest.class, "leftOpen");
                    heap.with(OPTIONS).run(StoresDuringCaptureTest.class, "read");
                }
                heap.delete();
            }
        }
    }
}
