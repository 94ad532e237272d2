/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

#ifndef SHARE_PERSISTENT_PERSISTENTG1_HPP
#define SHARE_PERSISTENT_PERSISTENTG1_HPP

#include "gc/shared/gcCause.hpp"
#include "memory/allStatic.hpp"
#include "utilities/globalDefinitions.hpp"

class G1CollectedHeap;
class G1HeapRegion;
class G1RootClosures;

// How P looks to G1: one pinned humongous long[] at the low end of the reservation.
// G1 never moves or frees a pinned humongous array and finds no references in it,
// so its tables cover P and hardly anything in G1 needs to know. The array's header
// stands in regions of its own in front of P.
//
//     [header][            P             ][              V               ]
//      long[] ............................. ordinary regions
class PersistentG1 : public AllStatic {
 public:
  // Address space in front of P; a multiple of every region size.
  static const size_t HeaderSize = 32 * M;
  // A long[] cannot be longer.
  static const size_t MaxSize = 15 * (size_t)G;

  static size_t reservation_size();         // header and P; 0 without the flag
  static uint   region_count();
  static bool   contains(const G1HeapRegion* r);

  // Whether a pause is there only because P is to be collected: a larger V would not make it rarer.
  static bool   is_for_p(GCCause::Cause cause) { return cause == GCCause::_persistent_heap_occupancy; }
  // Whether G1's concurrent cycle marks the objects of r: all but P's, if it leaves those out.
  static bool   takes_part_in_marking(const G1HeapRegion* r);
  // Of a region of header or P: whether the mark bitmap may have bits of it.
  static bool   may_have_marks(const G1HeapRegion* r);
  // Roots of P for a marking of P; else its references to V.
  static void   roots_do(G1RootClosures* closures, bool evacuating);
  // The start of the humongous array, or array of P, that is being marked and contains slice.
  static HeapWord* array_start(G1HeapRegion* r, HeapWord* slice);

  // After the reservation, before V's regions: makes the regions and maps P.
  static void initialize_regions(G1CollectedHeap* heap);
  // Once its class exists: the array itself.
  static void initialize_array();
};

#endif // SHARE_PERSISTENT_PERSISTENTG1_HPP
