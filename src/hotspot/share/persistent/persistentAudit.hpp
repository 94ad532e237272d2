/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

#ifndef SHARE_PERSISTENT_PERSISTENTAUDIT_HPP
#define SHARE_PERSISTENT_PERSISTENTAUDIT_HPP

#include "memory/allStatic.hpp"
#include "utilities/globalDefinitions.hpp"

class outputStream;

// The safety net under the barriers: once the log is applied, the media must hold
// the media form of what is in memory, for every captured object: those captured
// since the heap was opened, and those that the root directory reaches. A difference
// is a store that some path failed to log. Locations that open transactions have
// written are left out.
class PersistentAudit : public AllStatic {
  static volatile uintx _commits;
  static volatile bool  _due;

 public:
  // PersistentHeapAuditInterval: counts a commit; leaf. The audit itself needs a
  // thread in VM that may safepoint. A difference is fatal.
  static void count_commit();
  // Whether the next commit counted is one after which it runs, or it should have run already.
  static bool is_due();
  static void run_if_due();

  // Runs at a safepoint; differences go to st (the first ones), returns their number.
  static int run(outputStream* st);
  // The same from a thread in VM: stops the program, prints a summary.
  static void execute(outputStream* st);
};

#endif // SHARE_PERSISTENT_PERSISTENTAUDIT_HPP
