/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

package sun.tools.jheap;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.CRC32;

import sun.tools.jheap.ClassTable.ClassInfo;
import sun.tools.jheap.ClassTable.SymbolInfo;

/**
 * A new heap with what is reachable and consistent in a damaged one. Objects stay where they are;
 * a reference to something that is none is null.
 */
final class Repair {
    private final HeapFile heap;
    private final TypeOracle types;
    private final Problems problems = new Problems();
    private Tracer tracer;
    private long root;

    Repair(HeapFile heap, TypeOracle types) {
        this.heap = heap;
        this.types = types;
    }

    /** What was found in addition to what opening found. */
    Problems problems() {
        return problems;
    }

    long objects() {
        return tracer == null ? 0 : tracer.seen.count();
    }

    private static Tracer trace(HeapFile heap, TypeOracle types, long root, Problems problems) {
        ObjectMap lost = new ObjectMap(heap.objectsEnd);
        while (true) {
            Problems found = new Problems();
            Tracer t = new Tracer(heap, types, found, true);
            copy(lost, t.lost);
            t.run(root);
            long before = lost.count();
            copy(t.lost, lost);
            if (lost.count() == before) {
                for (String line : found.lines()) problems.add("%s", line);
                return t;
            }
        }
    }

    private static void copy(ObjectMap from, ObjectMap to) {
        for (long at = from.next(Superblock.OBJECTS); at >= 0; at = from.next(at + 8)) to.set(at);
    }

    /** The root directory that reaches most. */
    private boolean findRoot() {
        ClassInfo c = heap.table.byName("java/lang/persistent/RootDirectory");
        if (c == null) return false;
        Tracer headers = new Tracer(heap, types, new Problems(), true);
        for (long at = Superblock.OBJECTS; at + c.size <= heap.objectsEnd; at += 8) {
            if (heap.image.getInt(at + 8) != c.id || headers.judgeObject(at) != null) continue;
            long candidate = HeapFile.addressOf(at) >>> Superblock.REFERENCE_SHIFT;
            Problems found = new Problems();
            Tracer t = trace(heap, types, candidate, found);
            if (!t.rootLost && (tracer == null || t.seen.count() > tracer.seen.count())) {
                tracer = t;
                root = candidate;
            }
        }
        if (tracer == null) return false;
        // Once more, for what is wrong with it.
        tracer = trace(heap, types, root, problems);
        return true;
    }

    void write(Path to) throws IOException {
        root = heap.root();
        tracer = trace(heap, types, root, problems);
        if (tracer.rootLost || root == 0) {
            tracer = null;
            if (!findRoot()) {
                throw new HeapException("%s: nothing can be salvaged: there is no root directory", heap.data);
            }
        }
        checkLines();
        long size = Superblock.OBJECTS + Bytes.alignUp(Math.max(1, heap.objectsEnd - Superblock.OBJECTS), Superblock.OBJECT_AREA_UNIT);
        long logSize = Math.max(Superblock.MIN_LOG, Bytes.alignUp(heap.logSize, 64 << 10));
        Superblock sb = Superblock.create(logSize, Math.max(heap.superblock.maxObjectArea(), size - Superblock.OBJECTS),
                                          heap.superblock.compactStrings(), heap.superblock.createdMillis());
        long[] cleared = Arrays.copyOf(tracer.cleared, tracer.clearedCount);
        Arrays.sort(cleared);
        try (HeapWriter out = new HeapWriter(to, sb, 0, heap.log.lastSeq, size)) {
            out.skipTo(Superblock.ROOT);
            out.putLong(root);
            out.skipTo(Superblock.LINE_TABLE);
            for (long word : lines(size)) out.putLong(word);
            out.skipTo(Superblock.CLASS_TABLE);
            writeTable(out);
            for (long at = tracer.seen.next(Superblock.OBJECTS); at >= 0; at = tracer.seen.next(at + 8)) {
                out.skipTo(at);
                writeObject(out, at, cleared);
            }
            out.skipTo(size);
            out.finish();
        }
    }

    /** Tracing did not look at the line table. */
    private void checkLines() {
        long inFree = 0;
        long first = 0;
        for (long at = tracer.seen.next(Superblock.OBJECTS); at >= 0; at = tracer.seen.next(at + 8)) {
            long end = at + heap.sizeAt(at);
            for (long p = at; p < end; p = p - p % Superblock.LINE_SIZE + Superblock.LINE_SIZE) {
                if (!heap.isTaken(p)) {
                    if (inFree++ == 0) first = at;
                    break;
                }
            }
        }
        if (inFree > 0) {
            problems.add("%s: %d reachable objects are in lines that the line table has as free, the first at offset %#x; the table is made anew",
                         heap.data, inFree, first);
        }
    }

    private void writeObject(HeapWriter out, long at, long[] cleared) throws IOException {
        long end = at + heap.sizeAt(at);
        int c = Arrays.binarySearch(cleared, at);
        c = c < 0 ? -c - 1 : c;
        byte[] part = new byte[(int) Math.min(end - at, 1 << 20)];
        for (long from = at; from < end; ) {
            int n = (int) Math.min(part.length, end - from);
            heap.image.read(from, part, 0, n);
            for (; c < cleared.length && cleared[c] < from + n; c++) {
                MemorySegment.ofArray(part).set(Bytes.INT, cleared[c] - from, 0);
            }
            out.put(part, 0, n);
            from += n;
        }
    }

    private long[] lines(long size) {
        long[] lines = new long[(int) ((size - Superblock.OBJECTS) / Superblock.LINE_SIZE / 64)];
        for (long at = tracer.seen.next(Superblock.OBJECTS); at >= 0; at = tracer.seen.next(at + 8)) {
            long last = (at + heap.sizeAt(at) - 1 - Superblock.OBJECTS) / Superblock.LINE_SIZE;
            for (long line = (at - Superblock.OBJECTS) / Superblock.LINE_SIZE; line <= last; line++) {
                lines[(int) (line / 64)] |= 1L << line;
            }
        }
        return lines;
    }

    private void writeTable(HeapWriter out) throws IOException {
        for (ClassInfo c : heap.table.classes) out.put(c.entry, 0, c.entry.length);
        for (int i = 0; i < heap.table.symbols.size(); i++) {
            SymbolInfo s = heap.table.symbols.get(i);
            byte[] entry = s != null ? s.entry() : filler(i + 1);
            out.put(entry, 0, entry.length);
        }
    }

    /** In place of a symbol that is lost: nothing refers to it, but the others keep their numbers. */
    private static byte[] filler(int id) {
        byte[] entry = new byte[56];
        MemorySegment s = MemorySegment.ofArray(entry);
        byte[] name = "int".getBytes(StandardCharsets.US_ASCII);
        byte[] member = "Ljava/lang/Class;".getBytes(StandardCharsets.US_ASCII);
        s.set(Bytes.INT, 0, entry.length);
        s.set(Bytes.INT, 8, 2);
        s.set(Bytes.INT, 12, id);
        s.set(Bytes.INT, 16, SymbolInfo.PRIMITIVE);
        s.set(Bytes.INT, 24, name.length);
        System.arraycopy(name, 0, entry, 28, name.length);
        s.set(Bytes.INT, 28 + name.length, member.length);
        System.arraycopy(member, 0, entry, 32 + name.length, member.length);
        CRC32 crc = new CRC32();
        crc.update(entry, 8, entry.length - 8);
        s.set(Bytes.INT, 4, (int) crc.getValue());
        return entry;
    }
}
