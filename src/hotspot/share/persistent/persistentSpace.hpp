/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

#ifndef SHARE_PERSISTENT_PERSISTENTSPACE_HPP
#define SHARE_PERSISTENT_PERSISTENTSPACE_HPP

#include "memory/allocation.hpp"
#include "oops/oopsHierarchy.hpp"
#include "persistent/persistentMedia.hpp"
#include "runtime/atomic.hpp"
#include "utilities/bitMap.hpp"
#include "utilities/globalDefinitions.hpp"
#include "utilities/growableArray.hpp"
#include "utilities/powerOfTwo.hpp"

class JavaThread;
class PersistentLogRecord;

// The space of P, in lines of 256 bytes: which are taken, and which objects are
// captured, that is, part of the media state. A line is free as a whole or not at
// all; threads take runs of free lines as their buffers, large objects take runs of their own.
//
// All of it is in DRAM. The media's line table holds a bit per line, too: set by the
// record that captures the first object there, cleared by a record per collection.
// A line that the table has as free holds nothing that the media state reaches.
class PersistentSpace : public AllStatic {
  class LineMap : public CHeapObj<mtPersistent>, public CHeapBitMap {
   public:
    LineMap(size_t lines) : CHeapBitMap(lines, mtPersistent) {}
    uint64_t* words() { return (uint64_t*)map(); }
  };

  static uintptr_t    _base;
  static size_t       _line_count;
  static volatile size_t _limit;      // lines that the file has space for
  static LineMap* _taken;         // by a buffer or an object
  static LineMap* _media;         // what the line table holds, or will once the log is applied
  static LineMap* _opened;        // objects there were captured when the heap was opened
  static uint64_t*    _captured;      // bit per 8 bytes: where captured objects begin; all of an opened line, once that was asked for
  static LineMap* _candidates;    // taken when the running collection began
  static LineMap* _live;          // of them, with marked objects
  static volatile size_t _used;

  static const size_t LineSize = PersistentLayout::LineSize;
  // There is no run of at least smallest_run(i) lines before line _hints[i].
  static const int ExactHints = 64;
  static const int HintCount  = ExactHints + 18;
  static size_t _hints[HintCount];

  static int    hint_for(size_t lines) { return lines <= (size_t)ExactHints ? (int)lines - 1 : MIN2(ExactHints + log2i(lines / ExactHints), HintCount - 1); }
  static size_t smallest_run(int hint) { return hint < ExactHints ? (size_t)hint + 1 : (size_t)ExactHints << (hint - ExactHints); }

  static size_t line_of(const void* p)  { return ((uintptr_t)p - _base) / LineSize; }
  static char*  address_of(size_t line) { return (char*)_base + line * LineSize; }
  static size_t find_run(size_t lines, size_t most, size_t* length);
  static char*  take(size_t line, size_t lines);
  static size_t give_back(size_t line, size_t lines, size_t before, size_t before_start);

  static bool has_bit(const void* p) {
    size_t bit = ((uintptr_t)p - _base) / CapturedUnit;
    return (Atomic::load_acquire(&_captured[bit / 64]) >> (bit % 64)) & 1;
  }
  static inline void put_bit(const void* p, bool value);
  DEBUG_ONLY(static void assert_ordered();)
  static volatile uint32_t* bits_of(size_t line) {
    STATIC_ASSERT(LineSize / CapturedUnit == BitsPerInt);
    return (volatile uint32_t*)_captured + line;
  }
  static bool note_opened(const void* obj);
  DEBUG_ONLY(static bool has_captured(size_t line, size_t end);)

 public:
  static const size_t BufferSize = 64 * K;

  // line_table: the media's, of size / LineSize bits. committed: bytes of size that can be used.
  static void initialize(uintptr_t base, size_t size, const uint64_t* line_table, size_t committed);
  // Makes the file larger if that much is in use that a collection alone would not help
  // for long, or bytes more are needed, or if it has the size tried, in which no collection has made
  // the room that was wanted; false if nothing changed.
  static bool grow(size_t bytes, size_t tried = 0);
  // The message of an OutOfMemoryError: with the reason if the file could not grow.
  static void print_no_space(outputStream* st);

