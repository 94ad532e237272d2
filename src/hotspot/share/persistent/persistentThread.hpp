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
  PersistentTxn* _spare_txn;        // the last transaction's memory, for the next one
  size_t         _no_room_for;      // bytes that it wanted last and did not get (see persistentRoom.hpp)

  // What the current level of the transaction has allocated in the buffer and in those next to it, and what is
  // free there; nothing is captured: stores there need no record.
  uintptr_t      _own_start;
  size_t         _own_size;

  // Locations that the current level has recorded, found without a search. A key is of the
  // address, the size, and the level; the levels before have other tags.
  struct Recent {
    uint64_t  _key;
    uint64_t* _new_value;           // of the entry
  };
  static const int RecentCount = 64;
  static const int TagShift = 49;
  uint64_t       _level_tag;
  Recent         _recent[RecentCount];

  PersistentThread()
    : _txn(nullptr), _plab_top(nullptr), _plab_end(nullptr), _last_seq(0),
      _allocate_depth(0), _allocation_site(false), _allocates_all(false), _spare_txn(nullptr), _no_room_for(0),
      _own_start(0), _own_size(0), _level_tag(0), _recent() {}

  uint64_t recent_key(const void* addr, int log2_size) const {
    return _level_tag + ((uintptr_t)addr << 2) + (uint64_t)log2_size;
  }
  // Where a location is looked for. The factor was found by trying: of 64 neighbours, or the same field of 64 objects side by side, of any
  // size up to 1,024 bytes, half at least have places of their own, most of them nearly always. It is small, for the code of C2: times an offset it is a
  // constant of 32 bits.
  static const int RecentFactor = 0x782EF;
  static const int RecentShift  = 16;
  static int recent_index(const void* addr) {
    return (int)(((uintptr_t)addr * RecentFactor >> RecentShift) % RecentCount);
  }
  bool is_own(const void* obj) const { return (uintptr_t)obj - _own_start < _own_size; }
  // A level begins or ends: nothing is recorded, nothing is its own.
  void new_level() {
    _own_start = 0;
    _own_size = 0;
    _level_tag += (uint64_t)1 << TagShift;
    if (_level_tag == 0) {
      for (Recent& r : _recent) r._key = 0;
      _level_tag = (uint64_t)1 << TagShift;
    }
  }
  void set_own(const char* start, const char* end) {
    _own_start = (uintptr_t)start;
    _own_size = (size_t)(end - start);
  }

  // For generated code.
  static ByteSize plab_top_offset()  { return byte_offset_of(PersistentThread, _plab_top); }
  static ByteSize plab_end_offset()  { return byte_offset_of(PersistentThread, _plab_end); }
  static ByteSize own_start_offset() { return byte_offset_of(PersistentThread, _own_start); }
  static ByteSize own_size_offset()  { return byte_offset_of(PersistentThread, _own_size); }
  static ByteSize level_tag_offset() { return byte_offset_of(PersistentThread, _level_tag); }
  static ByteSize recent_offset()    { return byte_offset_of(PersistentThread, _recent); }

  bool in_txn() const      { return _txn != nullptr; }
  bool in_allocate() const { return _allocate_depth > 0; }

  // V references held by the open transaction (old and new values) are roots.
  void oops_do(OopClosure* cl);
};

#endif // SHARE_PERSISTENT_PERSISTENTTHREAD_HPP
