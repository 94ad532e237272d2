/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

#ifndef SHARE_PERSISTENT_PERSISTENTSEGMENTS_HPP
#define SHARE_PERSISTENT_PERSISTENTSEGMENTS_HPP

#include "memory/allStatic.hpp"
#include "persistent/persistentMedia.hpp"
#include "utilities/globalDefinitions.hpp"
#include "utilities/growableArray.hpp"

class PersistentLogRecord;

// The space of P, in segments of 1 MB: which part of each is taken, and which
// objects are captured, that is, part of the media state. All of it is in DRAM;
// the media's segment table holds, per segment, the end of its last captured
// object, written by the record that captures it.
class PersistentSegments : public AllStatic {
  static uintptr_t  _base;
  static size_t     _count;
  static uint32_t*  _taken;           // bytes handed out, from the segment's start
  static uint32_t*  _logged;          // what the segment table holds, or will once the log is applied
  static uint32_t*  _opened;          // objects below were captured when the heap was opened
  static uint64_t*  _captured;        // bit per 8 bytes, at the start of captured objects
  static size_t     _cursor;          // first segment that may have room
  static volatile size_t _used;

  static const size_t SegmentSize = PersistentLayout::SegmentSize;

  static size_t segment_of(const void* p) { return ((uintptr_t)p - _base) / SegmentSize; }
  static char* take(size_t segment, size_t bytes);

 public:
  static const size_t BufferSize = 64 * K;

  static void initialize(uintptr_t base, size_t size, const uint64_t* segment_table);

  // bytes is a multiple of 8. Null if there is no room. A buffer may be shorter
  // than asked for, but not than min_bytes; *bytes says.
  static char* allocate_buffer(size_t min_bytes, size_t* bytes);
  static char* allocate_large(size_t bytes);
  // Gives the rest of a thread's buffer to the next thread that needs one.
  static void recycle_buffer(char* top, char* end);

  static size_t used()      { return _used; }
  static size_t capacity()  { return _count * SegmentSize; }

  // Under the log's lock, except that a true answer is final.
  static bool is_captured(const void* obj);
  static void set_captured(const void* obj);
  static void clear_captured(const void* obj);
  // Those captured since the heap was opened; under the lock.
  static void captured_do(void f(void* context, oopDesc* obj), void* context);

  // What a capture changed in the segment table: added to its record by finish(),
  // taken back by abort().
  class Update : public StackObj {
    struct Change { size_t segment; uint32_t before; };
    GrowableArrayCHeap<Change, mtPersistent> _changes;
   public:
    Update() : _changes(0) {}
    void include(const void* obj, size_t bytes);
    void finish(PersistentLogRecord* record);
    void abort();
  };

  // Whether p lies in what the media knows as taken (opening checks references).
  static bool is_taken(const void* p);
};

#endif // SHARE_PERSISTENT_PERSISTENTSEGMENTS_HPP
