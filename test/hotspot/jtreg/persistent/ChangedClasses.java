/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

/*
 * @test
 * @summary Classes that have changed in other ways than their fields are refused: the superclass, what the JVM can make no instances of, an enum's constants;
 *          but only if the heap still has something of them
 * @modules jdk.compiler
 * @run main/othervm/timeout=300 ChangedClasses
 */

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import javax.tools.ToolProvider;

public class ChangedClasses {
    static final String JAVA = Path.of(System.getProperty("java.home"), "bin", "java").toString();

    static final String ANIMALS = """
        import java.lang.persistent.*;
        import java.util.function.Supplier;
        class Animal { int sound() { return 42; } }
        class Pen { Animal animal; Never never; Never[][] nevers; }
        class Pens { Animal[] animals; Never[] never; }
        class Trick { Swims swims; Swims[] all; }
        class Never { }
        class Never2 extends Never { }
        interface Swims { Swims FIXED = () -> { }; void swim(); }
        enum Fish implements Swims { COD { public void swim() { } } }
        // What may stand there in all versions, though nobody but the values has to do with the types.
        class Right {
            Number number = new @Persistent Big(); Number[] numbers = new Big @Persistent [1]; Number[][] deep = new Big @Persistent [1][1];
            Swims[] swims = new Fish @Persistent [1]; Swims constant = Fish.COD; Swims fixed = Swims.FIXED;
            java.lang.reflect.Type type = Right.class; java.lang.constant.Constable text = "t"; Cloneable array = new int @Persistent [1];
            Comparable<?>[] constants = new Fish @Persistent [] {Fish.COD}; Never[] none;
        }
        class Big extends Middle { }
        class Middle extends Number {
            public int intValue() { return 5; } public long longValue() { return 5; } public float floatValue() { return 5; } public double doubleValue() { return 5; }
        }
        class Make {
            static Object root(String what) {
                switch (what) {
                    case "field": { Pen p = new @Persistent Pen(); p.animal = (Animal) (Object) new @Persistent Dog(); return p; }
                    case "array": { Pens p = new @Persistent Pens(); p.animals = (Animal[]) (Object) new Dog @Persistent [1]; return p; }
                    case "interface": { Trick t = new @Persistent Trick(); t.swims = (Swims) (Object) new @Persistent Dog(); return t; }
                    default: return new @Persistent Right();
                }
            }
        }
        public class Main {
            public static void main(String[] args) {
                Object r = PersistentHeap.root("r", Object.class);
                if (r == null) {
                    PersistentHeap.setRoot("r", Make.root(args[0]));
                    System.out.println("made");
                    return;
                }
                switch (args[0]) {
                    case "field": System.out.println("sound " + ((Pen) r).animal.sound()); break;
                    case "array": System.out.println("length " + ((Pens) r).animals.length); break;
                    case "interface": System.out.println("swims " + ((Trick) r).swims.getClass()); break;
                    default: System.out.println("number " + ((Right) r).number.intValue() + ((Right) r).constant + (((Right) r).fixed == Swims.FIXED));
                }
            }
        }
        """;

    static final String COLORS = """
        import java.lang.persistent.*;
        import java.util.*;
        public class Main {
            public static void main(String[] args) {
                EnumMap<Color, String> m = PersistentHeap.root("m", EnumMap.class);
                if (m == null) {
                    PersistentHeap.setRoot("m", PersistentHeap.allocate(() -> {
                        EnumMap<Color, String> n = new EnumMap<>(Color.class);
                        for (Color c : Color.values()) n.put(c, "is " + c);
                        return n;
                    }));
                    System.out.println("made");
                } else {
                    for (Map.Entry<Color, String> e : m.entrySet()) {
                        if (!e.getValue().equals("is " + e.getKey())) throw new AssertionError(e);
                    }
                    System.out.println("all " + m.size());
                }
            }
        }
        """;

