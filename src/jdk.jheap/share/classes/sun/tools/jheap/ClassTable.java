/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

package sun.tools.jheap;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The class and symbol table. */
final class ClassTable {
    private static final int CLASS_ENTRY = 1;
    private static final int SYMBOL_ENTRY = 2;

    static final int HEADER = 16;             // of an object, and of an array with its length

    record Field(String name, String signature, int offset) {
        boolean isReference() {
            return signature.startsWith("L") || signature.startsWith("[");
        }
    }

    static final class ClassInfo {
        final int id;
        final int loader;
        final String name;                  // java/lang/String, [I
        final int size;                     // of an instance
        final Field[] fields;               // the superclasses' too; null for an array
        final Field[] references;
        final byte[] entry;
        final int shift;                    // of an array's elements
        final String component;             // signature; null for an instance
        final Map<String, Boolean> fits = new HashMap<>();      // see TypeOracle
        long objects;
        long bytes;

        ClassInfo(int id, int loader, String name, int size, Field[] fields, byte[] entry) {
            this.id = id;
            this.loader = loader;
            this.name = name;
            this.size = size;
            this.fields = fields;
            this.entry = entry;
            this.component = fields == null ? name.substring(1) : null;
            this.shift = fields == null ? shiftOf(component.charAt(0)) : 0;
            List<Field> refs = new ArrayList<>();
            if (fields != null) {
                for (Field f : fields) {
                    if (f.isReference()) refs.add(f);
                }
            }
            this.references = refs.toArray(new Field[0]);
        }

        boolean isArray()         { return fields == null; }
        boolean hasReferences()   { return isArray() ? component.charAt(0) == 'L' || component.charAt(0) == '[' : references.length > 0; }
        String javaName()         { return ClassTable.javaName(name); }
        boolean isString()        { return name.equals("java/lang/String"); }

        long sizeOf(int length) {
            return isArray() ? Bytes.alignUp(HEADER + ((long) length << shift), 8) : size;
        }

        Field field(String fieldName) {
            for (Field f : fields) {
                if (f.name.equals(fieldName)) return f;
            }
            return null;
        }
    }

    record SymbolInfo(int id, int kind, int loader, String holder, String member, byte[] entry) {
        static final int CLASS = 1;
        static final int PRIMITIVE = 2;
        static final int STATIC = 3;
        static final int CONSTANTS = 4;

        @Override
        public String toString() {
            String h = javaName(holder);
            return switch (kind) {
                case CLASS, PRIMITIVE -> "class " + h;
                case STATIC -> h + "." + member;
                default -> h + ".values()";
            };
        }
    }

    final List<ClassInfo> classes = new ArrayList<>();
    final Map<Integer, ClassInfo> byId = new HashMap<>();
    final List<SymbolInfo> symbols = new ArrayList<>();       // in the order of their ids, from 1; null: lost
    long end;                                                 // bytes in use

    static String javaName(String name) {
        return name.replace('/', '.');
    }

    static int shiftOf(char type) {
        return switch (type) {
            case 'B', 'Z' -> 0;
            case 'C', 'S' -> 1;
            case 'J', 'D' -> 3;
            default -> 2;
        };
    }

    private static boolean isSignature(String s) {
        int d = 0;
        while (d < s.length() && s.charAt(d) == '[') d++;
        String t = s.substring(d);
        return t.length() == 1 ? "ZBCSIJFD".contains(t) : t.length() > 2 && t.charAt(0) == 'L' && t.endsWith(";");
    }

    SymbolInfo symbol(int id) {
        return id <= 0 || id > symbols.size() ? null : symbols.get(id - 1);
    }

    ClassInfo byName(String name) {
        for (ClassInfo c : classes) {
            if (c.name.equals(name)) return c;
        }
        return null;
    }

    /** Reads until the end or, unless it is to be salvaged, the first entry that is damaged. */
    static ClassTable read(Image image, String data, boolean salvage, Problems problems) {
        ClassTable t = new ClassTable();
        long at = 0;
        boolean lost = false;
        while (at + 16 <= Superblock.CLASS_TABLE_SIZE) {
            long offset = Superblock.CLASS_TABLE + at;
            int size = image.getInt(offset);
            if (size == 0 && !lost) break;
            if (!isEntry(image, at)) {
                if (!lost) problems.add("%s is damaged: class table entry at offset %#x", data, offset);
                lost = true;
                if (!salvage) break;
                at += 8;            // Until an entry is whole again.
                continue;
            }
            lost = false;
            byte[] entry = image.read(offset, size);
            String what = t.add(entry);
            if (what != null) problems.add("%s: class table entry at offset %#x: %s", data, offset, what);
            at += size;
            t.end = at;
        }
        return t;
    }

