/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

import java.lang.persistent.Persistent;
import java.lang.persistent.PersistentHeap;
import java.lang.persistent.Txn;
import java.util.HashMap;
import java.util.Map;

/**
 * A program with a heap of every kind of thing: run with "build", "change" (so many times), "crash" (changes it
 * until it kills itself), "show" (walks over everything).
 */
final class Graph {
    enum Color { RED, GREEN, BLUE }

    static class Node {
        int number;
        long value;
        String text;
        Node next;
        int[] data;
        Object any;
        Node[] children;
    }

    static final class Special extends Node {
        double weight;
        Color color;
    }

    static final class Root {
        long commits;
        Node first;
        Map<Object, Object> map;
        byte[] large;
    }

    static final int NODES = 120;

    static Node node(int i) {
        Node n = i % 3 == 0 ? new @Persistent Special() : new @Persistent Node();
        n.number = i;
        n.value = i * 1_000_003L;
        n.text = i % 2 == 0 ? "node " + i : "kn\u00f6ten \u20ac" + i;
        n.data = new @Persistent int[i % 17];
        for (int k = 0; k < n.data.length; k++) n.data[k] = i + k;
        n.any = switch (i % 5) {
            case 0 -> Integer.valueOf(i);
            case 1 -> Color.values()[i % 3];
            case 2 -> Node.class;
            case 3 -> new @Persistent String[] {"a" + i, null};
            default -> null;
        };
        if (n instanceof Special s) {
            s.weight = i / 2.0;
            s.color = Color.values()[i / 3 % 3];
        }
        return n;
    }

    static void build() {
        Txn.run(() -> {
            Root r = new @Persistent Root();
            r.map = PersistentHeap.allocate(() -> new HashMap<>());
            r.large = new @Persistent byte[20_000];
            for (int i = 0; i < r.large.length; i++) r.large[i] = (byte) i;
            Node[] all = new @Persistent Node[NODES];
            for (int i = 0; i < NODES; i++) {
                Node n = all[i] = node(i);
                n.next = r.first;
                r.first = n;
                PersistentHeap.allocate(() -> r.map.put("key" + n.number, n));
            }
            all[0].children = all;
            PersistentHeap.setRoot("graph", r);
            PersistentHeap.setRoot("name", "value");
        });
    }

    static void change(Root r, int i) {
        Txn.run(() -> {
            r.commits++;
            Node n = node(1000 + i);
            n.next = r.first.next;
            r.first.next = n;
            r.first.value += r.commits;
            r.large[i % r.large.length] ^= 0x55;
        });
    }

    static long show(Root r) {
        long sum = r.commits;
        int nodes = 0;
        for (Node n = r.first; n != null; n = n.next) {
            if (++nodes > 1_000_000) throw new IllegalStateException("the list has no end");
            sum = sum * 31 + n.number + n.value + n.text.hashCode() + n.text.length();
            for (int d : n.data) sum += d;
            if (n.any != null) sum += n.any.toString().length();
            if (n.any instanceof Object[] a) for (Object o : a) sum += String.valueOf(o).length();
            if (n instanceof Special s) sum += s.color.name().length() + (long) s.weight;
            if (n.children != null) for (Node c : n.children) sum += c.number;
        }
        for (Map.Entry<?, ?> e : r.map.entrySet()) sum += e.getKey().hashCode() + ((Node) e.getValue()).number;
        for (byte b : r.large) sum += b;
        return sum;
    }

    public static void main(String[] args) throws Exception {
        switch (args[0]) {
            case "build" -> build();
            case "crash" -> {
                Root r = PersistentHeap.root("graph", Root.class);
                int millis = Integer.parseInt(args[1]);
                long start = System.nanoTime();
                boolean killed = false;
                for (int i = 0; ; i++) {
                    change(r, i);
                    Thread.sleep(2);
                    if (!killed && System.nanoTime() - start > millis * 1_000_000L) {
                        Tools.killSelf();
                        killed = true;
                    }
                }
            }
            case "change" -> {
                Root r = PersistentHeap.root("graph", Root.class);
                for (int i = 0; i < Integer.parseInt(args[1]); i++) change(r, i);
            }
            case "show" -> {
                try {
                    Root r = PersistentHeap.root("graph", Root.class);
                    System.out.println("sum " + (r == null ? "none" : show(r)));
                } catch (Throwable t) {
                    // The values of a damaged heap may be any.
                    System.out.println("program: " + t);
                    System.exit(3);
                }
            }
            case "hold" -> {
                System.out.println("holding");
                System.in.read();
            }
            default -> throw new IllegalArgumentException(args[0]);
        }
    }
}