    static final String PLAIN = """
        import java.lang.persistent.*;
        public class Main {
            public static void main(String[] args) throws Exception {
                if (PersistentHeap.root("p", Object.class) == null) {
                    PersistentHeap.setRoot("p", PersistentHeap.allocate(() -> Plain.class.getDeclaredConstructor().newInstance()));
                    System.out.println("made");
                } else {
                    System.out.println("there");
                }
            }
        }
        """;

    static final String NAMED = """
        import java.lang.persistent.*;
        public class Main {
            public static void main(String[] args) {
                Color[] a = PersistentHeap.root("a", Color[].class);
                if (a == null) {
                    PersistentHeap.setRoot("a", PersistentHeap.allocate(() -> Color.values()));
                    System.out.println("made");
                } else {
                    System.out.println(java.util.Arrays.toString(a));
                }
            }
        }
        """;

    static final String SETS = """
        import java.lang.persistent.*;
        import java.util.*;
        class Holder { EnumSet<Color> set; EnumMap<Color, String> map; }
        public class Main {
            public static void main(String[] args) {
                Color[] all = Color.values();
                EnumSet.allOf(Color.class);           // the array of all constants is not of P
                Holder h = PersistentHeap.root("h", Holder.class);
                String names = Arrays.toString(all);
                switch (names) {
                    case "[A, B]":
                        if (h == null) {
                            h = PersistentHeap.allocate(() -> { Holder n = new Holder(); n.set = EnumSet.of(Color.valueOf("B")); return n; });
                            PersistentHeap.setRoot("h", h);
                        }
                        break;
                    case "[A, B, C]": {
                        if (System.getProperty("only") != null) break;
                        Holder holder = h;
                        Txn.run(() -> {
                            if (System.getProperty("map") != null) {
                                holder.map = PersistentHeap.allocate(() -> new EnumMap<>(Map.of(Color.valueOf("C"), "is C")));
                            } else {
                                holder.set.add(Color.valueOf("C"));
                            }
                        });
                        break;
                    }
                }
                if (System.getProperty("drop") != null) {
                    h.set = null;
                    h.map = null;
                    for (int i = 0; i < 3; i++) PersistentHeap.gc();
                }
                System.out.println(names + " " + (h.set == null ? "no set" : "a set") + (h.map == null ? "" : " a map"));
            }
        }
        """;

    static final String LEAVES = """
        import java.lang.persistent.*;
        class Holder {
            static final Object TRACE = Boolean.getBoolean("trace") ? new Object() : null;
            Object object, array, type;
            transient Object state;
        }
        public class Main {
            public static void main(String[] args) throws Exception {
                Holder h = PersistentHeap.root("h", Holder.class);
                if (h == null) {
                    h = new @Persistent Holder();
                    PersistentHeap.setRoot("h", h);
                }
                Holder holder = h;
                switch (System.getProperty("do", "")) {
                    case "object": holder.object = make(); break;
                    case "array":  holder.array = PersistentHeap.allocate(() -> java.lang.reflect.Array.newInstance(gone(), 2)); break;
                    case "type":   holder.type = gone(); break;
                    case "state":  holder.state = Holder.TRACE; break;
                    case "none":
                        Txn.run(() -> holder.object = holder.array = holder.type = holder.state = null);
                        for (int i = 0; i < 3; i++) PersistentHeap.gc();
                }
                System.out.println("has " + (holder.object == null ? "" : "object ") + (holder.array == null ? "" : "array ") + (holder.type == null ? "" : "type ") +
                                   (holder.state == null ? "" : "state "));
            }
            static Class<?> gone() {
                try {
                    return Class.forName("Gone");
                } catch (ClassNotFoundException e) {
                    throw new AssertionError(e);
                }
            }
            static Object make() {
                return PersistentHeap.allocate(() -> {
                    try {
                        return gone().getDeclaredConstructor().newInstance();
                    } catch (ReflectiveOperationException e) {
                        throw new AssertionError(e);
                    }
                });
            }
        }
        """;

