/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

import java.lang.persistent.Persistent;
import java.lang.persistent.PersistentHeap;
import java.lang.persistent.Txn;

/**
 * What the bank does not do: the file grows, the log wraps, records go to files of their own, what is dropped is
 * collected and its place taken again. Checks what it finds, prints "open SUM last N"; then, unless told to "check"
 * only, "ack 0 N" after each transaction.
 */
public final class Fill {
    static final int SLOTS = 400;
    static final int LARGE_EVERY = 10;      // so 40 large ones live: more than a new file has room for

    long last;
    final Block[] blocks = new @Persistent Block[SLOTS];

    static final class Block {
        long number;
        int[] values;
    }

    static int length(long number) {
        return number % LARGE_EVERY == 0 ? 250_000 : 1_000 + (int) (number % 100);
    }

    static int value(long number, int i) {
        return (int) number * 31 + i;
    }

    void add(int[] scratch) {
        long number = last + 1;
        int length = length(number);
        for (int i = 0; i < length; i++) {
            scratch[i] = value(number, i);
        }
        Txn.run(() -> {
            Block block = new @Persistent Block();
            block.number = number;
            block.values = new @Persistent int[length];
            System.arraycopy(scratch, 0, block.values, 0, length);
            blocks[(int) (number % SLOTS)] = block;
            last = number;
        });
    }

    String check() {
        for (long number = Math.max(1, last - SLOTS + 1); number <= last; number++) {
            Block block = blocks[(int) (number % SLOTS)];
            if (block == null || block.number != number || block.values.length != length(number)) {
                return "block " + number + " of " + last + " is not there";
            }
            for (int i = 0; i < block.values.length; i++) {
                if (block.values[i] != value(number, i)) {
                    return "block " + number + " has " + block.values[i] + " at " + i;
                }
            }
        }
        return null;
    }

    public static void main(String[] args) {
        Fill fill = PersistentHeap.root("fill", Fill.class, () -> new @Persistent Fill());
        String error = fill.check();
        if (error != null) {
            Bank.print("error " + error);
            System.exit(2);
        }
        Bank.print("open 0 sum 1000000 last " + fill.last + " 0 0 0");
        int[] scratch = new int[250_000];
        while (args.length == 0) {
            fill.add(scratch);
            Bank.print("ack 0 " + fill.last);
        }
    }
}
