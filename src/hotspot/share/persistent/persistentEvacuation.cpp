/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

#include "persistent/persistentEvacuation.hpp"

#include "gc/g1/g1CollectedHeap.inline.hpp"
#include "gc/g1/g1ConcurrentMark.inline.hpp"
#include "gc/g1/g1ConcurrentMarkBitMap.inline.hpp"
#include "logging/log.hpp"
#include "memory/allocation.inline.hpp"
#include "memory/iterator.inline.hpp"
#include "oops/access.inline.hpp"
#include "oops/oop.inline.hpp"
#include "persistent/persistentCapture.hpp"
#include "persistent/persistentHeap.hpp"
#include "persistent/persistentKillPoint.hpp"
#include "persistent/persistentLog.hpp"
#include "persistent/persistentMedia.hpp"
#include "persistent/persistentOpen.hpp"
#include "persistent/persistentSlots.hpp"
#include "persistent/persistentSpace.hpp"
#include "persistent/persistentTxn.hpp"
#include "runtime/safepoint.hpp"
#include "utilities/copy.hpp"
#include "utilities/growableArray.hpp"

bool PersistentEvacuation::_active = false;

static const size_t SegmentSize = 1 * M;

struct Segment {
  size_t live;        // bytes of objects that start here
  bool   pinned;
  bool   selected;
  int    first;       // of its objects in moves
  int    end;
};

// One object of a selected segment, by address; in units of 8 bytes from P's start.
struct Move {
  uint32_t from;
  uint32_t to;
};

static Segment* segments = nullptr;
static size_t   segment_count = 0;
static GrowableArrayCHeap<Move, mtPersistent>* moves = nullptr;

static char* at_offset(uint32_t offset)    { return (char*)PHeap::base() + (size_t)offset * HeapWordSize; }
static uint32_t offset_in_p(const void* p)  { return (uint32_t)(((uintptr_t)p - PHeap::base()) / HeapWordSize); }
static size_t segment_of(const void* p)   { return ((uintptr_t)p - PHeap::base()) / SegmentSize; }

static void pin(const void* from, const void* to) {
  if (from >= to || !PHeap::contains(from)) return;
  for (size_t s = segment_of(from); s <= segment_of((const char*)to - 1); s++) segments[s].pinned = true;
}

class PinClosure : public OopClosure {
 public:
  void do_oop(oop* p) override {
    oopDesc* obj = cast_from_oop<oopDesc*>(*p);
    if (obj != nullptr) pin(obj, (char*)obj + 1);
  }
  void do_oop(narrowOop* p) override { ShouldNotReachHere(); }
};

// Calls f for every marked object of P that starts in [from, to), by address.
template <typename F> static void marked_do(char* from, char* to, F f) {
  G1CMBitMap* bitmap = G1CollectedHeap::heap()->concurrent_mark()->mark_bitmap();
  HeapWord* end = (HeapWord*)to;
  for (HeapWord* p = bitmap->get_next_marked_addr((HeapWord*)from, end); p < end; ) {
    size_t words = cast_to_oop(p)->size();
    f(p, words);
    p = p + words < end ? bitmap->get_next_marked_addr(p + words, end) : end;
  }
}

void PersistentEvacuation::select() {
  assert_at_safepoint();
  segment_count = PHeap::size() / SegmentSize;
  segments = NEW_C_HEAP_ARRAY(Segment, segment_count, mtPersistent);
  memset(segments, 0, segment_count * sizeof(Segment));
  moves = new GrowableArrayCHeap<Move, mtPersistent>(1024);

  PinClosure pinned;
  PersistentTxn::all_oops_do(&pinned);
  PersistentTxn::allocated_do(pin);
  PersistentOpen::root_do(&pinned);
  for (size_t s = 0; s < segment_count; s++) {
    char* from = (char*)PHeap::base() + s * SegmentSize;
    marked_do(from, from + SegmentSize, [&] (HeapWord* p, size_t words) {
      segments[s].live += words * HeapWordSize;
      // Half here and half there: a large object, which leaves no small holes.
      if (segment_of(p + words - 1) != s) pin(p, p + words);
    });
  }

  // The sparsest first. What is moved goes through the log: a bound on that.
  size_t budget = MAX2(PHeap::size() / 8, 16 * M);
  int selected = 0;
  for (size_t tenth = 1; tenth <= 7; tenth++) {
    for (size_t s = 0; s < segment_count; s++) {
      Segment* g = &segments[s];
      if (!g->pinned && !g->selected && g->live > 0 && g->live <= SegmentSize / 10 * tenth && g->live <= budget) {
        g->selected = true;
        budget -= g->live;
        selected++;
      }
    }
  }

  size_t moved = 0;
  char* to = nullptr;
  size_t to_segment = 0;
  for (size_t s = 0; s < segment_count; s++) {
    if (!segments[s].selected) continue;
    char* from = (char*)PHeap::base() + s * SegmentSize;
    if (to == nullptr) {
      to = from;
      to_segment = s;
    }
    segments[s].first = moves->length();
    marked_do(from, from + SegmentSize, [&] (HeapWord* p, size_t words) {
      size_t bytes = words * HeapWordSize;
      if (segment_of(to + bytes - 1) != to_segment) {
        do to_segment++; while (!segments[to_segment].selected);
        to = (char*)PHeap::base() + to_segment * SegmentSize;
      }
      assert(to <= (char*)p, "objects only move down");
      moves->append(Move{offset_in_p(p), offset_in_p(to)});
      if (to != (char*)p) moved += bytes;
      to += bytes;
    });
    segments[s].end = moves->length();
  }
  _active = moved > 0 && PersistentMedia::has_room(2 * moved + PersistentSpace::used() / 4);
  PersistentKillPoint::at("evacuate-select");
  log_info(pheap, gc)("Evacuation: %zuK of objects in %d segments of 1 MB%s", moved / K, selected,
                      _active ? "" : moved == 0 ? ", nothing to gain" : ", but the disk has no room for its record");
  if (!_active) {
    FREE_C_HEAP_ARRAY(Segment, segments);
    delete moves;
  }
}