    static int folders;

    static Path compile(String... sources) throws Exception {
        Path folder = Files.createDirectory(Path.of("version" + folders++));
        Path source = folder.resolve("Main.java");
        Files.writeString(source, String.join("\n", sources));
        if (ToolProvider.getSystemJavaCompiler().run(null, null, null, "-nowarn", "-d", folder.toString(), source.toString()) != 0) {
            throw new AssertionError("javac");
        }
        return folder;
    }

    static void run(Path classes, String heap, int exit, List<String> output, String... options) throws Exception {
        List<String> line = new ArrayList<>(List.of(JAVA, "-XX:PersistentHeap=heap-" + heap, "-XX:PersistentHeapSize=32m"));
        line.addAll(List.of(options));
        line.addAll(List.of("-cp", classes.toString(), "Main", heap));
        Process p = new ProcessBuilder(line).redirectErrorStream(true).start();
        String out = new String(p.getInputStream().readAllBytes());
        System.out.println("[" + heap + " " + classes + "] " + out.strip());
        boolean ok = p.waitFor() == exit;
        for (String part : output) ok &= out.contains(part);
        if (!ok) throw new AssertionError(heap + ", " + classes + ": exit " + p.exitValue() + ", expected " + exit + " and " + output);
    }

    static void opens(Path classes, String heap, String says, String... options) throws Exception {
        run(classes, heap, 0, List.of(says), options);
    }

    static void refused(Path classes, String heap, List<String> sentence, String... options) throws Exception {
        List<String> all = new ArrayList<>(sentence);
        all.add("Error: persistent heap");
        all.add("cannot be opened");
        run(classes, heap, 1, all, options);
    }

    static String color(List<String> constants) {
        return "enum Color { " + String.join(", ", constants) + " }";
    }

    static void colors(String heap, List<String> was, List<List<String>> changed, List<String> differences) throws Exception {
        Path same = compile(COLORS, color(was));
        opens(same, heap, "made");
        opens(same, heap, "all " + was.size());
        for (int i = 0; i < changed.size(); i++) {
            refused(compile(COLORS, color(changed.get(i))), heap, List.of("enum Color has changed", differences.get(i)));
        }
        List<String> more = new ArrayList<>(was);
        more.add("ADDED");
        opens(compile(COLORS, color(more)), heap, "all " + was.size());
        opens(same, heap, "all " + was.size());
    }

    // Constants that were added after the enum was stored count as well, also for what was stored before.
    static void laterConstants() throws Exception {
        Path first = compile(SETS, "enum Color { A, B }"), second = compile(SETS, "enum Color { A, B, C }");
        Path third = compile(SETS, "enum Color { A, B, D, C }"), longer = compile(SETS, "enum Color { A, B, C, D }");
        for (String what : List.of("-Dset=", "-Dmap=")) {
            String heap = "later" + what;
            opens(first, heap, "[A, B] a set");
            opens(second, heap, "[A, B, C] a set", what);
            refused(third, heap, List.of("enum Color has changed", "constant 2 was C and is D"));
            refused(compile(SETS, "enum Color { B, A, C }"), heap, List.of("enum Color has changed", "constant 0 was A and is B"));
            opens(longer, heap, "[A, B, C, D] a set");
            refused(third, heap, List.of("enum Color has changed", "constant 2 was C and is D"), "-XX:PersistentHeapEagerOpenSize=0");
            opens(longer, heap, "no set", "-Ddrop=");
            opens(third, heap, "[A, B, D, C] no set");
        }
        // A version that has only been started can be taken back.
        opens(first, "back", "[A, B] a set");
        opens(second, "back", "[A, B, C] a set", "-Donly=");
        opens(first, "back", "[A, B] a set");
    }

