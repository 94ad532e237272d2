/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

#include "persistent/persistentRanges.hpp"

#include "memory/allocation.inline.hpp"
#include "runtime/atomic.hpp"
#include "runtime/orderAccess.hpp"

PersistentRanges::PersistentRanges()
  : _ranges(NEW_C_HEAP_ARRAY(Range, FirstCapacity, mtPersistent)), _length(0), _capacity(FirstCapacity), _added(0) {}

PersistentRanges::~PersistentRanges() { FREE_C_HEAP_ARRAY(Range, _ranges); }

int PersistentRanges::first_behind(const void* p) const {
  int low = 0;
  int high = length();
  while (low < high) {
    const int middle = low + (high - low) / 2;
    if (_ranges[middle]._start <= p) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

void PersistentRanges::insert(int index, Range range) {
  if (_length == _capacity) {
    _capacity *= 2;
    _ranges = REALLOC_C_HEAP_ARRAY(Range, _ranges, _capacity, mtPersistent);
  }
  memmove(&_ranges[index + 1], &_ranges[index], (_length - index) * sizeof(Range));
  // Empty until it is whole: others may still see the length that it had.
  Atomic::store(&_ranges[index]._end, (char*)nullptr);
  OrderAccess::storestore();
  _ranges[index]._start  = range._start;
  _ranges[index]._number = range._number;
  Atomic::release_store(&_ranges[index]._end, range._end);
  set_length(_length + 1);
}

void PersistentRanges::erase(int index) {
  memmove(&_ranges[index], &_ranges[index + 1], (_length - index - 1) * sizeof(Range));
  set_length(_length - 1);
}

bool PersistentRanges::contains(const void* p, int64_t mark) const {
  const int i = first_behind(p) - 1;
  return i >= 0 && p < _ranges[i]._end && _ranges[i]._number >= mark;
}

// The start of one range and the end of another are not found twice.
bool PersistentRanges::contains_for_other(const void* p) const {
  if (!contains(p, 0)) return false;
  OrderAccess::loadload();
  return contains(p, 0);
}

const char* PersistentRanges::add(char* start, char* end, int64_t mark) {
  if (start == end) return start;
  assert(start < end && mark <= _added, "must be");
  const int64_t number = _added++;
  const int i = first_behind(start);
  assert(i == 0 || _ranges[i - 1]._end <= start, "allocated twice");
  assert(i == _length || end <= _ranges[i]._start, "allocated twice");
  if (i > 0 && _ranges[i - 1]._end == start && _ranges[i - 1]._number >= mark) {
    _ranges[i - 1]._end = end;
    return _ranges[i - 1]._start;
  }
  insert(i, Range{start, end, number});
  return start;
}

void PersistentRanges::remove(const char* start, const char* end) {
  const int i = first_behind(start) - 1;
  if (start >= end || i < 0 || start >= _ranges[i]._end) return;
  Range* r = &_ranges[i];
  assert(end <= r->_end, "of one range");
  const Range rest = {(char*)end, r->_end, r->_number};
  if (r->_start < start) {
    r->_end = (char*)start;
    if (rest._start < rest._end) insert(i + 1, rest);
  } else if (rest._start < rest._end) {
    *r = rest;
  } else {
    erase(i);
  }
}

void PersistentRanges::join(const void* p, int64_t mark) {
  const int i = first_behind(p) - 1;
  if (i <= 0) return;
  Range* before = &_ranges[i - 1];
  if (before->_end == _ranges[i]._start && before->_number >= mark && _ranges[i]._number >= mark) {
    before->_end = _ranges[i]._end;
    erase(i);
  }
}
