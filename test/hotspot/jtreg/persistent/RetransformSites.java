/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

/*
 * @test
 * @summary A class keeps its annotated allocations when it is retransformed, and gets those of its new version when it is redefined
 * @library /test/lib
 * @modules java.instrument java.compiler
 * @run main RetransformSites jar
 * @run main/othervm -javaagent:agent.jar -XX:PersistentHeap=heap -XX:PersistentHeapSize=64m RetransformSites
 * @run main/othervm -javaagent:agent.jar -XX:PersistentHeap=heap -XX:PersistentHeapSize=64m -Xcomp
 *                   -XX:CompileCommand=quiet -XX:CompileCommand=compileonly,RetransformSites*::* RetransformSites
 */

/*
 * @test id=more
 * @summary The same with everything compiled
 * @key stress
 * @library /test/lib
 * @modules java.instrument java.compiler
 * @run main RetransformSites jar
 * @run main/othervm -javaagent:agent.jar -XX:PersistentHeap=heap -XX:PersistentHeapSize=64m -Xcomp RetransformSites
 */

import java.lang.instrument.ClassDefinition;
import java.lang.instrument.ClassFileTransformer;
import java.lang.instrument.Instrumentation;
import java.lang.persistent.Persistent;
import java.lang.persistent.PersistentHeap;
import java.security.ProtectionDomain;
import jdk.test.lib.compiler.InMemoryJavaCompiler;
import jdk.test.lib.helpers.ClassFileInstaller;

public class RetransformSites {
    static class Sites {
        Object object() { Object[] v = new Object[1]; return v.length == 1 ? new @Persistent Object() : v; }
        int[] array(int n) { return new int @Persistent [n]; }
        String[][] multi(int n) { return new String @Persistent [n][2]; }
        Object unmarked() { return new Object(); }
    }

    static void check() {
        Sites s = new Sites();
        if (!PersistentHeap.contains(s.object()) || !PersistentHeap.contains(s.array(3)) ||
            !PersistentHeap.contains(s.multi(2)) || !PersistentHeap.contains(s.multi(2)[1]) ||
            PersistentHeap.contains(s.unmarked())) {
            throw new AssertionError();
        }
    }

    static Instrumentation inst;
    public static void premain(String args, Instrumentation i) { inst = i; }

    public static void main(String[] args) throws Exception {
        if (args.length > 0) {
            ClassFileInstaller.writeJar("agent.jar", ClassFileInstaller.Manifest.fromString(
                    "Premain-Class: RetransformSites\nCan-Redefine-Classes: true\nCan-Retransform-Classes: true\n"),
                    "RetransformSites");
            return;
        }
        check();
        int[] transformed = new int[1];
        ClassFileTransformer same = new ClassFileTransformer() {
            public byte[] transform(ClassLoader l, String name, Class<?> c, ProtectionDomain d, byte[] bytes) {
                if (c != Sites.class) return null;
                transformed[0]++;
                return bytes.clone();
            }
        };
        inst.addTransformer(same, true);
        for (int i = 0; i < 3; i++) {
            inst.retransformClasses(Sites.class);
            check();
        }
        if (transformed[0] != 3) throw new AssertionError("" + transformed[0]);

        Object a = RetransformSitesChanged.a(), b = RetransformSitesChanged.b();
        if (!PersistentHeap.contains(a) || PersistentHeap.contains(b)) throw new AssertionError("before");
        inst.redefineClasses(new ClassDefinition(RetransformSitesChanged.class, InMemoryJavaCompiler.compile("RetransformSitesChanged", """
                class RetransformSitesChanged {
                    static Object a() { return new Object(); }
                    static Object b() { return new @java.lang.persistent.Persistent Object(); }
                }
                """)));
        if (PersistentHeap.contains(RetransformSitesChanged.a()) || !PersistentHeap.contains(RetransformSitesChanged.b())) throw new AssertionError("after");
    }
}

// Redefined with both bodies the other way round.
class RetransformSitesChanged {
    static Object a() { return new @Persistent Object(); }
    static Object b() { return new Object(); }
}
