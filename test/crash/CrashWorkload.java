/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

import java.lang.persistent.Persistent;
import java.lang.persistent.PersistentHeap;
import java.lang.persistent.Txn;
import java.util.Random;

/**
 * Programs whose traces CrashStates examines. Whatever a run finds in the heap must add up: a transaction
 * that is there in part only, or twice, or in the wrong order shows.
 *
 *   java -XX:PersistentHeap=DIR CrashWorkload check|MODE
 */
public final class CrashWorkload {
    static final int CELLS = 4;
    static final int LENGTH = Integer.getInteger("workload.length", 1000);
    static final double SCALE = Double.parseDouble(System.getProperty("workload.scale", "1"));

    static final class Node {
        final long key;
        final long check;           // always ~key
        Node next;

        Node(long key, Node next) {
            this.key = key;
            this.check = ~key;
            this.next = next;
        }
    }

    /** What one thread writes. */
    static final class Cell {
        long steps;
        long sum;                   // of values
        final long[] values = new @Persistent long[LENGTH];
        Node list;                  // steps, steps - 1, ...
        byte[] large;               // all bytes are largeByte
        byte largeByte;
        final Object[] kinds = new @Persistent Object[32];
        byte[][] blocks;            // all bytes of block i are (byte) i
        Keep kept;
        int keptCount;
        // Stored to outside of transactions, in this order.
        volatile long out1;
        volatile long out2;
    }

    static final class Keep {
        final byte[] bytes;
        final Keep next;

        Keep(byte[] bytes, Keep next) {
            this.bytes = bytes;
            this.next = next;
        }
    }

    static final class Rollback extends RuntimeException {
        Rollback() {
            super(null, null, false, false);
        }
    }

    enum Color { RED, GREEN, BLUE }
    record R0(int a) {}
    record R1(long a, String b) {}
    record R2(double a, Object b) {}
    record R3(byte a, byte b, byte c) {}
    record R4(Color color, Class<?> type) {}
    record R5(float a) {}
    record R6(char a, short b) {}
    record R7(boolean a, int[] b) {}

    // ---- Steps; all but `outside` in a transaction ----

    static void step(Cell cell, Random random, int stores) {
        for (int i = 0; i < stores; i++) {
            // Not the same one twice, and no neighbours, which would be one write: the record has as many writes.
            int index = (stores > LENGTH / 2) ? (int) (i * 7L % LENGTH) : random.nextInt(LENGTH);
            long value = random.nextInt();
            cell.sum += value - cell.values[index];
            cell.values[index] = value;
        }
        cell.steps++;
        cell.list = new @Persistent Node(cell.steps, cell.list);
        Node node = cell.list;
        for (int i = 0; i < 15 && node != null; i++) {
            node = node.next;
        }
        if (node != null) {
            node.next = null;       // garbage
        }
    }

    static void kind(Cell cell, int i) {
        cell.kinds[i] = switch (i % 16) {
            case 0 -> new @Persistent R0(i);
            case 1 -> new @Persistent R1(i, "text " + i);
            case 2 -> new @Persistent R2(i, i);
            case 3 -> new @Persistent R3((byte) i, (byte) i, (byte) i);
            case 4 -> new @Persistent R4(Color.values()[i / 16], Cell.class);
            case 5 -> new @Persistent R5(i);
            case 6 -> new @Persistent R6((char) i, (short) i);
            case 7 -> new @Persistent R7(true, new @Persistent int[i]);
            case 8 -> new @Persistent short[i];
            case 9 -> new @Persistent char[i][];
            case 10 -> new @Persistent float[i];
            case 11 -> new @Persistent double[i];
            case 12 -> new @Persistent boolean[i];
            case 13 -> new @Persistent R0[i][2];
            case 14 -> PersistentHeap.allocate(() -> new java.util.ArrayList<Object>(java.util.List.of("a", i)));
            default -> PersistentHeap.allocate(() -> new java.util.TreeMap<String, Object>(java.util.Map.of("k", i)));
        };
    }

    static void large(Cell cell, int length) {
        byte next = (byte) (cell.largeByte + 1);
        cell.large = filled(length, next);
        cell.largeByte = next;
    }

