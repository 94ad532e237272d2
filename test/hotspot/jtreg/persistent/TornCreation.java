/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

/*
 * @test
 * @summary A heap whose creation power loss cut short in its superblock is created again; one that was used is not
 * @run main/othervm/timeout=300 TornCreation
 */

import java.io.RandomAccessFile;
import java.lang.persistent.Persistent;
import java.lang.persistent.PersistentHeap;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.CRC32;

public class TornCreation {
    static final int SUPERBLOCK = 184;
    static final int LINE = 64;

    static final class Box {
        int value;
    }

    static class Child {
        public static void main(String[] args) {
            Box box = PersistentHeap.root("box", Box.class, () -> new @Persistent Box());
            System.out.println("value " + box.value++);
        }
    }

    static String run(Path heap, boolean succeeds) throws Exception {
        List<String> line = new ArrayList<>(List.of(System.getProperty("java.home") + "/bin/java", "-XX:PersistentHeap=" + heap,
                "-XX:PersistentHeapSize=32m", "-XX:PersistentHeapLogSize=1m", "-cp",
                System.getProperty("test.class.path", System.getProperty("java.class.path")), Child.class.getName()));
        Process p = new ProcessBuilder(line).redirectErrorStream(true).start();
        String out = new String(p.getInputStream().readAllBytes());
        if ((p.waitFor() == 0) != succeeds) {
            throw new AssertionError("exit " + p.exitValue() + ": " + out);
        }
        return out;
    }

    static void contains(String text, String part) {
        if (!text.contains(part)) {
            throw new AssertionError("'" + part + "' expected in: " + text);
        }
    }

    /** A log as creation leaves it. */
    static void formatLog(Path log, byte[] uuid) throws Exception {
        ByteBuffer checkpoint = ByteBuffer.allocate(56).order(ByteOrder.LITTLE_ENDIAN);
        checkpoint.putLong(0x3174706b63686576L).put(uuid).putLong(0).putLong(0).putLong(0).putInt(1);
        CRC32 crc = new CRC32();
        crc.update(checkpoint.array(), 0, 52);
        checkpoint.putInt((int) crc.getValue());
        try (RandomAccessFile file = new RandomAccessFile(log.toFile(), "rw")) {
            long length = file.length();
            file.setLength(0);
            file.setLength(length);
            file.write(checkpoint.array());
        }
    }

    static void writeSuperblock(Path data, byte[] superblock, int lines) throws Exception {
        try (RandomAccessFile file = new RandomAccessFile(data.toFile(), "rw")) {
            for (int i = 0; i * LINE < SUPERBLOCK; i++) {
                byte[] bytes = new byte[Math.min(LINE, SUPERBLOCK - i * LINE)];
                if ((lines >> i & 1) == 1) {
                    System.arraycopy(superblock, i * LINE, bytes, 0, bytes.length);
                }
                file.seek(i * LINE);
                file.write(bytes);
            }
        }
    }

    public static void main(String[] args) throws Exception {
        Path heap = Path.of("heap");
        Path data = heap.resolve("data");
        Path log = heap.resolve("log");
        contains(run(heap, true), "value 0");
        contains(run(heap, true), "value 1");
        byte[] superblock = new byte[SUPERBLOCK];
        try (RandomAccessFile file = new RandomAccessFile(data.toFile(), "r")) {
            file.readFully(superblock);
        }
        byte[] uuid = Arrays.copyOfRange(superblock, 16, 32);
        byte[] used = Files.readAllBytes(log);

        for (int lines = 1; lines < 7; lines++) {
            // The heap was used: nobody but its owner may give it up.
            Files.write(log, used);
            writeSuperblock(data, superblock, lines);
            contains(run(heap, false), "damaged");

            // Nothing was ever in it.
            formatLog(log, uuid);
            contains(run(heap, true), "value 0");
            contains(run(heap, true), "value 1");
        }
    }
}
