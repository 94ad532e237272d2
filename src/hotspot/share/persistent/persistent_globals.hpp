/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

#ifndef SHARE_PERSISTENT_PERSISTENT_GLOBALS_HPP
#define SHARE_PERSISTENT_PERSISTENT_GLOBALS_HPP

#include "runtime/globals_shared.hpp"

#define PERSISTENT_FLAGS(develop,                                           \
                         develop_pd,                                        \
                         product,                                           \
                         product_pd,                                        \
                         range,                                             \
                         constraint)                                        \
                                                                            \
  product(ccstr, PersistentHeap, nullptr,                                   \
          "Directory that holds the persistent heap; created if missing. "  \
          "%p in it becomes the process id. Selects G1.")                   \
                                                                            \
  product(size_t, PersistentHeapSize, 0,                                    \
          "Maximum size of the persistent heap in bytes, to which its "     \
          "file grows. 0: what the heap has, 1g for a new one.")            \
                                                                            \
  product(size_t, PersistentHeapLogSize, 0,                                 \
          "Size of the redo log of a new persistent heap in bytes. "        \
          "0: 64m.")                                                        \
                                                                            \
  product(uintx, PersistentHeapFlushMillis, 100,                            \
          "A store to a persistent object outside a transaction is "        \
          "durable after at most this many milliseconds. More than 100 "    \
          "is as 100.")                                                     \
          range(1, 3600000)                                                 \
                                                                            \
  product(size_t, PersistentHeapInitialSize, 0,                             \
          "Size in bytes of a new persistent heap's file, which grows as "  \
          "needed up to PersistentHeapSize. 0: 64m.")                       \
                                                                            \
  product(size_t, PersistentHeapEagerOpenSize, 16 * M,                      \
          "A persistent heap with no more than so many bytes in use is "    \
          "checked and translated as a whole before main. A larger one "    \
          "is at once there; that is done for each part when the program "  \
          "first touches it, and beside the program.")                      \
                                                                            \
  product(ccstr, PersistentHeapKillAt, nullptr, DIAGNOSTIC,                 \
          "<point> or <point>:<n>: the process kills itself when it is "    \
          "there for the nth time (see persistentKillPoint.hpp).")          \
                                                                            \
  product(uintx, PersistentHeapOccupancyPercent, 70,                        \
          "A concurrent collection of the persistent heap starts when this "\
          "much of it is in use. 100: only full collections.")              \
          range(0, 100)                                                     \
                                                                            \
  product(ccstr, PersistentHeapMedia, "auto", DIAGNOSTIC,                   \
          "How the heap's files are written: auto, dax (needs MAP_SYNC), "  \
          "memory (mapped, survives the process only), file (pwrite and "   \
          "fdatasync).")                                                    \
                                                                            \
  product(bool, PersistentHeapForceSwizzle, false, DIAGNOSTIC,              \
          "Place the persistent heap at another address and use other "     \
          "class ids than its file has, so that opening translates every "  \
          "reference and header.")                                          \
                                                                            \
  product(bool, PersistentHeapVerify, false, DIAGNOSTIC,                    \
          "Verify the persistent heap's reachable objects after opening.")  \
                                                                            \
  product(bool, PersistentHeapAudit, false, DIAGNOSTIC,                     \
          "At exit compare the media state of every captured persistent "   \
          "object with memory; a difference is fatal.")                     \
                                                                            \
  product(uintx, PersistentHeapAuditInterval, 0, DIAGNOSTIC,                \
          "With PersistentHeapAudit: audit also after this many commits. "  \
          "0: at exit only.")                                               \
                                                                            \
  product(bool, PersistentAllocateAll, false, DIAGNOSTIC,                   \
          "After boot, make everything persistent that the threads of the " \
          "program allocate and that may be, in implicit transactions: "    \
          "turns any program into a test of the store barriers.")           \
                                                                            \
  product(ccstr, PersistentHeapTrace, nullptr, DIAGNOSTIC,                  \
          "File that gets a record of every write, flush and fence of the " \
          "persistent heap's files and of every acknowledgement; crash "   \
          "tests build the states from it that power loss can leave.")      \
                                                                            \
  develop(ccstr, PersistentHeapBreak, nullptr,                              \
          "Leave out one step that makes the media crash-safe, by its name "\
          "(see persistentTrace.hpp): the crash tests must notice.")        \
                                                                            \
  develop(ccstr, PersistentHeapSkipBarrier, nullptr,                        \
          "Leave out one store barrier, by its name (see "                  \
          "persistentBarrier.hpp): the audit must notice.")                 \

DECLARE_FLAGS(PERSISTENT_FLAGS)

#endif // SHARE_PERSISTENT_PERSISTENT_GLOBALS_HPP
