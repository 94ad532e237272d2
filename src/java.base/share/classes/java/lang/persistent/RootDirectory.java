/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

package java.lang.persistent;

/**
 * The roots of the persistent heap: a persistent hash table from names to objects.
 * Used under the lock of PersistentHeap.
 */
final class RootDirectory {
    private static final int INITIAL_CAPACITY = 16;

    // All zero when new, and no constructor: the directory becomes durable on its own,
    // whatever becomes of the transaction in which it was first needed.
    private RootEntry[] table;
    private int size;

    Object get(String name) {
        RootEntry entry = find(name);
        return (entry != null) ? entry.value : null;
    }

    private RootEntry find(String name) {
        if (table == null) {
            return null;
        }
        RootEntry entry = table[index(name, table.length)];
        while (entry != null && !entry.name.equals(name)) {
            entry = entry.next;
        }
        return entry;
    }

    void put(String name, Object value) {
        RootEntry entry = find(name);
        if (entry != null) {
            entry.value = value;
            return;
        }
        if (table == null) {
            table = new @Persistent RootEntry[INITIAL_CAPACITY];
        } else if (size >= table.length) {
            grow();
        }
        entry = new @Persistent RootEntry();
        entry.name = name;
        entry.value = value;
        link(table, entry);
        size++;
    }

    void remove(String name) {
        if (table == null) {
            return;
        }
        int index = index(name, table.length);
        RootEntry previous = null;
        for (RootEntry entry = table[index]; entry != null; previous = entry, entry = entry.next) {
            if (entry.name.equals(name)) {
                if (previous == null) {
                    table[index] = entry.next;
                } else {
                    previous.next = entry.next;
                }
                size--;
                return;
            }
        }
    }

    String[] names() {
        String[] names = new String[size];
        int n = 0;
        if (table != null) {
            for (RootEntry first : table) {
                for (RootEntry entry = first; entry != null; entry = entry.next) {
                    names[n++] = entry.name;
                }
            }
        }
        return names;
    }

    private void grow() {
        RootEntry[] bigger = new @Persistent RootEntry[table.length * 2];
        for (RootEntry first : table) {
            RootEntry entry = first;
            while (entry != null) {
                RootEntry next = entry.next;
                link(bigger, entry);
                entry = next;
            }
        }
        table = bigger;
    }

    private static void link(RootEntry[] table, RootEntry entry) {
        int index = index(entry.name, table.length);
        entry.next = table[index];
        table[index] = entry;
    }

    // The hash code of a string is specified, and so the same in every run.
    private static int index(String name, int capacity) {
        int hash = name.hashCode();
        return (hash ^ (hash >>> 16)) & (capacity - 1);
    }

    private static final class RootEntry {
        String name;
        Object value;
        RootEntry next;
    }
}