  // bytes is a multiple of 8. Null if there is no room. A buffer may be shorter
  // than asked for, but not than min_bytes; *bytes says.
  static char* allocate_buffer(size_t min_bytes, size_t* bytes);
  static char* allocate_large(size_t bytes);
  // The lines of a thread's buffer from top on that nothing was allocated in are free again.
  static void recycle_buffer(char* top, char* end);

  static size_t used()      { return _used; }                    // bytes, in whole lines
  static size_t committed() { return _limit * LineSize; }
  static size_t capacity()  { return _line_count * LineSize; }

  // An object that is captured is so for good, and what was written of it for the media is taken: later stores are not part of that. Without the log's lock a
  // false answer says nothing.
  static bool is_captured(const void* obj) {
    return has_bit(obj) || (_opened->at(line_of(obj)) && note_opened(obj));
  }
  // The map for generated code, which looks no further: the word for an address is at captured_map() + address / 512 * 8, and
  // the bit in it is address / 8 % 64.
  static address captured_map() { return (address)_captured - _base / CapturedUnit / BitsPerByte; }
  static const size_t CapturedUnit = 8;
  static void set_captured(const void* obj) { put_bit(obj, true); }
  // Of an object that is not captured: the capture that goes on has reached it. That has the bit behind the object's own: every object has two at least.
  // Under the lock.
  static bool is_reached(const void* obj) { return has_bit((const char*)obj + CapturedUnit); }
  static void set_reached(const void* obj) { put_bit((const char*)obj + CapturedUnit, true); }
  // The capture ends: what it has reached is captured, or forgotten.
  static void end_reached(const GrowableArrayView<oopDesc*>& objects, bool captured);
  // Those captured since the heap was opened; under the lock.
  static void captured_do(void f(void* context, oopDesc* obj), void* context);

  // What a capture changed in the line table: added to its record by finish(),
  // taken back by abort().
  class Update : public StackObj {
    struct Change { size_t word; uint64_t before; };
    GrowableArrayCHeap<Change, mtPersistent> _changes;
    void include_lines(size_t first, size_t last);
   public:
    Update() : _changes(0) {}
    void include(const void* obj, size_t bytes) {
      const size_t first = line_of(obj);
      const size_t last = line_of((const char*)obj + bytes - 1);
      if (first != last || !_media->at(first)) include_lines(first, last);
    }
    void finish(PersistentLogRecord* record);
    void abort();                     // after finish, too: the record may fail
  };

  // Whether p lies in what the media knows as taken (opening checks references).
  static bool is_taken(const void* p);
  // Whether [from, to) has lines like that and nothing else.
  static bool has_opened_only(const void* from, const void* to);

  // ---- A collection, see persistentCollector.hpp ----

  // At a safepoint, all buffers recycled: the lines taken now are the candidates.
  static void begin_collection();
  // Whether [from, to) has candidates: marks are nowhere else.
  static bool has_candidates(const void* from, const void* to);
  // Whether obj was allocated since begin_collection.
  static bool is_new(const void* obj) { return !_candidates->at(line_of(obj)); }
  // A marked object. By any number of threads.
  static void set_live(const void* obj, size_t bytes);
  // Part of a thread's open transaction: stays taken, whatever is in it.
  static void keep(const void* from, const void* to);
  // marks: bit per 8 bytes of [from, to), which is a multiple of 512 bytes: objects that are not
  // marked are no longer captured. Under the lock.
  static void retain_captured(const void* from, const void* to, const uint64_t* marks);
  // Candidates without live objects become free, on the media first. Under the lock; returns
  // the bytes freed.
  static size_t end_collection();

  // ---- Evacuation, see persistentEvacuation.hpp: at a safepoint, under the lock ----

  // [from, to) is empty: nothing there is taken or captured. Then objects are put there,
  // and the end adds what became of the line table to the record.
  static void begin_refill(const void* from, const void* to);
  static void refill(const void* obj, size_t bytes);
  static void end_refill(const void* from, const void* to, PersistentLogRecord* record);
};

inline void PersistentSpace::put_bit(const void* p, bool value) {
  DEBUG_ONLY(assert_ordered();)
  size_t i = ((uintptr_t)p - _base) / CapturedUnit;
  uint64_t bit = (uint64_t)1 << (i % 64);
  uint64_t word = _captured[i / 64];
  Atomic::release_store(&_captured[i / 64], value ? word | bit : word & ~bit);
}

#endif // SHARE_PERSISTENT_PERSISTENTSPACE_HPP
