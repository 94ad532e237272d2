/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

/*
 * @test
 * @summary Classes that have changed in other ways than their fields are refused: the superclass, what the JVM can make no instances of, an enum's constants
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

    public static void main(String[] args) throws Exception {
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
