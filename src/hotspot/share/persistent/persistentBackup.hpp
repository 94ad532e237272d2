/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

#ifndef SHARE_PERSISTENT_PERSISTENTBACKUP_HPP
#define SHARE_PERSISTENT_PERSISTENTBACKUP_HPP

#include "memory/allStatic.hpp"
#include "utilities/globalDefinitions.hpp"

// A consistent copy of the heap while it is in use. The copier goes through `data` from
// front to back, piece by piece; what the applier writes to a place that is copied already, it
// writes to the copy, too. So between two batches of records the part behind the copier is
// what home is, and once the copier has reached the end, the copy is the heap as of
// the last record applied: its log is empty. Commits wait for none of this: pieces
// and batches exclude each other, and only the applier takes records.
class PersistentBackup : public AllStatic {
 public:
  // ---- The applier's side ----
  // Before the first record is applied by the thread: home has everything up to here.
  static void initialize(uint64_t lsn, uint64_t seq);
  static void begin_batch();
  static void end_batch(uint64_t lsn, uint64_t seq);      // of the next byte; of the last record
  // Part of a record was written home.
  static void written(uint64_t offset, const void* bytes, size_t length);

  // ---- The copier's side ----
  // Into a new or empty directory; false with one sentence in errbuf. Up to which
  // sequence number the copy goes, in *seq, and its size. Blocks: not in VM state.
  static bool run(const char* directory, uint64_t* seq, size_t* bytes, char* errbuf, size_t errlen);
};

#endif // SHARE_PERSISTENT_PERSISTENTBACKUP_HPP
