/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

#ifndef SHARE_PERSISTENT_PERSISTENTRANGES_HPP
#define SHARE_PERSISTENT_PERSISTENTRANGES_HPP

#include "runtime/atomic.hpp"
#include "utilities/globalDefinitions.hpp"

// Where a transaction has allocated: ranges of addresses in their order, of which none has a part of another. What
// is added next to the last one of the same level makes that longer: of a program that fills a heap there is one range.
//
// The thread of the transaction changes and asks; others only ask, under the lock of the list of transactions. It is changed under
// that lock, too, but for the first range of a transaction, and when all are forgotten at its end: then others may take for the thread's
// what was, or is to be. The memory stays where it is.
class PersistentRanges {
 public:
  struct Range {
    char* _start;
    char* _end;
    int64_t _number;       // counts from the first one added
  };

 private:
  static const int FirstCapacity = 4;
  Range*       _ranges;
  volatile int _length;
  int          _capacity;
  int64_t      _added;

  NONCOPYABLE(PersistentRanges);

  int  first_behind(const void* p) const;      // the index of the first range that begins behind p
  void insert(int index, Range range);
  void erase(int index);
  void set_length(int length) { Atomic::release_store(&_length, length); }

 public:
  PersistentRanges();
  ~PersistentRanges();

  // A level of the transaction begins: its mark is the number of the first range added from now on.
  int64_t mark() const               { return _added; }
  int length() const                 { return Atomic::load_acquire(&_length); }
  int capacity() const               { return _capacity; }
  const Range* adr_at(int i) const   { return &_ranges[i]; }

  // Whether p is in a range that was added at mark or later.
  bool contains(const void* p, int64_t mark) const;
  // For other threads: not what lies between the first range of one transaction and that of the next.
  bool contains_for_other(const void* p) const;
  // Of the level with that mark. Returns where the range begins that has it now.
  const char* add(char* start, char* end, int64_t mark);
  // All of it in one range, or in none.
  void remove(const char* start, const char* end);
  // The level inside of that with this mark has ended: the range with p is not parted from the one before any more.
  void join(const void* p, int64_t mark);
  void clear() {
    set_length(0);
    _added = 0;
  }
};

#endif // SHARE_PERSISTENT_PERSISTENTRANGES_HPP
