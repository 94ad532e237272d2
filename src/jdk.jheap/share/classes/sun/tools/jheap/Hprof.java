/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

package sun.tools.jheap;

import java.io.BufferedOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;

import sun.tools.jheap.ClassTable.ClassInfo;
import sun.tools.jheap.ClassTable.Field;
import sun.tools.jheap.ClassTable.SymbolInfo;

/**
 * A heap dump in the format HPROF 1.0.2. The class table does not say which class declares a
 * field, so every class has all fields of its instances and the superclass Object. A symbol that is no
 * class is an object of a class with its name.
 */
final class Hprof {
    private static final int STRING = 0x01;
    private static final int LOAD_CLASS = 0x02;
    private static final int STACK_TRACE = 0x05;
    private static final int SEGMENT = 0x1c;
    private static final int SEGMENT_END = 0x2c;
    private static final int ROOT_STICKY_CLASS = 0x05;
    private static final int ROOT_UNKNOWN = 0xff;
    private static final int CLASS_DUMP = 0x20;
    private static final int INSTANCE_DUMP = 0x21;
    private static final int OBJECT_ARRAY_DUMP = 0x22;
    private static final int PRIMITIVE_ARRAY_DUMP = 0x23;
    private static final int TRACE = 1;

    private final HeapFile heap;
    private final ObjectMap objects;
    private final DataOutputStream out;
    private final Map<String, Long> strings = new HashMap<>();
    private final Map<String, Long> classIds = new LinkedHashMap<>();       // by name of the format: java/lang/Object
    private final Map<Integer, Long> symbolIds = new HashMap<>();
    private long nextId = 0x1000;
    long truncated;

    private Hprof(HeapFile heap, ObjectMap objects, DataOutputStream out) {
        this.heap = heap;
        this.objects = objects;
        this.out = out;
    }

    /** Returns the number of arrays that were too long for the format and cut. */
    static long write(HeapFile heap, ObjectMap objects, Path file) throws IOException {
        try (DataOutputStream out = new DataOutputStream(new BufferedOutputStream(
                Files.newOutputStream(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE), 1 << 16))) {
            Hprof h = new Hprof(heap, objects, out);
            h.write();
            return h.truncated;
        }
    }

    private long newId() {
        return nextId += 8;
    }

    private void header(int tag, long length) throws IOException {
        out.writeByte(tag);
        out.writeInt(0);
        out.writeInt((int) length);
    }

    private long string(String s) throws IOException {
        Long id = strings.get(s);
        if (id == null) {
            id = newId();
            strings.put(s, id);
            byte[] utf = s.getBytes(StandardCharsets.UTF_8);
            header(STRING, 8 + utf.length);
            out.writeLong(id);
            out.write(utf);
        }
        return id;
    }

    private void loadClass(String name) throws IOException {
        if (classIds.containsKey(name)) return;
        long nameId = string(name);
        long id = newId();
        classIds.put(name, id);
        header(LOAD_CLASS, 24);
        out.writeInt(classIds.size());
        out.writeLong(id);
        out.writeInt(TRACE);
        out.writeLong(nameId);
    }

    private static int type(String signature) {
        return switch (signature.charAt(0)) {
            case 'Z' -> 4;
            case 'C' -> 5;
            case 'F' -> 6;
            case 'D' -> 7;
            case 'B' -> 8;
            case 'S' -> 9;
            case 'I' -> 10;
            case 'J' -> 11;
            default -> 2;
        };
    }

    private static int size(String signature) {
        return type(signature) == 2 ? 8 : 1 << ClassTable.shiftOf(signature.charAt(0));
    }

    private static int instanceSize(ClassInfo c) {
        int size = 0;
        if (c != null && !c.isArray()) {
            for (Field f : c.fields) size += size(f.signature());
        }
        return size;
    }

