/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

#include "persistent/persistentCollector.hpp"

#include "gc/g1/g1CollectedHeap.inline.hpp"
#include "gc/g1/g1ConcurrentMark.inline.hpp"
#include "gc/g1/g1ConcurrentMarkBitMap.inline.hpp"
#include "gc/g1/g1ConcurrentMarkThread.inline.hpp"
#include "gc/g1/g1VMOperations.hpp"
#include "gc/shared/suspendibleThreadSet.hpp"
#include "gc/shared/workerThread.hpp"
#include "logging/log.hpp"
#include "memory/iterator.hpp"
#include "memory/universe.hpp"
#include "oops/oop.inline.hpp"
#include "persistent/persistentAllocation.hpp"
#include "persistent/persistentCapture.hpp"
#include "persistent/persistentEvacuation.hpp"
#include "persistent/persistentEvents.hpp"
#include "persistent/persistentHeap.hpp"
#include "persistent/persistentKillPoint.hpp"
#include "persistent/persistentLog.hpp"
#include "persistent/persistentOpen.hpp"
#include "persistent/persistentSlots.hpp"
#include "persistent/persistentSpace.hpp"
#include "persistent/persistentTxn.hpp"
#include "persistent/persistent_globals.hpp"
#include "runtime/atomic.hpp"
#include "runtime/javaThread.hpp"
#include "runtime/os.hpp"
#include "runtime/safepoint.hpp"
#include "runtime/threadSMR.inline.hpp"
#include "runtime/vmThread.hpp"

bool          PersistentCollector::_enabled = false;
bool          PersistentCollector::_full_marking = false;
bool          PersistentCollector::_concurrent = false;
bool          PersistentCollector::_marks_valid = false;
volatile bool PersistentCollector::_due = false;
volatile size_t PersistentCollector::_threshold = SIZE_MAX;
volatile uint PersistentCollector::_count = 0;
volatile uint PersistentCollector::_last_full[evacuate_all + 1];
PersistentCollector::Effort PersistentCollector::_effort = PersistentCollector::free_lines;
size_t        PersistentCollector::_used_before = 0;
Ticks         PersistentCollector::_started;

static const size_t ChunkSize = 1 * M;

// With little garbage found, a quarter of what is left is used before the next try.
static size_t threshold_after(size_t used) {
  size_t capacity = PersistentSpace::committed();
  return MAX2(capacity / 100 * PersistentHeapOccupancyPercent, used + (capacity - used) / 4);
}

void PersistentCollector::enable() {
  _threshold = threshold_after(PersistentSpace::used());
  _enabled = true;
}

bool PersistentCollector::grow(size_t bytes, size_t tried) {
  bool grown = PersistentSpace::grow(bytes, tried);
  if (grown) _threshold = threshold_after(PersistentSpace::used());
  return grown;
}

void PersistentCollector::disable() {
  _enabled = false;
}

bool PersistentCollector::is_implicitly_live(oop obj) {
  return PHeap::contains(obj) && !_marks_valid;
}

bool PersistentCollector::is_new(oop obj) {
  return PHeap::contains(obj) && PersistentSpace::is_new(cast_from_oop<void*>(obj));
}

// ---- Triggers ----

void PersistentCollector::start_if_due() {
  if (!Atomic::load(&_due) || !_enabled) return;
  G1CollectedHeap* heap = G1CollectedHeap::heap();
  // A cycle that runs already may not be P's: then the next allocation asks again.
  if (heap->concurrent_mark()->cm_thread()->in_progress()) return;
  if (!Atomic::cmpxchg(&_due, true, false)) return;
  heap->collect(GCCause::_persistent_heap_occupancy);
}

// The effort is that of the operation: what others ask for meanwhile does not change it, and no collection of less effort that comes
// first stands for it.
class VM_PersistentCollectFull : public VM_G1CollectFull {
  const uint _seen;
  const PersistentCollector::Effort _effort;
 protected:
  bool skip_operation() const override {
    return (int)(Atomic::load(&PersistentCollector::_last_full[_effort]) - _seen) > 0;
  }
 public:
  VM_PersistentCollectFull(uint seen, PersistentCollector::Effort effort)
    : VM_G1CollectFull(0 /* unused */, 0 /* unused */, GCCause::_persistent_heap_full), _seen(seen), _effort(effort) {}
  void doit() override {
    CollectedHeap* heap = Universe::heap();
    GCCauseSetter cause(heap, _gc_cause);
    PersistentCollector::_effort = _effort;
    heap->do_full_collection(_effort != PersistentCollector::free_lines /* clear_all_soft_refs */);
    PersistentCollector::_effort = PersistentCollector::free_lines;
  }
};

