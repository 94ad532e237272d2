/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

package sun.tools.jheap;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Whether an object may stand in a field. The class table does not hold superclasses: those of the
 * JDK's classes are looked up here, those of the program's on the class path, if one is given.
 * What is not known may stand anywhere.
 */
final class TypeOracle implements AutoCloseable {
    private final URLClassLoader classPath;
    private final Map<String, List<String>> supers = new HashMap<>();     // direct; null: unknown

    TypeOracle(String path) {
        List<URL> urls = new ArrayList<>();
        for (String p : path == null ? new String[0] : path.split(File.pathSeparator)) {
            if (p.isEmpty()) continue;
            if (!new File(p).exists()) throw new HeapException("class path: %s does not exist", p);
            try {
                urls.add(new File(p).toURI().toURL());
            } catch (MalformedURLException e) {
                throw new HeapException("class path: %s cannot be read: %s", p, e.getMessage());
            }
        }
        classPath = urls.isEmpty() ? null : new URLClassLoader(urls.toArray(new URL[0]), ClassLoader.getPlatformClassLoader());
    }

    private List<String> supersOf(String name) {
        if (supers.containsKey(name)) return supers.get(name);
        List<String> found = null;
        try {
            Class<?> c = Class.forName(name.replace('/', '.'), false, ClassLoader.getPlatformClassLoader());
            found = new ArrayList<>();
            if (c.getSuperclass() != null) found.add(c.getSuperclass().getName().replace('.', '/'));
            for (Class<?> i : c.getInterfaces()) found.add(i.getName().replace('.', '/'));
        } catch (ClassNotFoundException | LinkageError e) {
            if (classPath != null) {
                try (InputStream in = classPath.getResourceAsStream(name + ".class")) {
                    if (in != null) {
                        ClassModel m = ClassFile.of().parse(in.readAllBytes());
                        found = new ArrayList<>();
                        if (m.superclass().isPresent()) found.add(m.superclass().get().asInternalName());
                        for (var i : m.interfaces()) found.add(i.asInternalName());
                    }
                } catch (IOException | IllegalArgumentException x) {
                    found = null;
                }
            }
        }
        supers.put(name, found);
        return found;
    }

    /** The superclass, or null if it is not known. */
    String superclassOf(String name) {
        List<String> s = supersOf(name);
        return s == null || s.isEmpty() ? null : s.get(0);
    }

    private boolean isSubclass(String name, String of) {
        if (name.equals(of) || of.equals("java/lang/Object")) return true;
        List<String> direct = supersOf(name);
        if (direct == null) return true;
        for (String s : direct) {
            if (isSubclass(s, of)) return true;
        }
        return false;
    }

    /** Both are signatures. */
    boolean fits(String actual, String declared) {
        if (actual.equals(declared) || declared.equals("Ljava/lang/Object;")) return true;
        if (actual.startsWith("[")) {
            if (declared.startsWith("[")) {
                String a = actual.substring(1);
                String d = declared.substring(1);
                return a.equals(d) || a.length() > 1 && d.length() > 1 && fits(a, d);
            }
            return declared.equals("Ljava/lang/Cloneable;") || declared.equals("Ljava/io/Serializable;");
        }
        return declared.startsWith("L") && actual.startsWith("L") &&
               isSubclass(actual.substring(1, actual.length() - 1), declared.substring(1, declared.length() - 1));
    }

    boolean fits(ClassTable.ClassInfo c, String declared) {
        Boolean known = c.fits.get(declared);
        if (known == null) {
            known = fits(c.isArray() ? c.name : "L" + c.name + ";", declared);
            c.fits.put(declared, known);
        }
        return known;
    }

    boolean fits(ClassTable.SymbolInfo s, String declared) {
        return switch (s.kind()) {
            case ClassTable.SymbolInfo.CLASS, ClassTable.SymbolInfo.PRIMITIVE -> fits("Ljava/lang/Class;", declared);
            case ClassTable.SymbolInfo.CONSTANTS -> fits("[L" + s.holder() + ";", declared);
            default -> true;           // The type of a static field is not in the table.
        };
    }

    @Override
    public void close() {
        try {
            if (classPath != null) classPath.close();
        } catch (IOException e) {
            // Nothing was written.
        }
    }
}
