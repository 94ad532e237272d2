/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

#ifndef SHARE_PERSISTENT_PERSISTENTIMAGES_HPP
#define SHARE_PERSISTENT_PERSISTENTIMAGES_HPP

#include "memory/allocation.hpp"
#include "oops/oopsHierarchy.hpp"
#include "utilities/align.hpp"
#include "utilities/count_trailing_zeros.hpp"
#include "utilities/globalDefinitions.hpp"
#include "utilities/growableArray.hpp"

class OopClosure;
class PersistentLogRecord;

// Of a block of bytes of a primitive array: which of them a level of a transaction has stored to, what they were before,
// and what it stored last. Copies and fills of many bytes make images; from then on single stores to such a block
// go to images, too: what else the transaction knows of it is older.
class PersistentImage {
  friend class PersistentImages;
 public:
  static const int BlockSize = 256;

 private:
  oopDesc* _base;
  char*    _start;         // a multiple of BlockSize from the base
  int      _previous;      // the block's image of an outer level, or -1
  uint64_t _written[BlockSize / 64];      // a bit for each byte
  uint64_t _foreign[BlockSize / 64];      // found by undo: somebody else has stored there since
  alignas(8) char _before[BlockSize];
  alignas(8) char _after[BlockSize];

  static bool is_set(const uint64_t* bits, int offset) { return (bits[offset / 64] >> (offset % 64) & 1) != 0; }

  // The first offset from `offset` on that was written, or was not; BlockSize if there is none.
  int next(int offset, bool written) const {
    while (offset < BlockSize) {
      const uint64_t bits = (written ? _written[offset / 64] : ~_written[offset / 64]) >> (offset % 64);
      if (bits != 0) return offset + count_trailing_zeros(bits);
      offset = align_down(offset, 64) + 64;
    }
    return BlockSize;
  }
  // f(offset, size) for what was written, neighbours together.
  template <typename F> void runs_do(F f) const {
    for (int from = next(0, true); from < BlockSize; ) {
      const int to = next(from, false);
      f(from, to - from);
      from = next(to, true);
    }
  }

 public:
  char*    end() const                   { return _start + BlockSize; }
  bool     is_written(const char* addr) const { return is_set(_written, (int)(addr - _start)); }
  bool     is_foreign(const char* addr) const { return is_set(_foreign, (int)(addr - _start)); }
  // What was stored last at addr and behind it.
  char*    after(const char* addr)       { return _after + (addr - _start); }

  // A store. before counts where nothing was stored yet.
  void     note(const char* addr, int size, const void* before, const void* after);
  // The same of a number; false, and nothing done, if that would be the first store of a byte of it.
  bool     note_again(const char* addr, int size, uint64_t value) {
    const int from = (int)(addr - _start);
    const uint64_t bits = (((uint64_t)1 << size) - 1) << (from % 64);
    if (from / 64 != (from + size - 1) / 64 || (~_written[from / 64] & bits) != 0) return false;
    switch (size) {
      case 1:  _after[from] = (char)value; break;
      case 2:  memcpy(_after + from, &value, 2); break;
      case 4:  memcpy(_after + from, &value, 4); break;
      default: memcpy(_after + from, &value, size); break;
    }
    return true;
  }
  void     include(const PersistentImage* later);
  // Whether memory has what was stored.
  bool     holds() const;
  // Restores what was before, but where somebody else has stored since, unless that was checked.
  void     undo(bool checked);
};

// The images of a transaction, in the order they were made: those of a level follow one another.
class PersistentImages {
  static const int ChunkLength = 32;
  GrowableArrayCHeap<PersistentImage*, mtPersistent> _chunks;
  int      _length;
  // A hash of the block's start -> its last image, or -1. A slot of another generation is empty.
  struct Slot { const char* start; uint32_t generation; int index; };
  Slot*    _table;
  int      _table_size;          // power of two
  int      _used;                // slots
  uint32_t _generation;
  mutable int _found;            // the last image that was looked for, if it is its block's last one; or -1

  Slot*    slot_for(const char* start) const;
  PersistentImage* look_for(const oopDesc* base, const char* addr, int mark) const;
  void     rebuild_table(int size);
  void     truncate(int length);
  void     free_chunks(int from);
  PersistentImage* at(int i) const { return &_chunks.at(i / ChunkLength)[i % ChunkLength]; }

 public:
  PersistentImages();
  ~PersistentImages();
  int  length() const   { return _length; }
  bool is_empty() const { return _length == 0; }
  bool is_large() const { return _table_size > (int)(4 * K) || _generation > (uint32_t)max_jint; }

  static char* block_start(const oopDesc* base, const char* addr) {
    return (char*)base + align_down(addr - (const char*)base, PersistentImage::BlockSize);
  }
  // Whether [addr, addr + size) is in two blocks of the array.
  static bool is_across(const oopDesc* base, const char* addr, int size) {
    return block_start(base, addr) != block_start(base, addr + size - 1);
  }
  // The image for addr if it is of the level whose images begin at mark, or within that; else null.
  PersistentImage* find(const oopDesc* base, const char* addr, int mark) const {
    if (is_empty()) return nullptr;
    if (_found >= mark) {
      PersistentImage* image = at(_found);
      if (image->_base == base && addr >= image->_start && addr < image->end()) return image;
    }
    return look_for(base, addr, mark);
  }
  PersistentImage* add(oopDesc* base, const char* addr);
  // The level that begins at mark becomes part of the one that begins at outer_mark.
  void merge(int mark, int outer_mark);
  void undo_to(int mark, bool checked);
  void trunc_to(int length) {
    if (length < _length) truncate(length);
  }

  // f(base, addr, bytes) for what was written; neighbours together.
  template <typename F> void ranges_do(F f) const;
  // Adds to record what was stored last, wherever it was.
  void add_values(PersistentLogRecord* record) const;
  // An array that somebody else has stored to where it was; null if there is none.
  oopDesc* find_conflict() const;
  bool is_written(const void* addr) const;
  void oops_do(OopClosure* cl);
};

template <typename F> void PersistentImages::ranges_do(F f) const {
  static const size_t MaxRange = 256 * M;       // a write of the log has a length of 32 bits
  oopDesc* base = nullptr;
  char* addr = nullptr;
  size_t bytes = 0;
  for (int i = 0; i < _length; i++) {
    const PersistentImage* image = at(i);
    image->runs_do([&] (int offset, int size) {
      char* next = image->_start + offset;
      if (image->_base == base && next == addr + bytes && bytes < MaxRange) {
        bytes += size;
        return;
      }
      if (bytes > 0) f(base, addr, bytes);
      base = image->_base;
      addr = next;
      bytes = size;
    });
  }
  if (bytes > 0) f(base, addr, bytes);
}

#endif // SHARE_PERSISTENT_PERSISTENTIMAGES_HPP