void PersistentCollector::collect_full(uint seen, Effort effort) {
  if (!_enabled && PersistentOpen::is_complete()) return;
  VM_PersistentCollectFull op(seen, effort);
  VMThread::execute(&op);
  grow(0);
}

// ---- Phases ----

void PersistentCollector::begin() {
  assert_at_safepoint();
  _started = Ticks::now();
  PersistentEvents::begin();
  PersistentPhase phase("Begin");
  // What they hold would live on.
  if (PersistentAllocateAll) PersistentTxn::renew_all_implicit();
  for (JavaThreadIteratorWithHandle threads; JavaThread* thread = threads.next(); ) {
    PersistentAllocation::retire_buffer(thread);
  }
#ifdef ASSERT
  HeapWord* end = (HeapWord*)(PHeap::base() + PHeap::size());
  HeapWord* mark = G1CollectedHeap::heap()->concurrent_mark()->mark_bitmap()->get_next_marked_addr((HeapWord*)PHeap::base(), end);
  assert(mark == end, "a mark of the last collection is left at " PTR_FORMAT, p2i(mark));
#endif
  PersistentCapture::forget_copies();
  PersistentTxn::note_media_values();
  PersistentSpace::begin_collection();
  _used_before = PersistentSpace::used();
  PersistentKillPoint::at("gc-begin");
  _marks_valid = true;
}

// Chunks of the sweep: each marked object is visited once, by whoever has the chunk where it starts.
void PersistentCollector::sweep_chunk(size_t chunk) {
  char* from = (char*)PHeap::base() + chunk * ChunkSize;
  char* to = from + ChunkSize;
  if (!PersistentSpace::has_candidates(from, to)) return;
  PersistentKillPoint::at("gc-sweep");
  G1CMBitMap* bitmap = G1CollectedHeap::heap()->concurrent_mark()->mark_bitmap();
  HeapWord* end = (HeapWord*)to;
  uint64_t marks[ChunkSize / HeapWordSize / 64];
  memset(marks, 0, sizeof(marks));
  for (HeapWord* p = bitmap->get_next_marked_addr((HeapWord*)from, end); p < end; ) {
    size_t words = cast_to_oop(p)->size();
    PersistentSpace::set_live(p, words * HeapWordSize);
    size_t bit = pointer_delta(p, (HeapWord*)from);
    marks[bit / 64] |= (uint64_t)1 << (bit % 64);
    p = p + words < end ? bitmap->get_next_marked_addr(p + words, end) : end;
  }
  PersistentLog::lock();
  PersistentSpace::retain_captured(from, to, marks);
  PersistentLog::unlock();
}

size_t PersistentCollector::publish() {
  PersistentPhase phase("Publish");
  PersistentKillPoint::at("gc-publish");
  PersistentTxn::allocated_do(PersistentSpace::keep);
  PersistentLog::lock();
  size_t freed = PersistentSpace::end_collection();
  PersistentLog::unlock();
  PersistentKillPoint::at("gc-published");
  return freed;
}

void PersistentCollector::finish(const char* kind, size_t freed) {
  size_t used = PersistentSpace::used();
  _threshold = threshold_after(used);
  _due = false;
  Atomic::inc(&_count);
  log_info(pheap, gc)("Collection %u (%s): %zuK->%zuK of %zuK, %zuK freed, %.3f ms", _count, kind, _used_before / K, used / K,
                      PersistentSpace::committed() / K, freed / K,
                      TimeHelper::counter_to_millis((Ticks::now() - _started).value()));
  PersistentEvents::collection(kind, _started, _used_before, used, freed);
}

// What can be done by many threads in a pause.
class PersistentSweepTask : public WorkerTask {
  BoolObjectClosure* _is_alive;
  const bool         _full;
  volatile size_t    _next_chunk;
 public:
  PersistentSweepTask(BoolObjectClosure* is_alive, bool full)
    : WorkerTask("Persistent Heap Sweep"), _is_alive(is_alive), _full(full), _next_chunk(0) {
    PersistentSlots::prepare_oops_do();
  }
  void work(uint worker_id) override {
    PersistentSlots::purge(_is_alive, !_full);
    const size_t chunks = _full ? PHeap::size() / ChunkSize : 0;
    for (size_t chunk; (chunk = Atomic::fetch_then_add(&_next_chunk, (size_t)1)) < chunks; ) {
      PersistentCollector::sweep_chunk(chunk);
    }
  }
};

// ---- Full ----

