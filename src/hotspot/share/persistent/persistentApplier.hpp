/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

#ifndef SHARE_PERSISTENT_PERSISTENTAPPLIER_HPP
#define SHARE_PERSISTENT_PERSISTENTAPPLIER_HPP

#include "memory/allStatic.hpp"
#include "utilities/globalDefinitions.hpp"

struct PersistentRecordHeader;

// Carries log records to their home in `data`, in order, in a thread of its own that
// takes no VM lock, no safepoint and not the log's lock: a writer that holds that may
// wait for it. Also makes durable, within PersistentHeapFlushMillis, what was
// appended outside transactions.
class PersistentApplier : public AllStatic {
 public:
  static void start();
  static void stop();
  // Applies what is durable, and frees its log space, soon.
  static void demand_space();
  // There is a good deal to apply: it need not wait for its interval to end.
  static void work_is_waiting();
  // One record; idempotent. Also recovery's.
  static void apply(const PersistentRecordHeader* record);
};

#endif // SHARE_PERSISTENT_PERSISTENTAPPLIER_HPP
