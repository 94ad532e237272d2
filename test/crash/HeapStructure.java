/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Whether recovered data is a heap: tables, and every object and reference from the root on. */
final class HeapStructure {
    private record Type(String name, int size, int[] references) {}

    private final Pages data;
    private final long objectBytes;
    private final Map<Integer, Type> types = new HashMap<>();
    private int symbols;
    private final BitSet seen = new BitSet();           // by offset / 8
    private final ArrayDeque<Integer> pending = new ArrayDeque<>();

    HeapStructure(HeapImage image) {
        data = image.data;
        objectBytes = image.dataSize - HeapImage.OBJECTS;
    }

    String check() {
        String error = readClasses();
        if (error == null) {
            for (long word = HeapImage.LINES_SIZE / 8 - 1; word >= objectBytes / 256 / 64 && error == null; word--) {
                if (data.getLong(HeapImage.LINES + word * 8) != 0) {
                    error = "the line table goes beyond the file";
                }
            }
        }
        if (error == null) {
            long root = data.getLong(HeapImage.ROOT);
            if (root != 0) {
                error = visit((int) root, "the root");
            }
            while (error == null && !pending.isEmpty()) {
                error = object(pending.pop());
            }
        }
        return error;
    }

    // ---- The class table ----

    private final class Entry {
        final byte[] bytes;
        int at = 16;

        Entry(byte[] bytes) {
            this.bytes = bytes;
        }

        int number() {
            int value = 0;
            for (int i = 0; i < 4; i++) {
                value |= (bytes[at++] & 0xff) << (i * 8);
            }
            return value;
        }

        String name() {
            int length = number();
            at += length;
            return new String(bytes, at - length, length, StandardCharsets.UTF_8);
        }
    }

    private String readClasses() {
        int at = 0;
        while (at + 16 <= HeapImage.CLASSES_SIZE) {
            int size = data.getInt(HeapImage.CLASSES + at);
            if (size == 0) {
                return null;
            }
            if (size < 16 || size % 8 != 0 || size > HeapImage.CLASSES_SIZE - at) {
                return "class table entry at " + at + " has length " + size;
            }
            byte[] bytes = data.read(HeapImage.CLASSES + at, size);
            if (Pages.getInt(bytes, 4) != HeapImage.crc(bytes, 8, size - 8)) {
                return "class table entry at " + at + " is damaged";
            }
            int kind = Pages.getInt(bytes, 8);
            int id = Pages.getInt(bytes, 12);
            Entry entry = new Entry(bytes);
            if (kind == 1) {
                entry.number();
                String name = entry.name();
                Type type;
                if (name.startsWith("[")) {
                    type = new Type(name, 0, null);
                } else {
                    int instance = entry.number();
                    List<Integer> references = new ArrayList<>();
                    for (int n = entry.number(); n > 0; n--) {
                        entry.name();
                        String signature = entry.name();
                        int offset = entry.number();
                        if (signature.startsWith("L") || signature.startsWith("[")) {
                            references.add(offset);
                        }
                    }
                    type = new Type(name, instance, references.stream().mapToInt(Integer::intValue).toArray());
                }
                if (id == 0 || types.put(id, type) != null) {
                    return "class id " + id + " twice";
                }
            } else if (kind == 2) {
                if (id != ++symbols) {
                    return "symbol " + id + " instead of " + symbols;
                }
            } else {
                return "class table entry of kind " + kind;
            }
            at += size;
        }
        return null;
    }

    // ---- Objects ----

    private String visit(int reference, String from) {
        if (reference == 0) {
            return null;
        }
        if (Integer.compareUnsigned(reference, 0x20000000) < 0) {
            return reference <= symbols ? null : from + " refers to symbol " + reference + " of " + symbols;
        }
        long offset = ((reference & 0xffffffffL) << 3) - (4L << 30);
        if (offset < 0 || offset + 16 > objectBytes) {
            return from + " refers to offset " + offset + " of " + objectBytes;
        }
        if (!seen.get((int) (offset / 8))) {
            seen.set((int) (offset / 8));
            pending.push((int) (offset / 8));
        }
        return null;
    }

    private String object(int index) {
        long offset = index * 8L;
        long at = HeapImage.OBJECTS + offset;
        if ((data.getLong(at) & 3) != 1) {
            return "object at " + offset + " has the mark word " + Long.toHexString(data.getLong(at));
        }
        Type type = types.get(data.getInt(at + 8));
        if (type == null) {
            return "object at " + offset + " has the class id " + Integer.toUnsignedString(data.getInt(at + 8));
        }
        String what = "object at " + offset + " (" + type.name + ")";
        long size = type.size;
        int length = data.getInt(at + 12);
        if (type.references == null) {
            if (length < 0) {
                return what + " has length " + length;
            }
            int element = switch (type.name.charAt(1)) {
                case 'B', 'Z' -> 1;
                case 'C', 'S' -> 2;
                case 'J', 'D' -> 8;
                default -> 4;
            };
            size = 16 + (long) length * element;
        }
        if (offset + size > objectBytes) {
            return what + " ends behind the file";
        }
        for (long line = offset / 256; line <= (offset + size - 1) / 256; line++) {
            if ((data.getLong(HeapImage.LINES + line / 64 * 8) >>> (line % 64) & 1) == 0) {
                return what + " is in a free line";
            }
        }
        if (type.references != null) {
            for (int reference : type.references) {
                String error = visit(data.getInt(at + reference), what);
                if (error != null) {
                    return error;
                }
            }
        } else if (type.name.charAt(1) == 'L' || type.name.charAt(1) == '[') {
            for (int i = 0; i < length; i++) {
                String error = visit(data.getInt(at + 16 + i * 4L), what);
                if (error != null) {
                    return error;
                }
            }
        }
        return null;
    }
}