// While the heap is being opened P is left alone, unless that is what was asked for.
bool PersistentCollector::takes_part(GCCause::Cause cause) {
  if (GCCause::is_user_requested_gc(cause) || cause == GCCause::_persistent_heap_full) PersistentOpen::complete();
  return _enabled;
}

void PersistentCollector::begin_full() {
  _marks_valid = false;       // of a cycle that was aborted: they have been cleared
  if (!takes_part(G1CollectedHeap::heap()->gc_cause())) return;
  _concurrent = false;
  _full_marking = true;
  begin();
}

void PersistentCollector::end_full(WorkerThreads* workers, BoolObjectClosure* is_alive) {
  if (!_full_marking) return;
  PersistentKillPoint::at("gc-marked");
  {
    PersistentPhase phase("Purge and Sweep");
    PersistentSweepTask task(is_alive, true);
    workers->run_task(&task);
  }
  _full_marking = false;
  finish("full", publish());
  for (int effort = free_lines; effort <= _effort; effort++) Atomic::store(&_last_full[effort], _count);
  if (_effort != free_lines) {
    PersistentPhase phase("Select for Evacuation");
    PersistentEvacuation::select(_effort == evacuate_all);
  }
}

void PersistentCollector::after_compaction() {
  if (PersistentEvacuation::is_active()) {
    PersistentPhase phase("Evacuate");
    PersistentEvacuation::finish();
    _threshold = threshold_after(PersistentSpace::used());
  }
}

void PersistentCollector::full_done() {
  _marks_valid = false;
}

// ---- Concurrent ----

void PersistentCollector::begin_concurrent(GCCause::Cause cause) {
  if (!takes_part(cause)) return;
  if (cause != GCCause::_persistent_heap_occupancy && !GCCause::is_user_requested_gc(cause) && !_due) return;
  _concurrent = true;
  begin();
}

// f of 0 to count - 1, beside the program; true if the cycle was aborted meanwhile.
template <typename F> static bool concurrently_do(G1ConcurrentMark* cm, size_t count, F f) {
  for (size_t i = 0; i < count; i++) {
    f(i);
    cm->do_yield_check();
    if (cm->has_aborted()) return true;
  }
  return false;
}

class PersistentMarkFromSlotClosure : public ObjectClosure {
  G1ConcurrentMark* _cm;
 public:
  PersistentMarkFromSlotClosure(G1ConcurrentMark* cm) : _cm(cm) {}
  // The tasks of marking rest meanwhile.
  void do_object(oop obj) override { _cm->mark_in_bitmap(0, obj); }
};

bool PersistentCollector::mark_from_slots(G1ConcurrentMark* cm) {
  SuspendibleThreadSetJoiner sts;
  if (cm->has_aborted()) return true;
  if (_concurrent) return false;
  PersistentMarkFromSlotClosure mark(cm);
  return concurrently_do(cm, PersistentSlots::segments(), [&] (size_t segment) { PersistentSlots::targets_do(segment, &mark); });
}

bool PersistentCollector::preclean(G1ConcurrentMark* cm) {
  SuspendibleThreadSetJoiner sts;
  if (cm->has_aborted()) return true;
  if (!_concurrent) return false;
  PersistentPhase phase("Preclean");
  PersistentSlots::start_preclean();
  G1CMIsAliveClosure is_alive(cm);
  if (concurrently_do(cm, PersistentSlots::segments(), [&] (size_t segment) { PersistentSlots::preclean(segment, &is_alive); })) {
    return true;
  }
  log_debug(pheap, gc)("Preclean: %zu references to the ordinary heap left for remark", PersistentSlots::precleaned());
  return false;
}

void PersistentCollector::remark(WorkerThreads* workers, BoolObjectClosure* is_alive) {
  if (!_concurrent) return;
  PersistentKillPoint::at("gc-marked");
  PersistentPhase phase("Purge");
  PersistentSweepTask task(is_alive, false);
  workers->run_task(&task);
  PersistentSlots::end_preclean();
}

bool PersistentCollector::sweep_concurrently(G1ConcurrentMark* cm) {
  SuspendibleThreadSetJoiner sts;
  if (cm->has_aborted()) return true;
  if (!_concurrent) return false;
  {
    PersistentPhase phase("Sweep");
    if (concurrently_do(cm, PHeap::size() / ChunkSize, sweep_chunk)) return true;
  }
  finish("concurrent", publish());
  grow(0);
  return false;
}

void PersistentCollector::end_concurrent() {
  SuspendibleThreadSetJoiner sts;
  if (_concurrent) {
    _concurrent = false;
    // At the end of the VM nobody has cleared them: a full collection that comes then does.
    _marks_valid = G1CollectedHeap::heap()->concurrent_mark()->has_aborted();
  }
}
