/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

/*
 * @test
 * @summary A constructor reference annotated as persistent is an error; other annotations, other references and lambdas are not
 * @run main ConstructorReference
 */

import java.io.StringWriter;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;

public class ConstructorReference {
    static final String HEAD = """
        import java.lang.annotation.*;
        import java.lang.persistent.Persistent;
        import java.util.*;
        import java.util.function.*;
        @Target(ElementType.TYPE_USE) @interface A { }
        class G<T> { class I { } static class N { } static Object make() { return null; } }
        """;

    static void compile(boolean good, String expression) throws Exception {
        JavaFileObject source = new SimpleJavaFileObject(URI.create("string:///T.java"), JavaFileObject.Kind.SOURCE) {
            @Override public CharSequence getCharContent(boolean ignore) {
                return HEAD + "class T { Object m() { return " + expression + "; } }";
            }
        };
        StringWriter out = new StringWriter();
        Path dir = Files.createTempDirectory(Path.of("."), "out");
        boolean done = ToolProvider.getSystemJavaCompiler().getTask(out, null, null,
            List.of("-d", dir.toString(), "-XDrawDiagnostics"), null, List.of(source)).call();
        if (done != good || !good && !out.toString().contains("compiler.err.persistent.constructor.reference")) {
            throw new AssertionError(expression + (done ? " compiles" : " does not compile") + ": " + out);
        }
        System.out.println((good ? "accepted " : "refused  ") + expression);
    }

    public static void main(String[] args) throws Exception {
        compile(false, "(Supplier<Object>) @Persistent Object::new");
        compile(false, "(Supplier<G<String>>) @Persistent G<String>::new");
        compile(false, "(IntFunction<int[]>) int @Persistent []::new");
        compile(false, "(IntFunction<Object[]>) @Persistent Object[]::new");
        compile(true,  "(Supplier<Object>) Object::new");
        compile(true,  "(Supplier<Object>) @A Object::new");
        compile(true,  "(IntFunction<int[]>) int @A []::new");
        compile(true,  "(Supplier<Object>) G::make");
        compile(true,  "(Supplier<Object>) () -> new @Persistent Object()");
    }
}
