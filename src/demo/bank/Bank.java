/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.lang.persistent.Persistent;
import java.lang.persistent.PersistentHeap;
import java.lang.persistent.Txn;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;

/**
 * A bank whose accounts are ordinary Java objects that survive kill -9.
 *
 *   java -XX:PersistentHeap=DIR Bank [check]
 *
 * Opens the bank, or founds it in a new heap, audits its books and prints the result:
 *
 *   open MILLIS accounts N sum S last L0 L1 ...
 *
 * Then, unless told to "check" only, moves money until it is killed. After each transfer
 * has been committed, so that no crash can undo it any more, it prints
 *
 *   ack TELLER NUMBER
 */
public final class Bank {
    static final int TELLERS = Integer.getInteger("bank.tellers", 4);
    static final int FIRST_ACCOUNTS = Integer.getInteger("bank.accounts", 1000);
    static final long OPENING_BALANCE = 1000;
    static final int OPEN_ACCOUNT_EVERY = 100;

    // ---- What is persistent: plain classes ----

    static final class Account {
        final String name;
        final long opening;         // balance at the start
        long balance;
        final long[] moved;         // by each teller into this account
        Account next;

        Account(String name, long opening, long[] moved) {
            this.name = name;
            this.opening = opening;
            this.balance = opening;
            this.moved = moved;
        }
    }

    static final class Teller {
        long transfers;             // number of the last one
    }

    Account first;                  // the accounts as a linked list
    int count;
    final Map<String, Account> byName;
    final Teller[] tellers;

    private Bank(Map<String, Account> byName, Teller[] tellers) {
        this.byName = byName;
        this.tellers = tellers;
    }

    /** Called in a transaction. */
    static Bank found() {
        Map<String, Account> byName = PersistentHeap.allocate(() -> new HashMap<>());
        Teller[] tellers = new @Persistent Teller[TELLERS];
        for (int i = 0; i < TELLERS; i++) {
            tellers[i] = new @Persistent Teller();
        }
        Bank bank = new @Persistent Bank(byName, tellers);
        for (int i = 0; i < FIRST_ACCOUNTS; i++) {
            bank.openAccount(OPENING_BALANCE);
        }
        return bank;
    }

    /** Called in a transaction. */
    void openAccount(long opening) {
        // `put` allocates inside library code: so within allocate.
        PersistentHeap.allocate(() -> {
            Account account = new Account("account-" + count, opening, new long[tellers.length]);
            account.next = first;
            first = account;
            count++;
            return byName.put(account.name, account);
        });
    }

    // ---- What is not: locks, threads, output ----

    static final ReentrantReadWriteLock ACCOUNTS = new ReentrantReadWriteLock();
    static final Lock[] STRIPES = new Lock[256];
    static {
        for (int i = 0; i < STRIPES.length; i++) {
            STRIPES[i] = new ReentrantLock();
        }
    }

    void work(int number) {
        Teller teller = tellers[number];
        ThreadLocalRandom random = ThreadLocalRandom.current();
        while (true) {
            long transfer;
            try (Txn txn = Txn.begin()) {
                boolean open = random.nextInt(OPEN_ACCOUNT_EVERY) == 0;
                // Locks taken by txn.lock are held until the transaction has ended.
                txn.lock(open ? ACCOUNTS.writeLock() : ACCOUNTS.readLock());
                if (open) {
                    openAccount(0);
                }
                int i = random.nextInt(count);
                int j = random.nextInt(count);
                int a = i % STRIPES.length;
                int b = j % STRIPES.length;
                txn.lock(STRIPES[Math.min(a, b)]);
                txn.lock(STRIPES[Math.max(a, b)]);

                Account from = byName.get("account-" + i);
                Account to = byName.get("account-" + j);
                long amount = random.nextLong(1, 100);
                from.balance -= amount;
                from.moved[number] -= amount;
                to.balance += amount;
                to.moved[number] += amount;
                transfer = ++teller.transfers;
                if (random.nextInt(20) == 0) {
                    continue;       // changed our mind: leaving without commit rolls back
                }
                txn.commit();
            }
            print("ack " + number + " " + transfer);
        }
    }

    /** Returns what is wrong with the books, or null. */
    String audit() {
        int n = 0;
        long sum = 0;
        for (Account account = first; account != null; account = account.next) {
            long balance = account.opening;
            for (long moved : account.moved) {
                balance += moved;
            }
            if (account.balance != balance) {
                return account.name + " holds " + account.balance + ", its books say " + balance;
            }
            if (byName.get(account.name) != account) {
                return account.name + " is not in the map";
            }
            sum += account.balance;
            n++;
        }
        if (n != count || byName.size() != n) {
            return count + " accounts, of which " + n + " in the list and "
                    + byName.size() + " in the map";
        }
        if (sum != FIRST_ACCOUNTS * OPENING_BALANCE) {
            return "the sum of all balances is " + sum;
        }
        return null;
    }

    private static final FileOutputStream OUT = new FileOutputStream(FileDescriptor.out);

    /** One system call per line: what was printed is out even if we are killed right after. */
    static void print(String line) {
        try {
            OUT.write((line + "\n").getBytes(StandardCharsets.US_ASCII));
        } catch (IOException e) {
            Runtime.getRuntime().halt(3);
        }
    }

    public static void main(String[] args) throws Exception {
        long start = System.nanoTime();
        Bank bank = PersistentHeap.root("bank", Bank.class, Bank::found);
        long millis = (System.nanoTime() - start) / 1_000_000;

        String error = bank.audit();
        if (error != null) {
            print("error " + error);
            System.exit(2);
        }
        StringBuilder line = new StringBuilder("open " + millis + " accounts " + bank.count
                + " sum " + FIRST_ACCOUNTS * OPENING_BALANCE + " last");
        for (Teller teller : bank.tellers) {
            line.append(' ').append(teller.transfers);
        }
        print(line.toString());
        if (args.length > 0 && args[0].equals("check")) {
            return;
        }
        for (int i = 0; i < bank.tellers.length; i++) {
            int number = i;
            Thread thread = new Thread(() -> {
                try {
                    bank.work(number);
                } catch (Throwable e) {
                    e.printStackTrace();
                    print("error " + e);
                    Runtime.getRuntime().halt(2);
                }
            }, "teller-" + i);
            thread.start();
        }
    }
}