    static byte[] filled(int length, byte value) {
        byte[] from = new byte[length];
        java.util.Arrays.fill(from, value);
        byte[] bytes = new @Persistent byte[length];
        System.arraycopy(from, 0, bytes, 0, length);
        return bytes;
    }

    static void outside(Cell cell) {
        long next = cell.out1 + 1;
        cell.out1 = next;
        cell.out2 = next;
    }

    static void keep(Cell cell) {
        cell.kept = new @Persistent Keep(new @Persistent byte[1 << 20], cell.kept);
        cell.keptCount++;
    }

    static int scaled(int n) {
        return (int) Math.max(1, n * SCALE);
    }

    static void run(String mode, Cell cell, int thread) {
        Random random = new Random(thread);
        switch (mode) {
            case "single", "many" -> {
                for (int i = 0; i < scaled(mode.equals("many") ? 60 : 150); i++) {
                    int stores = 1 + random.nextInt(30);
                    Txn.run(() -> step(cell, random, stores));
                }
            }
            case "outside" -> {
                for (int i = 1; i <= scaled(100); i++) {
                    outside(cell);
                    if (i % 20 == 0) {
                        PersistentHeap.force();
                    }
                }
            }
            case "wrap" -> {
                for (int i = 0; i < scaled(60); i++) {
                    int stores = random.nextInt(10) == 0 ? 1 : random.nextInt(3000);
                    Txn.run(() -> step(cell, random, stores));
                }
            }
            case "overflow", "huge" -> {
                for (int i = 0; i < scaled(6); i++) {
                    Txn.run(() -> step(cell, random, LENGTH));
                    Txn.run(() -> step(cell, random, 3));
                }
            }
            case "savepoint" -> {
                for (int i = 0; i < scaled(60); i++) {
                    Txn.run(() -> {
                        step(cell, random, 5);
                        try (Txn inner = Txn.begin()) {
                            step(cell, random, 10);
                            kind(cell, random.nextInt(32));
                            if (random.nextBoolean()) {
                                inner.commit();
                            }
                        }
                        Txn.run(() -> step(cell, random, 2));
                    });
                }
            }
            case "abort" -> {
                for (int i = 0; i < scaled(100); i++) {
                    boolean abort = random.nextBoolean();
                    try {
                        Txn.run(() -> {
                            step(cell, random, 10);
                            if (abort) {
                                cell.sum = 17;
                                throw new Rollback();
                            }
                        });
                    } catch (Rollback expected) {
                    }
                }
            }
            case "large" -> {
                for (int i = 0; i < scaled(25); i++) {
                    int length = 1 + random.nextInt(random.nextInt(5) == 0 ? 400_000 : 60_000);
                    Txn.run(() -> {
                        large(cell, length);
                        step(cell, random, 2);
                    });
                }
            }
            case "classes" -> {
                for (int i = 0; i < 32; i++) {
                    int n = i;
                    Txn.run(() -> {
                        kind(cell, n);
                        step(cell, random, 2);
                    });
                }
            }
            case "grow" -> {
                for (int i = 0; i < 40; i++) {
                    Txn.run(() -> {
                        keep(cell);
                        step(cell, random, 2);
                    });
                }
            }
            case "gc" -> {
                for (int i = 0; i < scaled(60); i++) {
                    Txn.run(() -> {
                        step(cell, random, 10);
                        if (random.nextInt(3) == 0) {
                            large(cell, random.nextInt(20_000));
                        }
                        kind(cell, random.nextInt(32));
                    });
                    if (i % 12 == 11) {
                        System.gc();
                    }
                }
            }
            case "evacuate" -> {
                int n = 3000;
                Txn.run(() -> cell.blocks = new @Persistent byte[n][]);
                for (int i = 0; i < n; i += 100) {
                    int from = i;
                    Txn.run(() -> {
                        for (int k = from; k < from + 100; k++) {
                            cell.blocks[k] = filled(8000, (byte) k);
                        }
                    });
                }
                // Holes of 72 K, no room for more: they are moved together.
                Txn.run(() -> {
                    for (int i = 0; i < n; i++) {
                        if (i % 10 != 0) {
                            cell.blocks[i] = null;
                        }
                    }
                });
                for (int i = 0; i < 16; i++) {
                    Txn.run(() -> {
                        keep(cell);
                        step(cell, random, 2);
                    });
                }
            }
            case "exit" -> {
                Txn.run(() -> step(cell, random, 10));
                Txn.run(() -> {
                    step(cell, random, 10);
                    cell.sum = 17;
                    System.exit(0);
                });
            }
            case "full" -> {
                int failures = 0;
                while (failures < 3) {
                    try {
                        Txn.run(() -> {
                            step(cell, random, 2);
                            keep(cell);
                        });
                    } catch (OutOfMemoryError expected) {
                        failures++;
                    }
                    Txn.run(() -> step(cell, random, 2));
                }
            }
            default -> throw new IllegalArgumentException(mode);
        }
    }

