/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

package sun.tools.jheap;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

import sun.tools.jheap.ClassTable.ClassInfo;

/** Objects and bytes by class, as jcmd GC.class_histogram prints them. */
final class Histogram {
    private Histogram() {}

    /** int[][] for [[I. */
    static String arrayName(String name) {
        int d = 0;
        while (name.charAt(d) == '[') d++;
        String t = switch (name.charAt(d)) {
            case 'Z' -> "boolean";
            case 'B' -> "byte";
            case 'C' -> "char";
            case 'S' -> "short";
            case 'I' -> "int";
            case 'J' -> "long";
            case 'F' -> "float";
            case 'D' -> "double";
            default -> ClassTable.javaName(name.substring(d + 1, name.length() - 1));
        };
        return t + "[]".repeat(d);
    }

    static void print(HeapFile heap, ObjectMap objects, PrintWriter out) {
        for (long at = objects.next(Superblock.OBJECTS); at >= 0; at = objects.next(at + 8)) {
            ClassInfo c = heap.classAt(at);
            c.objects++;
            c.bytes += heap.sizeAt(at);
        }
        List<ClassInfo> classes = new ArrayList<>(heap.table.classes);
        classes.removeIf(c -> c.objects == 0);
        classes.sort(Comparator.comparingLong((ClassInfo c) -> -c.bytes).thenComparing(c -> c.name));
        out.println(" num     #instances         #bytes  class name");
        out.println("----------------------------------------------");
        int n = 0;
        long total = 0;
        long bytes = 0;
        for (ClassInfo c : classes) {
            out.printf(java.util.Locale.ROOT, "%4d: %13d %14d  %s%n", ++n, c.objects, c.bytes, c.javaName());
            total += c.objects;
            bytes += c.bytes;
        }
        out.printf(java.util.Locale.ROOT, "Total %13d %14d%n", total, bytes);
    }
}
