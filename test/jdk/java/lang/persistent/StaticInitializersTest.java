/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

/*
 * @test
 * @summary Static initializers of classes that have persistent instances find the heap's roots, in every run; those that run
 *          before the heap is open are told so, and the heap is as it was
 * @run main/othervm/timeout=240 StaticInitializersTest
 * @run main/othervm/timeout=240 StaticInitializersTest -XX:PersistentHeapEagerOpenSize=0
 */

import java.lang.persistent.Persistent;
import java.lang.persistent.PersistentHeap;
import java.lang.persistent.Txn;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.jar.Attributes;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;

public class StaticInitializersTest {
    static class Bank {
        long value;
        Account first;
        Object other;
    }

    static class Account {
        static final Bank BANK = PersistentHeap.root("bank", Bank.class, () -> new @Persistent Bank());
        long value;
    }

    // Its initializer makes the first instance.
    static class Store {
        static final Store STORE = PersistentHeap.root("store", Store.class, () -> new @Persistent Store());
        int uses;
    }

    // New to the class table in the run in which the initializer of another class is executed while the heap is opened.
    static class Late {
        static Late made;
        int value;
    }

    static class MakesLate {
        static final boolean MAKES = Boolean.getBoolean("late");
        static {
            if (MAKES) {
                Txn.run(() -> PersistentHeap.setRoot("late", Late.made = new @Persistent Late()));
            }
        }
        int value;
    }

    enum Color {
        RED, GREEN;
        static final Bank BANK = PersistentHeap.root("bank", Bank.class);
    }

    // May use transactions and make persistent objects before the heap is open.
    enum Early {
        ONE;
        static final Bank OWN = new @Persistent Bank();
        static {
            Txn.run(() -> {
                OWN.value = 7;
                OWN.first = null;
            });
            OWN.value++;
            OWN.other = OWN;
        }
    }

    // Runs before the heap is open.
    public static class Agent {
        static Bank made;

        public static void premain(String args) {
            made = new @Persistent Bank();
            Txn.run(() -> {
                made.value = 1;
                made.other = made;
            });
            made.value++;
            PersistentHeap.gc();
            Heap.equal(PersistentHeap.contains(made), true);
            try {
                PersistentHeap.root("bank", Bank.class);
                throw new AssertionError("a root");
            } catch (IllegalStateException expected) {
            }
            try {
                Txn.run(() -> PersistentHeap.setRoot("bank", made));
                throw new AssertionError("set");
            } catch (IllegalStateException expected) {
            }
        }
    }

    static void agent(Path jar) throws Exception {
        Manifest manifest = new Manifest();
        manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
        manifest.getMainAttributes().putValue("Premain-Class", Agent.class.getName());
        new JarOutputStream(Files.newOutputStream(jar), manifest).close();
    }

    static void run(int run) {
        if (run == 1) {
            PersistentHeap.root("bank", Bank.class, () -> new @Persistent Bank());
            Txn.run(() -> {
                Account.BANK.first = new @Persistent Account();
                Account.BANK.other = new @Persistent MakesLate();
            });
        }
        Bank bank = PersistentHeap.root("bank", Bank.class);
        Heap.equal(Account.BANK, bank);
        Heap.equal(PersistentHeap.root("store", Store.class, () -> Store.STORE), Store.STORE);
        Heap.equal(bank.value, run - 1L);
        Heap.equal(Store.STORE.uses, run - 1);
        Heap.equal(bank.first.value, run - 1L);
        Txn.run(() -> {
            bank.value++;
            bank.first.value++;
            Store.STORE.uses++;
        });
        if (MakesLate.MAKES) {
            Heap.equal(PersistentHeap.root("late", Late.class), Late.made);
        }
        PersistentHeap.gc();
        Heap.equal(bank.value, (long) run);
    }

    public static void main(String[] args) throws Exception {
        switch (args.length > 0 ? args[0] : "") {
            case "run" -> run(Integer.parseInt(args[1]));
            case "agent" -> {
                Heap.equal(Agent.made.value, 2L);
                Txn.run(() -> PersistentHeap.setRoot("agent", Agent.made));
            }
            case "color" -> Txn.run(() -> PersistentHeap.root("bank", Bank.class).other = Color.RED);
            case "early" -> {
                Heap.equal(Early.OWN.value, 8L);
                Txn.run(() -> PersistentHeap.root("bank", Bank.class).other = Early.ONE);
            }
            default -> {
                Heap heap = new Heap("initializers", args);
                for (int run = 1; run <= 4; run++) {
                    heap.with("-Dlate=" + (run == 3)).run(StaticInitializersTest.class, "run", Integer.toString(run));
                }
                for (int i = 0; i < 2; i++) heap.run(StaticInitializersTest.class, "early");
                Path jar = Path.of("agent.jar").toAbsolutePath();
                agent(jar);
                for (int i = 0; i < 2; i++) heap.with("-javaagent:" + jar).run(StaticInitializersTest.class, "agent");
                heap.run(StaticInitializersTest.class, "run", "5");
                // It works as long as the initializer runs after the start.
                heap.run(StaticInitializersTest.class, "color");
                for (int i = 0; i < 2; i++) {
                    Heap.Result result = heap.start(StaticInitializersTest.class, "run", "6");
                    result.shouldHaveExitCode(1).shouldContain("the initializer of class StaticInitializersTest$Color threw")
                            .shouldContain("IllegalStateException: The persistent heap is not open yet");
                }
                heap.delete();
            }
        }
    }
}