    // ---- What must hold ----

    static String check(Cell cell) {
        long sum = 0;
        for (long value : cell.values) {
            sum += value;
        }
        if (sum != cell.sum) {
            return "sum " + sum + " instead of " + cell.sum;
        }
        long expected = cell.steps;
        int nodes = 0;
        for (Node node = cell.list; node != null; node = node.next) {
            if (node.key != expected || node.check != ~node.key) {
                return "node " + node.key + " where " + expected + " should be";
            }
            expected--;
            nodes++;
        }
        if (nodes != Math.min(16, cell.steps)) {
            return nodes + " nodes after " + cell.steps + " steps";
        }
        if (cell.large != null) {
            for (byte b : cell.large) {
                if (b != cell.largeByte) {
                    return "byte " + b + " instead of " + cell.largeByte;
                }
            }
        }
        for (Object kind : cell.kinds) {
            if (kind != null && kind.getClass().getName().isEmpty()) {
                return "kind";
            }
        }
        for (int i = 0; cell.blocks != null && i < cell.blocks.length; i++) {
            for (byte b : (cell.blocks[i] == null) ? new byte[0] : cell.blocks[i]) {
                if (b != (byte) i) {
                    return "block " + i + " has byte " + b;
                }
            }
        }
        int kept = 0;
        for (Keep keep = cell.kept; keep != null; keep = keep.next) {
            kept += keep.bytes.length >> 20;
        }
        if (kept != cell.keptCount) {
            return kept + " kept instead of " + cell.keptCount;
        }
        if (cell.out1 != cell.out2 && cell.out1 != cell.out2 + 1) {
            return "stores out of order: " + cell.out1 + " " + cell.out2;
        }
        return null;
    }

    public static void main(String[] args) throws Exception {
        String mode = args[0];
        Cell[] cells = PersistentHeap.root("cells", Cell[].class, () -> {
            Cell[] created = new @Persistent Cell[CELLS];
            for (int i = 0; i < CELLS; i++) {
                created[i] = new @Persistent Cell();
            }
            return created;
        });
        StringBuilder found = new StringBuilder("consistent");
        for (Cell cell : cells) {
            String error = check(cell);
            if (error != null) {
                System.out.println("inconsistent: " + error);
                System.exit(2);
            }
            cell.out2 = cell.out1;
            found.append(' ').append(cell.steps).append('/').append(cell.out1);
        }
        System.out.println(found);
        if (mode.equals("check")) {
            return;
        }
        int threads = mode.equals("many") || mode.equals("outside") ? CELLS : 1;
        Thread[] all = new Thread[threads];
        for (int i = 0; i < threads; i++) {
            int thread = i;
            all[i] = new Thread(() -> {
                try {
                    run(mode, cells[thread], thread);
                } catch (Throwable e) {
                    e.printStackTrace();
                    Runtime.getRuntime().halt(3);
                }
            });
            all[i].start();
        }
        for (Thread thread : all) {
            thread.join();
        }
        for (Cell cell : cells) {
            String error = check(cell);
            if (error != null) {
                System.out.println("inconsistent at the end: " + error);
                System.exit(2);
            }
        }
    }
}
