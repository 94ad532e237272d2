/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

#ifndef SHARE_PERSISTENT_PERSISTENTTHREAD_HPP
#define SHARE_PERSISTENT_PERSISTENTTHREAD_HPP

#include "memory/allStatic.hpp"
#include "utilities/globalDefinitions.hpp"
#include "utilities/sizes.hpp"

class OopClosure;
class PersistentTxn;

// What a JavaThread knows about the persistent heap. Embedded in JavaThread;
// written by the owning thread, and by the VM thread at safepoints.
class PersistentThread {
 public:
  PersistentTxn* _txn;              // open transaction, or null
  char*          _plab_top;         // allocation buffer in the persistent heap
  char*          _plab_end;
  uint64_t       _last_seq;         // sequence number of the thread's last log record
  int            _allocate_depth;   // nesting of PersistentHeap.allocate
  bool           _allocation_site;  // the next allocation may go to the persistent heap
                                    // (see persistentAllocation.hpp)
  bool           _allocates_all;    // PersistentAllocateAll applies to this thread

  PersistentThread()
    : _txn(nullptr), _plab_top(nullptr), _plab_end(nullptr), _last_seq(0),
      _allocate_depth(0), _allocation_site(false), _allocates_all(false) {}

  bool in_txn() const      { return _txn != nullptr; }
  bool in_allocate() const { return _allocate_depth > 0; }

  // V references held by the open transaction (old and new values) are roots.
  void oops_do(OopClosure* cl);
};

#endif // SHARE_PERSISTENT_PERSISTENTTHREAD_HPP