    private static boolean isEntry(Image image, long at) {
        long offset = Superblock.CLASS_TABLE + at;
        int size = image.getInt(offset);
        if (size < 16 || size % 8 != 0 || size > Superblock.CLASS_TABLE_SIZE - at) return false;
        java.util.zip.CRC32 crc = new java.util.zip.CRC32();
        crc.update(image.read(offset + 8, size - 8));
        return (int) crc.getValue() == image.getInt(offset + 4);
    }

    /** What is wrong with the entry, or null. */
    private String add(byte[] entry) {
        Reader r = new Reader(entry);
        int kind = r.getInt();
        int id = r.getInt();
        if (kind == CLASS_ENTRY) {
            int loader = r.getInt();
            String name = r.getName();
            if (byId.containsKey(id)) return "class id " + id + " is that of " + byId.get(id).javaName() + ", too";
            ClassInfo c;
            if (name.startsWith("[")) {
                if (!isSignature(name)) return "class name " + name;
                c = new ClassInfo(id, loader, name, 0, null, entry);
            } else {
                int size = r.getInt();
                int count = r.getInt();
                if (name.isEmpty() || size < HEADER || size % 8 != 0 || count < 0 || count > entry.length) return "class " + javaName(name);
                Field[] fields = new Field[count];
                for (int i = 0; i < count; i++) {
                    Field f = new Field(r.getName(), r.getName(), r.getInt());
                    if (!isSignature(f.signature)) return "field " + f.name + " of class " + javaName(name);
                    int bytes = 1 << shiftOf(f.signature.charAt(0));
                    if (f.offset < 12 || f.offset > size - bytes || f.offset % bytes != 0) {
                        return "field " + f.name + " of class " + javaName(name) + " has offset " + f.offset;
                    }
                    fields[i] = f;
                }
                c = new ClassInfo(id, loader, name, size, fields, entry);
            }
            if (r.bad || id == 0) return "class " + javaName(name);
            classes.add(c);
            byId.put(id, c);
        } else if (kind == SYMBOL_ENTRY) {
            SymbolInfo s = new SymbolInfo(id, r.getInt(), r.getInt(), r.getName(), r.getName(), entry);
            if (r.bad || id <= 0 || s.kind < SymbolInfo.CLASS || s.kind > SymbolInfo.CONSTANTS) return "symbol " + id;
            if (id <= symbols.size() || id - symbols.size() > 1_000_000) return "symbol " + id + " follows symbol " + symbols.size();
            boolean gap = id != symbols.size() + 1;
            while (symbols.size() < id - 1) symbols.add(null);
            symbols.add(s);
            if (gap) return "symbols before " + id + " are missing";
        } else {
            return "unknown kind " + kind;
        }
        return null;
    }

    private static final class Reader {
        private final byte[] bytes;
        private int at = 8;
        boolean bad;

        Reader(byte[] bytes) {
            this.bytes = bytes;
        }

        int getInt() {
            if (bytes.length - at < 4) {
                bad = true;
                at = bytes.length;
                return 0;
            }
            int v = java.lang.foreign.MemorySegment.ofArray(bytes).get(Bytes.INT, at);
            at += 4;
            return v;
        }

        /** Modified UTF-8. */
        String getName() {
            int length = getInt();
            if (length < 0 || length > bytes.length - at || length > 65535) {
                bad = true;
                at = bytes.length;
                return "";
            }
            byte[] utf = new byte[length + 2];
            utf[0] = (byte) (length >> 8);
            utf[1] = (byte) length;
            System.arraycopy(bytes, at, utf, 2, length);
            at += length;
            try {
                return new java.io.DataInputStream(new java.io.ByteArrayInputStream(utf)).readUTF();
            } catch (java.io.IOException e) {
                bad = true;
                return "";
            }
        }
    }
}
