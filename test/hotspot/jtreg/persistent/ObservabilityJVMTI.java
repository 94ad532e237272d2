/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

/*
 * @test
 * @summary JVMTI's heap functions see the objects of the persistent heap
 * @run main/othervm/native --enable-native-access=ALL-UNNAMED -XX:PersistentHeap=heap-jvmti -XX:PersistentHeapSize=64m
 *      -Xmx96m ObservabilityJVMTI
 * @run main/othervm/native --enable-native-access=ALL-UNNAMED -XX:PersistentHeap=heap-jvmti -Xmx96m ObservabilityJVMTI reopened
 */

import java.lang.persistent.Persistent;
import java.lang.persistent.PersistentHeap;
import java.lang.persistent.Txn;
import java.util.HashSet;
import java.util.Set;

public class ObservabilityJVMTI {
    static {
        System.loadLibrary("ObservabilityJVMTI");
    }

    static final class Node {
        Node next;
        int number;
    }

    static Node held;

    // The instances of a class that IterateThroughHeap calls back for; each gets a tag.
    static native int iterate(Class<?> type, long tag);
    // The same by FollowReferences, from the roots.
    static native int follow(Class<?> type, long tag);
    static native Object[] tagged(long tag);

    static void check(boolean ok, String what) {
        if (!ok) throw new AssertionError(what);
    }

    static void check(int count, long tag, int expected, int expectedVolatile) {
        check(count == expected, count + " instances, expected " + expected);
        Object[] objects = tagged(tag);
        check(objects.length == expected, objects.length + " tagged objects, expected " + expected);
        int inV = 0;
        Set<Integer> numbers = new HashSet<>();
        for (Object o : objects) {
            if (!PersistentHeap.contains(o)) inV++;
            check(numbers.add(((Node) o).number), "seen twice: node " + ((Node) o).number);
        }
        check(inV == expectedVolatile, inV + " volatile objects");
        if (objects.length > 0) {
            check(objects[0].getClass() == Node.class, "class of a tagged object");
        }
    }

    public static void main(String[] args) {
        if (args.length > 0) {
            // Found by nothing but the root directory.
            check(iterate(Node.class, 1), 1, 100, 0);
            check(follow(Node.class, 2), 2, 100, 0);
            return;
        }
        Txn.run(() -> {
            Node list = null;
            for (int i = 0; i < 100; i++) {
                Node node = new @Persistent Node();
                node.number = i;
                node.next = list;
                list = node;
            }
            PersistentHeap.setRoot("list", list);
        });
        held = new @Persistent Node();
        held.number = 100;
        Node inV = new Node();
        inV.number = 101;
        System.gc();
        check(iterate(Node.class, 1), 1, 102, 1);
        check(follow(Node.class, 2), 2, 102, 1);
        System.gc();                        // tags stay with their objects
        check(tagged(2).length == 102, "tags after a collection: " + tagged(2).length);
        held = null;
        check(inV.number == 101, "kept alive");
        // All there is, with the mirrors of archived classes that nobody has loaded.
        check(iterate(null, 4) > 1000, "few objects");
        check(follow(null, 5) > 1000, "few objects");
        System.gc();
        check(follow(Node.class, 3), 3, 101, 1);
        check(tagged(2).length == 0, "tagged again: " + tagged(2).length);
        java.lang.ref.Reference.reachabilityFence(inV);
    }
}
