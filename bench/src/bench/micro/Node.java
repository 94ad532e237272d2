/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

package bench.micro;

import java.lang.persistent.Persistent;

/** 64 bytes: header of 12, an int, six longs (or their like). */
public class Node {
    int tag;
    long value;
    long b, c, d, e;
    Node next;
    Node prev;

    /** An array of nodes that all refer to their successor, in shuffled order, in P or in V. */
    static Node[] cycle(boolean persistent, int count) {
        Node[] nodes = persistent ? new @Persistent Node[count] : new Node[count];
        for (int i = 0; i < count; i++) {
            nodes[i] = persistent ? new @Persistent Node() : new Node();
            nodes[i].value = i;
        }
        int[] order = new int[count];
        for (int i = 0; i < count; i++) {
            order[i] = i;
        }
        bench.Random random = new bench.Random();
        for (int i = count - 1; i > 0; i--) {
            int j = random.next(i + 1);
            int t = order[i];
            order[i] = order[j];
            order[j] = t;
        }
        for (int i = 0; i < count; i++) {
            nodes[order[i]].next = nodes[order[(i + 1) % count]];
        }
        return nodes;
    }
}
