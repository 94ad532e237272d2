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
#include "persistent/persistentUnlogged.hpp"
#include "runtime/safepoint.hpp"
#include "utilities/copy.hpp"
#include "utilities/growableArray.hpp"

bool PersistentEvacuation::_active = false;

static const size_t SegmentSize = 1 * M;

struct Segment {
  size_t live;        // bytes of objects that start here and may move
  bool   selected;
  int    first;       // of its objects in moves
  int    end;
};

// One object of a selected segment, by address; in units of 8 bytes from P's start.
struct Move {
  uint32_t from;
  uint32_t to;
};

// What stays where it is, by address; they do not overlap.
struct Obstacle {
  char* start;
  char* end;
};

static Segment* segments = nullptr;
static size_t   segment_count = 0;
static GrowableArrayCHeap<Move, mtPersistent>*     moves = nullptr;
static GrowableArrayCHeap<Obstacle, mtPersistent>* obstacles = nullptr;

static char* at_offset(uint32_t offset)    { return (char*)PHeap::base() + (size_t)offset * HeapWordSize; }
static uint32_t offset_in_p(const void* p) { return (uint32_t)(((uintptr_t)p - PHeap::base()) / HeapWordSize); }
static size_t segment_of(const void* p)    { return ((uintptr_t)p - PHeap::base()) / SegmentSize; }
static char* start_of(size_t segment)      { return (char*)PHeap::base() + segment * SegmentSize; }

static void pin(const void* from, const void* to) {
  if (from < to && PHeap::contains(from)) obstacles->append(Obstacle{(char*)from, (char*)to});
}

static int by_start(Obstacle* a, Obstacle* b) { return a->start < b->start ? -1 : a->start > b->start ? 1 : 0; }

static void merge_obstacles() {
  obstacles->sort(by_start);
  int n = 0;
  for (int i = 0; i < obstacles->length(); i++) {
    Obstacle o = obstacles->at(i);
    if (n > 0 && o.start <= obstacles->at(n - 1).end) {
      obstacles->adr_at(n - 1)->end = MAX2(obstacles->at(n - 1).end, o.end);
    } else {
      obstacles->at_put(n++, o);
    }
  }
  obstacles->trunc_to(n);
}

// Those at or behind an address that only grows.
class ObstacleCursor : public StackObj {
  int _next = 0;
 public:
  const Obstacle* at_or_behind(const char* p) {
    while (_next < obstacles->length() && obstacles->at(_next).end <= p) _next++;
    return _next < obstacles->length() ? obstacles->adr_at(_next) : nullptr;
  }
};

