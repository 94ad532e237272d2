/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

package sun.tools.jheap;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

import sun.tools.jheap.ClassTable.ClassInfo;
import sun.tools.jheap.ClassTable.Field;

/** The roots by name: walks java.lang.persistent.RootDirectory. */
final class Roots {
    record Root(String name, String what, long at) {}

    private Roots() {}

    private static long field(HeapFile heap, long at, String name) {
        ClassInfo c = heap.classAt(at);
        Field f = c == null || c.isArray() ? null : c.field(name);
        if (f == null || !f.isReference()) throw new HeapException("%s: the root directory is damaged", heap.data);
        return heap.reference(at + f.offset());
    }

    /** Of a heap that was traced without problems. */
    static List<Root> of(HeapFile heap) {
        List<Root> roots = new ArrayList<>();
        if (heap.root() == 0) return roots;
        long table = field(heap, HeapFile.offsetOf(heap.root()), "table");
        if (table == 0) return roots;
        long array = HeapFile.offsetOf(table);
        Set<Long> seen = new HashSet<>();
        for (int i = 0; i < heap.lengthAt(array); i++) {
            long entry = heap.reference(array + ClassTable.HEADER + 4L * i);
            while (entry != 0 && seen.add(entry)) {
                long at = HeapFile.offsetOf(entry);
                long name = field(heap, at, "name");
                long value = field(heap, at, "value");
                String text = name == 0 ? null : heap.stringAt(HeapFile.offsetOf(name));
                if (value == 0) {
                    roots.add(new Root(text, "null", 0));
                } else if (HeapFile.isSymbol(value)) {
                    roots.add(new Root(text, heap.table.symbol((int) value).toString(), 0));
                } else {
                    long v = HeapFile.offsetOf(value);
                    ClassInfo c = heap.classAt(v);
                    roots.add(new Root(text, c.isArray() ? Histogram.arrayName(c.name) + " of length " + heap.lengthAt(v) : c.javaName(), v));
                }
                entry = field(heap, at, "next");
            }
        }
        roots.sort((a, b) -> String.valueOf(a.name).compareTo(String.valueOf(b.name)));
        return roots;
    }
}
