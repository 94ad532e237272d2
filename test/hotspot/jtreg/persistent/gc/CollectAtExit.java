/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

/*
 * @test
 * @summary A full collection at the end of the VM, after the marker thread has stopped in the middle of a cycle, takes nothing that it has
 *          marked for seen
 * @library /test/jdk/java/lang/persistent
 * @build Heap
 * @run main/othervm/native/timeout=300 CollectAtExit
 */

import java.lang.management.ManagementFactory;
import java.lang.persistent.Persistent;
import java.lang.persistent.PersistentHeap;
import java.lang.persistent.Txn;
import java.nio.file.Path;
import javax.management.MBeanServer;
import javax.management.ObjectName;

public class CollectAtExit {
    static final int LENGTH = 60_000;

    static final class Node {
        int number;
        Node next;
        Node[] others;
    }

    static volatile boolean exits;

    static Node list() {
        Node last = null;
        for (int i = LENGTH - 1; i >= 0; i--) {
            Node n = new @Persistent Node();
            n.number = i;
            n.next = last;
            n.others = new @Persistent Node[3];
            n.others[1] = new @Persistent Node();
            n.others[1].number = -i;
            last = n;
        }
        return last;
    }

    static void check(Node first) {
        int i = 0;
        for (Node n = first; n != null; n = n.next, i++) {
            if (n.number != i || n.others.length != 3 || n.others[1].number != -i) throw new AssertionError("node " + i + " has " + n.number);
        }
        if (i != LENGTH) throw new AssertionError(i + " nodes");
    }

    // A full collection, in the shortest way.
    static void histogram(MBeanServer server, ObjectName commands) {
        try {
            server.invoke(commands, "gcClassHistogram", new Object[] {null}, new String[] {String[].class.getName()});
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    static void daemon(Runnable r) {
        Thread t = new Thread(r);
        t.setDaemon(true);
        t.start();
    }

    static void exit(int marking, int later) throws Exception {
        Node[] root = PersistentHeap.root("root", Node[].class, () -> new @Persistent Node[1]);
        if (root[0] == null) Txn.run(() -> root[0] = list());
        check(root[0]);
        MBeanServer server = ManagementFactory.getPlatformMBeanServer();
        ObjectName commands = new ObjectName("com.sun.management:type=DiagnosticCommand");
        histogram(server, commands);
        daemon(() -> {
            try {
                while (!exits) Thread.sleep(1);
                Thread.sleep(later);
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
            while (true) histogram(server, commands);
        });
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            daemon(System::gc);
            try {
                Thread.sleep(marking);
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
            exits = true;
        }));
        System.exit(0);
    }

    public static void main(String[] args) throws Exception {
        if (args.length == 2) {
            exit(Integer.parseInt(args[0]), Integer.parseInt(args[1]));
        } else if (args.length == 1) {
            check(PersistentHeap.root("root", Node[].class)[0]);
        } else {
            Heap heap = new Heap("exit", "-XX:PersistentHeapSize=32m", "-Xmx128m", "-XX:+ExplicitGCInvokesConcurrent");
            String agent = "-agentpath:" + Path.of(System.getProperty("test.nativepath"), "libSlowExit.so");
            for (int marking : new int[] {60, 20}) {
                heap.with(agent).run(CollectAtExit.class, Integer.toString(marking), "400");
                heap.run(CollectAtExit.class, "check");
            }
        }
    }
}
