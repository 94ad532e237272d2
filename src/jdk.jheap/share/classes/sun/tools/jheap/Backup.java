/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

package sun.tools.jheap;

import java.io.IOException;
import java.nio.file.Path;

/** A copy of a whole heap, with the log applied. */
final class Backup {
    private Backup() {}

    static void write(HeapFile heap, Path to) throws IOException {
        Superblock sb = heap.superblock.withNewIdentity();
        Image image = heap.image;
        try (HeapWriter out = new HeapWriter(to, sb, heap.log.endLsn, heap.log.lastSeq, image.size())) {
            byte[] part = new byte[1 << 20];
            for (long at = out.position(); at < image.size(); ) {
                int n = (int) Math.min(part.length, image.size() - at);
                image.read(at, part, 0, n);
                out.put(part, 0, n);
                at += n;
            }
            out.finish();
        }
    }
}
