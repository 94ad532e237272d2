/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

/*
 * @test
 * @summary Where every tenth object is left alive, there is room again for objects of all other sizes; what had to be moved is
 *          found by all who refer to it
 * @library /test/jdk/java/lang/persistent
 * @build Heap
 * @run main/othervm/timeout=600 Fragmentation -XX:TieredStopAtLevel=1 -XX:+VerifyAfterGC
 * @run main/othervm/timeout=600 Fragmentation -XX:-TieredCompilation -XX:+ExplicitGCInvokesConcurrent
 */

/*
 * @test id=more
 * @summary The same in all tiers together, and verified before each collection, too
 * @key stress
 * @library /test/jdk/java/lang/persistent
 * @build Heap
 * @run main/othervm/timeout=600 Fragmentation
 * @run main/othervm/timeout=600 Fragmentation -XX:TieredStopAtLevel=1 -XX:+VerifyBeforeGC -XX:+VerifyAfterGC
 */

import java.lang.persistent.Persistent;
import java.lang.persistent.PersistentHeap;
import java.lang.persistent.Txn;
import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;

public class Fragmentation {
    static final class Node {
        int id;
        int hash;                       // its own
        Node next;
        int[] data;
        transient Object cache;
    }

    static final class Root {
        Node first;
        int count;
        Object[] large;
        Node undone;
    }

    static final class Box {
        Node node;
    }

    static Root root;
    static Node inStatic;

    static void check(boolean ok, String what) {
        if (!ok) throw new AssertionError(what);
    }

    static Node node(int id, int bytes) {
        Node n = new @Persistent Node();
        n.id = id;
        n.hash = System.identityHashCode(n);
        if (bytes > 56) {
            n.data = new @Persistent int[(bytes - 56) / 4];
            Arrays.fill(n.data, 0, Math.min(4, n.data.length), id);
        }
        return n;
    }

    static void verify(Node n, int id) {
        if (n.id != id || n.hash != System.identityHashCode(n)) {
            check(false, "node " + id + " is " + n.id + " with hash " + System.identityHashCode(n) + ", expected " + n.hash);
        }
        if (n.data != null) {
            for (int i = 0; i < Math.min(4, n.data.length); i++) if (n.data[i] != id) check(false, "data of " + id);
        }
    }

    /** Fills the heap with a list, of which then every tenth node stays. */
    static void thin(int bytes) {
        int n = (int) (PersistentHeap.capacity() / 100 * 85 / Math.max(40, bytes));
        for (int i = 0; i < n; ) {
            int from = i, to = Math.min(n, i + 5000);
            Txn.run(() -> {
                for (int id = from; id < to; id++) {
                    Node node = node(id, bytes);
                    node.next = root.first;
                    root.first = node;
                }
            });
            i = to;
        }
        root.count = 0;
        Node last = null;
        for (Node x = root.first; x != null; x = x.next) {
            if (x.id % 10 != 3) continue;
            if (last == null) root.first = x; else last.next = x;
            last = x;
            root.count++;
        }
        last.next = null;
    }

    static void verifyList() {
        int n = 0, id = -1;
        for (Node x = root.first; x != null; x = x.next) {
            if (id >= 0 && x.id != id - 10) check(false, "node " + x.id + " after " + id);
            id = x.id;
            verify(x, id);
            n++;
        }
        check(n == root.count && (n == 0 || id == 3), n + " nodes of " + root.count);
    }

    static void fill(int bytes, int percent) {
        int n = (int) (PersistentHeap.capacity() / 100 * percent / (bytes + 8));
        Txn.run(() -> {
            root.large = new @Persistent Object[n];
            for (int i = 0; i < n; i++) {
                int[] a = new @Persistent int[(bytes - 16) / 4];
                a[0] = a[a.length - 1] = i;
                root.large[i] = a;
            }
        });
        for (int i = 0; i < n; i++) {
            int[] a = (int[]) root.large[i];
            check(a.length == (bytes - 16) / 4 && a[0] == i && a[a.length - 1] == i, "array " + i);
        }
    }