class PinClosure : public OopClosure {
 public:
  void do_oop(oop* p) override {
    oopDesc* obj = cast_from_oop<oopDesc*>(*p);
    if (obj != nullptr && PHeap::contains(obj)) pin(obj, (HeapWord*)obj + obj->size());
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

void PersistentEvacuation::select(bool everything) {
  assert_at_safepoint();
  segment_count = PHeap::size() / SegmentSize;
  segments = NEW_C_HEAP_ARRAY(Segment, segment_count, mtPersistent);
  memset(segments, 0, segment_count * sizeof(Segment));
  moves = new GrowableArrayCHeap<Move, mtPersistent>(1024);
  obstacles = new GrowableArrayCHeap<Obstacle, mtPersistent>(64);

  PinClosure pinned;
  PersistentTxn::all_oops_do(&pinned);
  // Copies that a commit which will be tried again has put there: nothing that is not committed may be logged because it moves.
  PersistentTxn::all_stored_do(&pinned);
  PersistentTxn::allocated_do(pin);
  PersistentOpen::root_do(&pinned);
  if (!everything) {
    // Half in one segment and half in another: a large object, which leaves no small holes.
    for (size_t s = 0; s < segment_count; s++) {
      marked_do(start_of(s), start_of(s + 1), [&] (HeapWord* p, size_t words) {
        if (segment_of(p + words - 1) != s) pin(p, p + words);
      });
    }
  }
  merge_obstacles();
  ObstacleCursor cursor;
  for (size_t s = 0; s < segment_count; s++) {
    marked_do(start_of(s), start_of(s + 1), [&] (HeapWord* p, size_t words) {
      const Obstacle* o = cursor.at_or_behind((char*)p);
      if (o == nullptr || (char*)p < o->start) segments[s].live += words * HeapWordSize;
    });
  }

  // The sparsest first. What is moved goes through the log: a bound on that.
  size_t budget = everything ? 1 * (size_t)G : MAX2(PHeap::size() / 8, 16 * M);
  size_t live = 0;
  for (size_t s = 0; s < segment_count; s++) live += segments[s].live;
  int selected = 0;
  for (size_t tenth = 1; tenth <= 7; tenth++) {
    for (size_t s = 0; s < segment_count; s++) {
      Segment* g = &segments[s];
      if (g->selected || (g->live == 0 && !everything)) continue;
      if (everything ? live <= budget : g->live <= SegmentSize / 10 * tenth && g->live <= budget) {
        g->selected = true;
        if (!everything) budget -= g->live;
        selected++;
      }
    }
  }

  size_t moved = 0;
  char* to = nullptr;
  size_t to_segment = 0;
  ObstacleCursor from_cursor;
  ObstacleCursor to_cursor;
  for (size_t s = 0; s < segment_count && selected > 0; s++) {
    if (!segments[s].selected) continue;
    if (to == nullptr) {
      to = start_of(s);
      to_segment = s;
    }
    segments[s].first = moves->length();
    marked_do(start_of(s), start_of(s + 1), [&] (HeapWord* p, size_t words) {
      size_t bytes = words * HeapWordSize;
      const Obstacle* o = from_cursor.at_or_behind((char*)p);
      if (o != nullptr && (char*)p >= o->start) {
        moves->append(Move{offset_in_p(p), offset_in_p(p)});
        return;
      }
      while (true) {
        if (!everything && segment_of(to + bytes - 1) != to_segment) {
          do to_segment++; while (!segments[to_segment].selected);
          to = start_of(to_segment);
        }
        o = to_cursor.at_or_behind(to);
        if (o == nullptr || to + bytes <= o->start) break;
        to = o->end;
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
  log_info(pheap, gc)("Evacuation%s: %zuK of objects in %d segments of 1 MB%s", everything ? " (everything)" : "", moved / K, selected,
                      _active ? "" : moved == 0 ? ", nothing to gain" : ", but the disk has no room for its record");
  if (!_active) done();
}

void PersistentEvacuation::done() {
  FREE_C_HEAP_ARRAY(Segment, segments);
  delete moves;
  delete obstacles;
  _active = false;
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

// References within P. What changes in a captured object that stays is logged, but for the state of locks, which the media has not; one that
// moves is logged whole.
class AdjustReferences : public BasicOopIterateClosure {
  GrowableArrayCHeap<narrowOop*, mtPersistent> _changed;
  oopDesc* _holder;
  bool     _note;
 public:
  AdjustReferences() : _changed(1024), _holder(nullptr), _note(false) {}
  void adjust(oopDesc* holder, bool note) {
    _holder = holder;
    _note = note;
    cast_to_oop(holder)->oop_iterate(this);
  }
  void do_oop(narrowOop* p) override {
    oop v = RawAccess<>::oop_load(p);
    if (v == nullptr || !PHeap::contains(v)) return;
    oop to = PersistentEvacuation::forwardee(v);
    if (to == v) return;
    RawAccess<>::oop_store(p, to);
    if (_note && !PersistentUnlogged::contains(_holder->klass(), (char*)p - (char*)_holder)) _changed.append(p);
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
    int i = segments[s].first;
    marked_do(start_of(s), start_of(s + 1), [&] (HeapWord* p, size_t words) {
      bool moves_on = segments[s].selected && moves->at(i).to != moves->at(i).from;
      i++;
      references.adjust((oopDesc*)p, !moves_on && PersistentSpace::is_captured(p));
    });
  }
  PersistentKillPoint::at("evacuate-adjusted");

  // Which of the objects are on the media must be known before the first one moves.
  CHeapBitMap captured(moves->length(), mtPersistent);
  for (int i = 0; i < moves->length(); i++) {
    if (PersistentSpace::is_captured(at_offset(moves->at(i).from))) captured.set_bit(i);
  }
  for (size_t s = 0; s < segment_count; s++) {
    if (segments[s].selected) {
      PersistentSpace::begin_refill(start_of(s), start_of(s + 1));
      PersistentSlots::clear(start_of(s), start_of(s + 1));
    }
  }
  RegisterSlots slots;
  for (int i = 0; i < obstacles->length(); i++) {
    const Obstacle* o = obstacles->adr_at(i);
    for (size_t s = segment_of(o->start); s <= segment_of(o->end - 1); s++) {
      char* from = MAX2(o->start, start_of(s));
      char* end  = MIN2(o->end, start_of(s + 1));
      if (segments[s].selected) {
        PersistentSpace::refill(from, pointer_delta(end, from, 1));
      } else {
        // Objects that reach from here into a selected one.
        marked_do(from, end, [&] (HeapWord* p, size_t words) { cast_to_oop(p)->oop_iterate(&slots); });
      }
    }
  }
  for (int i = 0; i < moves->length(); i++) {
    Move m = moves->at(i);
    size_t words = cast_to_oop(at_offset(m.from))->size();
    if (m.to != m.from) {
      Copy::conjoint_words((HeapWord*)at_offset(m.from), (HeapWord*)at_offset(m.to), words);
    }
    PersistentKillPoint::at("evacuate-move");
    PersistentSpace::refill(at_offset(m.to), words * HeapWordSize);
    cast_to_oop(at_offset(m.to))->oop_iterate(&slots);
    if (m.to == m.from && captured.at(i)) PersistentSpace::set_captured(at_offset(m.to));
  }
  PersistentKillPoint::at("evacuate-moved");

  PersistentLogRecord record;
  PersistentCapture capture(nullptr, &record);
  bool ok = true;
  for (int i = 0; i < moves->length(); i++) {
    if (moves->at(i).to != moves->at(i).from && captured.at(i)) {
      ok = capture.add_object((oopDesc*)at_offset(moves->at(i).to)) && ok;
    }
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
      PersistentSpace::end_refill(start_of(s), start_of(s + 1), &record);
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
  done();
}
