/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

#ifndef SHARE_PERSISTENT_PERSISTENTCOLLECTOR_HPP
#define SHARE_PERSISTENT_PERSISTENTCOLLECTOR_HPP

#include "gc/shared/gcCause.hpp"
#include "memory/allStatic.hpp"
#include "oops/oopsHierarchy.hpp"
#include "utilities/globalDefinitions.hpp"
#include "utilities/ticks.hpp"

class BoolObjectClosure;
class G1ConcurrentMark;
class WorkerThreads;

// The collection of P. G1's marking finds out what is live, P and V in one trace, in
// G1's mark bitmap, which covers P; lines of P without live objects then become free. Nothing moves, and
// nothing is written into objects of P.
//
//   begin       at a safepoint: buffers are retired, the lines taken are the candidates
//   mark        by G1; from the root directory, not from P's references to V: those of
//               dead objects must not keep anything alive, P's own garbage among it
//   purge       in the pause that ends marking, before G1 reuses dead V objects: slots of
//               dead objects of P are forgotten
//   sweep       marked objects make their lines live, captured bits of the others are cleared
//   publish     the media's line table learns what is free, then allocation does
//
// Two kinds. Full: all of it in the pause of a full collection of G1. Concurrent: begin in the
// concurrent-start pause, purge in the remark pause, the rest beside the program. Other cycles
// of G1 take every object of P for live and P's references to V for roots, which are marked beside the
// program too: who stores to P tells the marking what was there.
//
// An unlink is in the log before its space can be reused, and so before any record that
// puts something else there: log order makes the reuse safe at every crash.
class PersistentCollector : public AllStatic {
 public:
  // What a full collection does for an allocation that fails. The second and third clear soft references
  // and move objects together (persistentEvacuation.hpp). One for the ordinary heap's sake is of the first.
  enum Effort { free_lines, evacuate_sparse, evacuate_all };

 private:
  static bool          _enabled;          // the heap is open
  static bool          _full_marking;
  static bool          _concurrent;       // P takes part in the concurrent cycle that runs
  static bool          _marks_valid;      // the bitmap says which objects of P are live, or will
  static volatile bool _due;
  static volatile size_t _threshold;
  static volatile uint _count;
  static volatile uint _last_full[evacuate_all + 1];    // the count after the last full collection of that effort at least
  static Effort        _effort;           // of the full collection that runs
  static size_t        _used_before;
  static Ticks         _started;

  static bool takes_part(GCCause::Cause cause);
  static void begin();
  static void sweep_chunk(size_t chunk);
  static size_t publish();
  static void finish(const char* kind, size_t freed);
  friend class PersistentSweepTask;
  friend class VM_PersistentCollectFull;

 public:
  // Once the heap is open, until it is closed. Before and after, all of P is live.
  static void enable();
  static void disable();

  // ---- Triggers ----
  static uint count() { return _count; }              // finished collections of P
  // The space in use has grown to that; leaf.
  static void note_use(size_t used) { if (used > _threshold) _due = true; }
  // These may safepoint; the thread is in the VM and holds no lock. start_if_due begins a concurrent cycle
  // if enough of P is in use; collect_full collects unless somebody has, with that effort at least, since count() was seen.
  static void start_if_due();
  static bool grow(size_t bytes, size_t tried = 0);   // the file, see PersistentSpace::grow
  static void collect_full(uint seen, Effort effort);

  // ---- G1's full collection ----
  static void begin_full();
  static void end_full(WorkerThreads* workers, BoolObjectClosure* is_alive);
  static void after_compaction();                     // of V
  static void full_done();                            // its marks are cleared

  // ---- G1's concurrent cycle ----
  static void begin_concurrent(GCCause::Cause cause);
  // Beside the program, before and after the marking; true: the cycle was aborted. The first marks
  // what P refers to, in a cycle without P; the second leaves remark the slots of dead objects only.
  static bool mark_from_slots(G1ConcurrentMark* cm);
  static bool preclean(G1ConcurrentMark* cm);
  static void remark(WorkerThreads* workers, BoolObjectClosure* is_alive);
  static bool sweep_concurrently(G1ConcurrentMark* cm);   // true: the cycle was aborted
  static void end_concurrent();

  // ---- For hooks in G1 ----
  static bool is_full_marking()        { return _full_marking; }
  static bool is_marking_concurrently() { return _concurrent; }
  // Whether bits of P may be set in the mark bitmap.
  static bool has_marks()              { return _marks_valid; }
  // Whether obj is in P, in a collection that does not mark P.
  static bool is_implicitly_live(oop obj);
  // Whether obj is in P and was allocated since marking of P began.
  static bool is_new(oop obj);
};

#endif // SHARE_PERSISTENT_PERSISTENTCOLLECTOR_HPP
