/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

/*
 * @test
 * @summary What a virtual thread stored on one carrier is durable when a commit on another one has returned, one that stored nothing, too
 * @run main/othervm VirtualThreadCommitTest
 */

import java.lang.persistent.Persistent;
import java.lang.persistent.PersistentHeap;
import java.lang.persistent.Txn;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

public class VirtualThreadCommitTest {
    static class Cell {
        long value;
    }

    static Cell root() {
        return PersistentHeap.root("cell", Cell.class, () -> new @Persistent Cell());
    }

    static String carrier() {
        String name = Thread.currentThread().toString();
        return name.substring(name.indexOf('@'));
    }

    // Stores on one carrier and commits on another one; then the process is killed.
    static void write() throws Exception {
        Cell cell = root();
        Process killer = new ProcessBuilder("sh", "-c", "read x; kill -9 " + ProcessHandle.current().pid()).start();
        PersistentHeap.force();
        Thread t = Thread.ofVirtual().start(() -> {
            boolean moved = false;
            for (int i = 0; i < 20_000 && !moved; i++) {
                String before = carrier();
                cell.value++;
                LockSupport.parkNanos(1000);
                moved = !before.equals(carrier());
            }
            Txn.run(() -> {});
            System.out.println("DURABLE " + cell.value + (moved ? " moved" : ""));
            System.out.flush();
            try {
                killer.getOutputStream().write('\n');
                killer.getOutputStream().flush();
                Thread.sleep(60_000);
            } catch (Exception e) {
                throw new AssertionError(e);
            }
        });
        // Take the carriers in turn.
        Thread.ofVirtual().start(() -> {
            while (t.isAlive()) {
                Thread.yield();
                LockSupport.parkNanos(1);
            }
        });
        Thread.ofVirtual().start(() -> {
            while (t.isAlive()) Thread.yield();
        });
        t.join();
    }

    public static void main(String[] args) throws Exception {
        if (args.length > 0 && args[0].equals("write")) {
            write();
        } else if (args.length > 0 && args[0].equals("read")) {
            System.out.println("FOUND " + root().value);
        } else {
            Heap heap = new Heap("carriers", "-XX:+UnlockDiagnosticVMOptions", "-XX:PersistentHeapMedia=file", "-Djdk.virtualThreadScheduler.parallelism=2");
            for (int i = 0; i < 6; i++) {
                long durable = number("DURABLE", heap.start(VirtualThreadCommitTest.class, "write"));
                long found = number("FOUND", heap.run(VirtualThreadCommitTest.class, "read"));
                Heap.check(found >= durable, "found " + found + ", committed " + durable);
            }
        }
    }

    static long number(String what, Heap.Result result) {
        Matcher m = Pattern.compile(what + " (\\d+)").matcher(result.output());
        Heap.check(m.find(), "no " + what);
        return Long.parseLong(m.group(1));
    }
}