    // What nothing refers to any more does not stand in the way.
    static void leftovers() throws Exception {
        Path with = compile(LEAVES, "class Gone { int x; }"), without = compile(LEAVES), other = compile(LEAVES, "class Gone { long x; int y; }");
        String late = "-XX:PersistentHeapEagerOpenSize=0";
        for (String what : List.of("object", "array", "type")) {
            opens(with, "left-" + what, "has " + what, "-Ddo=" + what);
            refused(without, "left-" + what, List.of("Gone", "cannot be loaded"));
            refused(without, "left-" + what, List.of("Gone", "cannot be loaded"), late);
            if (what.equals("object")) refused(other, "left-" + what, List.of("class Gone has changed", "field y (I) was added"), late);
            opens(with, "left-" + what, "has \n", "-Ddo=none");
            opens(without, "left-" + what, "has \n");
            opens(without, "left-" + what, "has \n", late);
            // And the next one of the same name is another.
            opens(other, "left-" + what, "has " + what, "-Ddo=" + what);
            opens(other, "left-" + what, "has " + what, late, "-XX:+UnlockDiagnosticVMOptions", "-XX:+PersistentHeapVerify");
            opens(other, "left-" + what, "has \n", "-Ddo=none");
            opens(with, "left-" + what, "has " + what, "-Ddo=" + what);
            opens(with, "left-" + what, "has " + what, late);
        }
        opens(with, "state", "has state", "-Ddo=state", "-Dtrace=true");
        refused(with, "state", List.of("static field TRACE of class Holder", "does not exist or is null"));
        opens(with, "state", "has \n", "-Ddo=none", "-Dtrace=true");
        opens(with, "state", "has \n");
        opens(with, "state", "has \n", late);
    }

    public static void main(String[] args) throws Exception {
        laterConstants();
        leftovers();
        String late = "-XX:PersistentHeapEagerOpenSize=0";
        Path dogs = compile(ANIMALS, "class Dog extends Animal implements Swims { long x = 7; public void swim() { } }");
        Path others = compile(ANIMALS, "class Dog { long x = 7; }");
        for (String heap : List.of("field", "array", "interface")) {
            opens(dogs, heap, "made");
            refused(others, heap, List.of("reference to an object of the wrong class"));
            refused(others, heap, List.of("reference to an object of the wrong class"), late);
        }
        opens(dogs, "field", "sound 42");
        opens(dogs, "array", "length 1", late);
        opens(dogs, "interface", "swims class Dog");
        opens(dogs, "right", "made");
        opens(dogs, "right", "number 5CODtrue");
        opens(others, "right", "number 5CODtrue", late);

        Path plain = compile(PLAIN, "class Plain { }");
        opens(plain, "plain", "made");
        refused(compile(PLAIN, "abstract class Plain { }"), "plain", List.of("class Plain has changed", "is abstract now"));
        refused(compile(PLAIN, "interface Plain { }"), "plain", List.of("class Plain has changed", "is an interface now"));
        opens(plain, "plain", "there");

        colors("colors", List.of("RED", "GREEN", "BLUE"),
               List.of(List.of("RED", "BLUE", "GREEN"), List.of("RED", "GREEN"), List.of("BLACK", "RED", "GREEN", "BLUE")),
               List.of("constant 1 was GREEN and is BLUE", "constant 2 was BLUE and is missing", "constant 0 was RED and is BLACK"));
        // By their names alone, constants may be anywhere.
        Path named = compile(NAMED, color(List.of("RED", "GREEN", "BLUE")));
        opens(named, "named", "made");
        opens(compile(NAMED, color(List.of("BLACK", "BLUE", "GREEN", "RED", "WHITE"))), "named", "[RED, GREEN, BLUE]");

        List<String> many = IntStream.range(0, 700).mapToObj(i -> "COLOR_" + i).collect(Collectors.toList());
        List<String> swapped = new ArrayList<>(many);
        Collections.swap(swapped, 698, 699);
        colors("many", many, List.of(swapped), List.of("constant 698 was COLOR_698 and is COLOR_699"));
    }
}