    private void write() throws IOException {
        out.write("JAVA PROFILE 1.0.2\0".getBytes(StandardCharsets.US_ASCII));
        out.writeInt(8);
        out.writeLong(System.currentTimeMillis());

        Map<String, ClassInfo> infos = new HashMap<>();
        Set<String> roots = new LinkedHashSet<>();
        for (String name : new String[] {"java/lang/Object", "java/lang/Class", "java/lang/String", "java/lang/ClassLoader"}) loadClass(name);
        for (ClassInfo c : heap.table.classes) {
            infos.put(c.name, c);
            loadClass(c.name);
            if (!c.isArray()) {
                for (Field f : c.fields) string(f.name());
            }
        }
        for (SymbolInfo s : heap.table.symbols) {
            boolean isClass = s.kind() == SymbolInfo.CLASS || s.kind() == SymbolInfo.PRIMITIVE;
            String name = isClass ? s.holder() : s.toString().replace('.', '/');
            loadClass(name);
            roots.add(name);
            symbolIds.put(s.id(), isClass ? classIds.get(name) : Long.valueOf(newId()));
        }
        header(STACK_TRACE, 12);
        out.writeInt(TRACE);
        out.writeInt(0);
        out.writeInt(0);

        for (Map.Entry<String, Long> e : classIds.entrySet()) writeClass(e.getKey(), e.getValue(), infos.get(e.getKey()));
        for (SymbolInfo s : heap.table.symbols) {
            if (s.kind() == SymbolInfo.STATIC || s.kind() == SymbolInfo.CONSTANTS) {
                header(SEGMENT, 25);
                out.writeByte(INSTANCE_DUMP);
                out.writeLong(symbolIds.get(s.id()));
                out.writeInt(TRACE);
                out.writeLong(classIds.get(s.toString().replace('.', '/')));
                out.writeInt(0);
                root(ROOT_UNKNOWN, symbolIds.get(s.id()));
            }
        }
        for (long id : classIds.values()) root(ROOT_STICKY_CLASS, id);
        if (heap.root() != 0) root(ROOT_UNKNOWN, HeapFile.addressOf(HeapFile.offsetOf(heap.root())));
        for (long at = objects.next(Superblock.OBJECTS); at >= 0; at = objects.next(at + 8)) {
            ClassInfo c = heap.classAt(at);
            if (!c.isArray()) {
                writeInstance(at, c);
            } else {
                writeArray(at, c);
            }
        }
        header(SEGMENT_END, 0);
    }

    private void root(int tag, long id) throws IOException {
        header(SEGMENT, 9);
        out.writeByte(tag);
        out.writeLong(id);
    }

    private void writeClass(String name, long id, ClassInfo c) throws IOException {
        int fields = c == null || c.isArray() ? 0 : c.fields.length;
        header(SEGMENT, 1 + 8 + 4 + 6 * 8 + 4 + 2 + 2 + 2 + 9L * fields);
        out.writeByte(CLASS_DUMP);
        out.writeLong(id);
        out.writeInt(TRACE);
        out.writeLong(name.equals("java/lang/Object") ? 0 : classIds.get("java/lang/Object"));
        for (int i = 0; i < 5; i++) out.writeLong(0);         // loader, signers, protection domain, reserved
        out.writeInt(instanceSize(c));
        out.writeShort(0);
        out.writeShort(0);
        out.writeShort(fields);
        for (int i = 0; i < fields; i++) {
            out.writeLong(strings.get(c.fields[i].name()));
            out.writeByte(type(c.fields[i].signature()));
        }
    }

    private long id(long reference) {
        if (reference == 0) return 0;
        if (HeapFile.isSymbol(reference)) return symbolIds.get((int) reference);
        return HeapFile.addressOf(HeapFile.offsetOf(reference));
    }

    private void value(String signature, long at) throws IOException {
        Image image = heap.image;
        switch (size(signature)) {
            case 1 -> out.writeByte(image.getByte(at));
            case 2 -> out.writeShort(image.getByte(at) & 0xff | image.getByte(at + 1) << 8);
            case 4 -> out.writeInt(image.getInt(at));
            default -> out.writeLong(type(signature) == 2 ? id(heap.reference(at)) : image.getLong(at));
        }
    }

    private void writeInstance(long at, ClassInfo c) throws IOException {
        int size = instanceSize(c);
        header(SEGMENT, 25L + size);
        out.writeByte(INSTANCE_DUMP);
        out.writeLong(HeapFile.addressOf(at));
        out.writeInt(TRACE);
        out.writeLong(classIds.get(c.name));
        out.writeInt(size);
        for (Field f : c.fields) value(f.signature(), at + f.offset());
    }

    private void writeArray(long at, ClassInfo c) throws IOException {
        boolean ofObjects = type(c.component) == 2;
        int element = size(c.component);
        int header = ofObjects ? 25 : 18;
        int length = heap.lengthAt(at);
        long most = (0xffffffffL - header) / element;
        if (length > most) {
            length = (int) most;
            truncated++;
        }
        header(SEGMENT, header + (long) length * element);
        out.writeByte(ofObjects ? OBJECT_ARRAY_DUMP : PRIMITIVE_ARRAY_DUMP);
        out.writeLong(HeapFile.addressOf(at));
        out.writeInt(TRACE);
        out.writeInt(length);
        if (ofObjects) {
            out.writeLong(classIds.get(c.name));
        } else {
            out.writeByte(type(c.component));
        }
        long step = 1L << c.shift;
        for (int i = 0; i < length; i++) value(c.component, at + ClassTable.HEADER + i * step);
    }
}