static int move_of(const void* obj) {
  size_t s = segment_of(obj);
  if (!segments[s].selected) return -1;
  uint32_t from = offset_in_p(obj);
  int low = segments[s].first;
  int high = segments[s].end - 1;
  while (low <= high) {
    int middle = low + (high - low) / 2;
    uint32_t at = moves->at(middle).from;
    if (at == from) return middle;
    if (at < from) {
      low = middle + 1;
    } else {
      high = middle - 1;
    }
  }
  ShouldNotReachHere();         // a reference to a dead object
  return -1;
}

oop PersistentEvacuation::forwardee(oop obj) {
  int i = move_of(cast_from_oop<void*>(obj));
  return i < 0 ? obj : cast_to_oop(at_offset(moves->at(i).to));
}

// References within P. What changes in a captured object that stays is logged; one that
// moves is logged whole.
class AdjustReferences : public BasicOopIterateClosure {
  GrowableArrayCHeap<narrowOop*, mtPersistent> _changed;
 public:
  AdjustReferences() : _changed(1024) {}
  bool _note;
  void do_oop(narrowOop* p) override {
    oop v = RawAccess<>::oop_load(p);
    if (v == nullptr || !PHeap::contains(v)) return;
    oop to = PersistentEvacuation::forwardee(v);
    if (to == v) return;
    RawAccess<>::oop_store(p, to);
    if (_note) _changed.append(p);
  }
  void do_oop(oop* p) override { ShouldNotReachHere(); }
  const GrowableArrayCHeap<narrowOop*, mtPersistent>* changed() const { return &_changed; }
};

class RegisterSlots : public BasicOopIterateClosure {
 public:
  void do_oop(narrowOop* p) override {
    oop v = RawAccess<>::oop_load(p);
    if (v != nullptr && !PHeap::contains(v)) PersistentSlots::add(p);
  }
  void do_oop(oop* p) override { ShouldNotReachHere(); }
};

void PersistentEvacuation::finish() {
  assert_at_safepoint();
  assert(_active, "must be");
  PersistentLog::lock();
  size_t used_before = PersistentSpace::used();
  AdjustReferences references;
  for (size_t s = 0; s < segment_count; s++) {
    char* from = (char*)PHeap::base() + s * SegmentSize;
    marked_do(from, from + SegmentSize, [&] (HeapWord* p, size_t words) {
      references._note = !segments[s].selected && PersistentSpace::is_captured(p);
      cast_to_oop(p)->oop_iterate(&references);
    });
  }

  PersistentKillPoint::at("evacuate-adjusted");

  // Which of the moving objects are on the media must be known before the first one moves.
  GrowableArrayCHeap<oopDesc*, mtPersistent> captured(1024);
  for (int i = 0; i < moves->length(); i++) {
    if (PersistentSpace::is_captured(at_offset(moves->at(i).from))) {
      captured.append((oopDesc*)at_offset(moves->at(i).to));
    }
  }
  for (size_t s = 0; s < segment_count; s++) {
    if (segments[s].selected) {
      char* from = (char*)PHeap::base() + s * SegmentSize;
      PersistentSpace::begin_refill(from, from + SegmentSize);
      PersistentSlots::clear(from, from + SegmentSize);
    }
  }
  RegisterSlots slots;
  for (int i = 0; i < moves->length(); i++) {
    Move m = moves->at(i);
    size_t words = cast_to_oop(at_offset(m.from))->size();
    if (m.to != m.from) {
      Copy::conjoint_words((HeapWord*)at_offset(m.from), (HeapWord*)at_offset(m.to), words);
    }
    PersistentKillPoint::at("evacuate-move");
    PersistentSpace::refill(at_offset(m.to), words * HeapWordSize);
    cast_to_oop(at_offset(m.to))->oop_iterate(&slots);
  }

  PersistentKillPoint::at("evacuate-moved");

  PersistentLogRecord record;
  PersistentCapture capture(nullptr, &record);
  bool ok = true;
  for (int i = 0; i < captured.length(); i++) {
    ok = capture.add_object(captured.at(i)) && ok;
  }
  ok = capture.finish() && ok;
  guarantee(ok, "what was captured can be captured");
  for (int i = 0; i < references.changed()->length(); i++) {
    narrowOop* slot = references.changed()->at(i);
    uint32_t media = PersistentCapture::encode_reference(cast_from_oop<void*>(RawAccess<>::oop_load(slot)));
    record.add(PersistentCapture::file_offset(slot), &media, sizeof(media));
  }
  for (size_t s = 0; s < segment_count; s++) {
    if (segments[s].selected) {
      char* from = (char*)PHeap::base() + s * SegmentSize;
      PersistentSpace::end_refill(from, from + SegmentSize, &record);
    }
  }
  char err[512];
  if (PersistentLog::append(&record, err, sizeof(err)) == 0) {
    fatal("%s", err);           // the media is as it was
  }
  capture.commit();
  PersistentLog::unlock();
  PersistentKillPoint::at("evacuate-logged");
  log_info(pheap, gc)("Evacuation: %zuK->%zuK used, record of %zuK", used_before / K, PersistentSpace::used() / K, record.length() / K);
  FREE_C_HEAP_ARRAY(Segment, segments);
  delete moves;
  _active = false;
}
