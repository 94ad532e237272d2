/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

/*
 * @test
 * @summary A debugger that drops the method of a transaction, or makes it return, does not make the thread's later commits part of one that never ends
 * @modules jdk.jdi
 * @run main/othervm/timeout=300 DroppedFrames
 */

import com.sun.jdi.Bootstrap;
import com.sun.jdi.StackFrame;
import com.sun.jdi.ThreadReference;
import com.sun.jdi.VirtualMachine;
import com.sun.jdi.connect.Connector;
import com.sun.jdi.connect.LaunchingConnector;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.lang.persistent.Persistent;
import java.lang.persistent.PersistentHeap;
import java.lang.persistent.Txn;
import java.lang.persistent.TxnException;
import java.util.Map;

public class DroppedFrames {
    static final class Cell { int n; }

    static class Child {
        static volatile boolean stop;
        static long spins;

        // It has nobody else's frames on top.
        static void body(Cell cell) {
            try (Txn txn = Txn.begin()) {
                cell.n = 1;
                System.out.println("ready");
                while (!stop) spins++;
                txn.commit();
            }
        }

        public static void main(String[] args) throws Exception {
            Cell cell = PersistentHeap.root("cell", Cell.class, () -> new @Persistent Cell());
            if (args[0].equals("show")) {
                System.out.println("n = " + cell.n);
                return;
            }
            Thread t = new Thread(() -> {
                body(cell);
                try {
                    Txn.run(() -> cell.n = 100);
                    System.out.println("committed " + Txn.isActive());
                } catch (TxnException e) {
                    System.out.println("refused: " + e.getMessage());
                }
            }, "worker");
            t.start();
            t.join();
            // The thread has ended, and its transaction with it.
            Txn.run(() -> cell.n += 5);
            System.out.println("n = " + cell.n);
        }
    }

    static void expect(BufferedReader out, String begin) throws Exception {
        String line = out.readLine();
        System.out.println(line);
        if (line == null || !line.startsWith(begin)) throw new AssertionError("expected: " + begin);
    }

    static void debugged(boolean drop, String... options) throws Exception {
        LaunchingConnector launcher = Bootstrap.virtualMachineManager().defaultConnector();
        Map<String, Connector.Argument> arguments = launcher.defaultArguments();
        arguments.get("home").setValue(System.getProperty("java.home"));
        arguments.get("options").setValue("-XX:PersistentHeap=heap -XX:PersistentHeapSize=32m -XX:+UnlockDiagnosticVMOptions -XX:+PersistentHeapAudit " +
                String.join(" ", options) + " -cp " + System.getProperty("test.classes"));
        arguments.get("main").setValue(Child.class.getName() + " change");
        VirtualMachine vm = launcher.launch(arguments);
        try (BufferedReader out = new BufferedReader(new InputStreamReader(vm.process().getInputStream()))) {
            vm.resume();
            expect(out, "ready");
            ThreadReference worker = vm.allThreads().stream().filter(t -> t.name().equals("worker")).findFirst().orElseThrow();
            StackFrame top;
            while (true) {
                worker.suspend();
                top = worker.frame(0);
                if (top.location().method().name().equals("body")) break;
                worker.resume();                // still printing
                Thread.onSpinWait();
            }
            if (drop) {
                // The next call's loop ends at once, in a transaction of its own: refused, since it would be one of the dropped.
                ((com.sun.jdi.ClassType) top.location().declaringType()).setValue(top.location().declaringType().fieldByName("stop"), vm.mirrorOf(true));
                worker.popFrames(worker.frame(0));
            } else {
                worker.forceEarlyReturn(vm.mirrorOfVoid());
            }
            worker.resume();
            if (!drop) expect(out, "refused: A transaction of this thread may have lost the method that would end it");
            for (String line = out.readLine(); line != null; line = out.readLine()) System.out.println(line);
            vm.process().waitFor();
        }
    }

    static void shows(String expected) throws Exception {
        Process p = new ProcessBuilder(System.getProperty("java.home") + "/bin/java", "-XX:PersistentHeap=heap", "-XX:PersistentHeapSize=32m",
                "-cp", System.getProperty("test.classes"), Child.class.getName(), "show").redirectErrorStream(true).start();
        String out = new String(p.getInputStream().readAllBytes()).strip();
        if (p.waitFor() != 0 || !out.equals(expected)) throw new AssertionError(out + ", expected " + expected);
    }

    public static void main(String[] args) throws Exception {
        int n = 0;
        for (boolean drop : new boolean[] {false, true}) {
            for (String mode : new String[] {"-Xint", "-XX:+TieredCompilation"}) {
                debugged(drop, mode);
                // What the thread did is rolled back, what others did is there.
                shows("n = " + (n += 5));
            }
        }
    }
}
