/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

package sun.tools.jheap;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

import sun.tools.jheap.ClassTable.ClassInfo;
import sun.tools.jheap.ClassTable.Field;
import sun.tools.jheap.ClassTable.SymbolInfo;

/** Finds what the root directory reaches, and checks every object and reference of it. */
final class Tracer {
    // Of a mark word: unlocked, nothing but the identity hash.
    private static final long MARK_MASK = ~(0x7fffffffL << 11);
    private static final long UNLOCKED = 1;

    private final HeapFile heap;
    private final TypeOracle types;
    private final Problems problems;
    private final boolean salvage;
    final ObjectMap seen;
    final ObjectMap lost;                     // salvage: objects that overlap others
    private final Map<Long, String> bad = new HashMap<>();
    private int[] stack = new int[1024];
    private int depth;

    long references;
    long[] cleared = new long[16];            // salvage: slots whose reference is no good
    int clearedCount;
    boolean rootLost;

    Tracer(HeapFile heap, TypeOracle types, Problems problems, boolean salvage) {
        this.heap = heap;
        this.types = types;
        this.problems = problems;
        this.salvage = salvage;
        this.seen = new ObjectMap(heap.objectsEnd);
        this.lost = new ObjectMap(heap.objectsEnd);
    }

    /** Why no object of the heap stands at that offset of data, or null. */
    String judgeObject(long at) {
        if (at < Superblock.OBJECTS || at > heap.objectsEnd - ClassTable.HEADER) return "beyond the end of the file";
        if (seen.get(at)) return null;
        String what = bad.get(at);
        if (what == null) {
            what = judgeNew(at);
            // A large one may be referred to from many places.
            if (what != null && bad.size() < 100_000) bad.put(at, what);
        }
        return what;
    }

    private String judgeNew(long at) {
        if (!salvage && !heap.isTaken(at)) return "in free space";
        if (lost.get(at)) return "in another object";
        if ((heap.image.getLong(at) & MARK_MASK) != UNLOCKED) {
            return String.format(java.util.Locale.ROOT, "its mark word is %#x", heap.image.getLong(at));
        }
        ClassInfo c = heap.classAt(at);
        if (c == null) return String.format(java.util.Locale.ROOT, "its class id %#x is unknown", heap.image.getInt(at + 8));
        int length = c.isArray() ? heap.lengthAt(at) : 0;
        if (length < 0) return c.javaName() + " of length " + length;
        long size = c.sizeOf(length);
        if (size > heap.objectsEnd - at) return c.javaName() + " of " + size + " bytes, beyond the end of the file";
        if (!salvage) {
            for (long line = at - at % Superblock.LINE_SIZE + Superblock.LINE_SIZE; line < at + size; line += Superblock.LINE_SIZE) {
                if (!heap.isTaken(line)) return c.javaName() + " of " + size + " bytes, partly in free space";
            }
        }
        if (c.isString()) return judgeString(at, c);
        return null;
    }

    private String judgeString(long at, ClassInfo c) {
        Field value = c.field("value");
        Field coder = c.field("coder");
        if (value == null || coder == null) return "its class is no string";
        int k = heap.image.getByte(at + coder.offset());
        if (k != 0 && k != 1) return "a string of coder " + k;
        long ref = heap.reference(at + value.offset());
        if (HeapFile.isSymbol(ref)) return "a string without characters";
        if (salvage) {
            String what = judgeObject(HeapFile.offsetOf(ref));
            if (what != null || !heap.classAt(HeapFile.offsetOf(ref)).name.equals("[B")) return "a string whose characters are lost";
        }
        return null;
    }

    /** What is wrong with a reference, or null. */
    private String judge(long ref, String declared) {
        if (HeapFile.isSymbol(ref)) {
            SymbolInfo s = heap.table.symbol((int) ref);
            if (s == null) return "symbol " + ref + " is unknown";
            return types.fits(s, declared) ? null : "the type " + declared + " and refers to " + s;
        }
        long at = HeapFile.offsetOf(ref);
        String what = judgeObject(at);
        if (what != null) return String.format(java.util.Locale.ROOT, "refers to offset %#x: %s", at, what);
        ClassInfo c = heap.classAt(at);
        return types.fits(c, declared) ? null : String.format(java.util.Locale.ROOT, "has the type %s and refers to a %s at offset %#x", declared, c.javaName(), at);
    }

    private void push(int ref) {
        if (depth == stack.length) stack = Arrays.copyOf(stack, depth * 2);
        stack[depth++] = ref;
    }

    /** In the field, or if that is null in the element of that index. */
    private void reference(ClassInfo holder, long at, Field field, int index, String declared, long slot) {
        long ref = heap.reference(slot);
        if (ref == 0) return;
        references++;
        String what = judge(ref, declared);
        if (what != null) {
            problems.add("%s, offset %#x: %s of the %s at offset %#x: %s", heap.data, slot,
                         field != null ? "field " + field.name() : "element " + index, holder.javaName(), at, what);
            if (clearedCount == cleared.length) cleared = Arrays.copyOf(cleared, clearedCount * 2);
            cleared[clearedCount++] = slot;
        } else if (!HeapFile.isSymbol(ref) && seen.set(HeapFile.offsetOf(ref))) {
            push((int) ref);
        }
    }

    private void visit(long at) {
        ClassInfo c = heap.classAt(at);
        if (!c.isArray()) {
            for (Field f : c.references) {
                reference(c, at, f, 0, f.signature(), at + f.offset());
            }
        } else if (c.hasReferences()) {
            int length = heap.lengthAt(at);
            for (int i = 0; i < length; i++) {
                long slot = at + ClassTable.HEADER + 4L * i;
                if (heap.image.getInt(slot) != 0) {
                    reference(c, at, null, i, c.component, slot);
                }
            }
        }
    }

    /** From the root directory on. */
    void run(long root) {
        if (root == 0) return;
        String what = root >>> 32 != 0 || HeapFile.isSymbol(root) ? String.format(java.util.Locale.ROOT, "%#x is no reference to an object", root)
                    : judge(root, "Ljava/lang/Object;");
        if (what == null && !heap.classAt(HeapFile.offsetOf(root)).name.equals("java/lang/persistent/RootDirectory")) {
            what = "it is a " + heap.classAt(HeapFile.offsetOf(root)).javaName();
        }
        if (what != null) {
            problems.add("%s, offset %#x: the root directory: %s", heap.data, Superblock.ROOT, what);
            rootLost = true;
            return;
        }
        seen.set(HeapFile.offsetOf(root));
        push((int) root);
        while (depth > 0) {
            visit(HeapFile.offsetOf(Integer.toUnsignedLong(stack[--depth])));
        }
        findOverlaps();
    }

    private void findOverlaps() {
        for (long at = seen.next(Superblock.OBJECTS); at >= 0; ) {
            long end = at + heap.sizeAt(at);
            long next = seen.next(at + 8);
            if (next >= 0 && next < end) {
                long second = seen.next(next + 8);
                problems.add("%s: a %s at offset %#x and a %s at offset %#x overlap", heap.data,
                             heap.classAt(at).javaName(), at, heap.classAt(next).javaName(), next);
                // An object that several others lie in is the one that is wrong.
                lost.set(second >= 0 && second < end ? at : next);
            }
            at = next;
        }
    }
}
