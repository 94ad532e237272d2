/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

#include "persistent/persistentRoom.hpp"

#include "persistent/persistentAllocation.hpp"
#include "persistent/persistentThread.hpp"
#include "runtime/javaThread.hpp"

bool PersistentRoom::make(JavaThread* thread) {
  const size_t bytes = thread->persistent()._no_room_for;
  // What can never fit is no reason to collect, or to grow.
  if (!PersistentAllocation::may_fit(bytes)) return false;
  const bool nothing_to_collect = _effort > PersistentCollector::evacuate_all;
  if (_effort > PersistentCollector::free_lines) {
    PersistentCollector::grow(bytes, nothing_to_collect ? _committed : 0);
  }
  // By whomever: who waits here with others grows it once.
  const bool has_grown = PersistentSpace::committed() > _committed;
  if (!has_grown) {
    if (nothing_to_collect) return false;
    PersistentCollector::collect_full(_seen, (PersistentCollector::Effort)_effort++);
  }
  look();
  return true;
}
