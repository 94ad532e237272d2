/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

#ifndef SHARE_PERSISTENT_PERSISTENTTXN_INLINE_HPP
#define SHARE_PERSISTENT_PERSISTENTTXN_INLINE_HPP

#include "persistent/persistentTxn.hpp"

#include "oops/oop.inline.hpp"
#include "persistent/persistentRawMemory.hpp"
#include "persistent/persistentSpace.hpp"
#include "persistent/persistentThread.hpp"
#include "persistent/persistentUnlogged.hpp"
#include "runtime/javaThread.hpp"

// The location is one of the recent ones from now on.
inline void PersistentTxn::remember(PersistentThread* pt, const void* addr, int log2_size, uint64_t* new_value) {
  pt->_recent[PersistentThread::recent_index(addr)] = PersistentThread::Recent{pt->recent_key(addr, log2_size), new_value};
}

// Few instructions, so that the processor finds the cache misses of the next stores behind them.
template <bool is_plain> inline bool PersistentTxn::try_record(JavaThread* thread, oopDesc* base, void* addr, int log2_size, uint64_t new_value) {
  PersistentThread& pt = thread->persistent();
  PersistentTxn* txn = pt._txn;
  if (txn == nullptr || !txn->_entries.has_plain_room() || !PersistentSpace::is_captured(base) ||
      (!is_plain && PersistentUnlogged::contains(base->klass(), (char*)addr - (char*)base))) {
    return false;
  }
  assert(!is_plain || !PersistentUnlogged::contains(base->klass(), (char*)addr - (char*)base), "must be");
  const int size = 1 << log2_size;
  Entry* e = txn->_entries.append();
  *e = Entry{new_value, base, (char*)addr, PersistentRawMemory::load(addr, size), (uint8_t)size, false, true};
  remember(&pt, addr, log2_size, &e->_new);
  return true;
}

#endif // SHARE_PERSISTENT_PERSISTENTTXN_INLINE_HPP