    static void move() throws Exception {
        // All that may know where an object is.
        Map<Node, Integer> identity = new IdentityHashMap<>();
        List<WeakReference<Node>> weak = new ArrayList<>();
        Box[] boxes = new Box[500];
        Node[] array = new Node[500];
        int k = 0, step = Math.max(1, root.count / 500);
        for (Node x = root.first; x != null && k < 500; x = x.next) {
            if (--step > 0) continue;
            step = Math.max(1, root.count / 500);
            identity.put(x, x.id);
            weak.add(new WeakReference<>(x));
            boxes[k] = new Box();
            boxes[k].node = x;
            array[k] = x;
            x.cache = boxes[k];
            k++;
        }
        Node local = array[k / 2];
        inStatic = array[k / 3];
        int id = local.id, staticId = inStatic.id;
        CountDownLatch ready = new CountDownLatch(1), go = new CountDownLatch(1);
        AtomicReference<Throwable> failure = new AtomicReference<>();
        Thread other = new Thread(() -> {
            // Has stores to some, that it undoes.
            try (Txn txn = Txn.begin()) {
                Node x = inStatic;
                x.id = -1;
                root.undone = x.next;
                x.next = node(-5, 100);
                x.next.next = root.undone;
                synchronized (root.first) {
                    ready.countDown();
                    go.await();
                    check(x.next.id == -5 && x.next.hash == System.identityHashCode(x.next), "the open transaction's");
                }
            } catch (Throwable e) {
                failure.set(e);
            }
        });
        other.start();
        ready.await();
        fill(1 << 20, 60);
        verify(local, id);
        go.countDown();
        other.join();
        if (failure.get() != null) throw new AssertionError(failure.get());
        verify(inStatic, staticId);
        for (int i = 0; i < k; i++) {
            Node x = array[i];
            verify(x, x.id);
            check(weak.get(i).refersTo(x), "weak reference");
            check(boxes[i].node == x, "volatile object");
            check(x.cache == boxes[i], "reference to a volatile object");
            check(identity.get(x) == x.id, "identity map");
        }
        int found = 0;
        for (Node x = root.first; x != null; x = x.next) {
            if (identity.containsKey(x)) found++;
        }
        check(found == k, found + " objects of " + k + " are the same");
        check(root.undone == null, "undone");
        inStatic = null;
    }

    static class Use {
        public static void main(String[] args) throws Exception {
            root = PersistentHeap.root("root", Root.class, () -> new @Persistent Root());
            verifyList();
            int[][] sizes = {{40, 1 << 20}, {1 << 20, 200}, {100, 100_000}, {300, 1 << 20}, {1000, 17_000}, {5000, 1 << 20}, {20_000, 300}};
            for (int[] s : sizes) {
                root.first = null;
                root.large = null;
                thin(s[0]);
                verifyList();
                fill(s[1], 70);
                verifyList();
                root.large = null;
            }
            root.first = null;
            thin(200);
            move();
            verifyList();
            root.large = null;
            // Left as it is for the next run.
            root.first = null;
            thin(100);
            if (args[0].equals("halt")) {
                fill(1 << 20, 60);
                PersistentHeap.force();
                Runtime.getRuntime().halt(0);
            }
        }
    }

    public static void main(String[] args) throws Exception {
        List<String> options = new ArrayList<>(List.of("-Xmx64m", "-XX:PersistentHeapSize=32m", "-XX:+UnlockDiagnosticVMOptions",
                "-XX:PersistentHeapMedia=memory", "-XX:+PersistentHeapVerify", "-XX:+PersistentHeapAudit"));
        options.addAll(List.of(args));
        Heap heap = new Heap("fragments", options.toArray(new String[0]));
        heap.run(Use.class, "halt");
        heap.run(Use.class, "exit");
        heap.with("-XX:+PersistentHeapForceSwizzle").run(Use.class, "exit");
        heap.delete();
    }
}
