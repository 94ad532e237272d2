/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

#ifndef SHARE_PERSISTENT_PERSISTENTG1_HPP
#define SHARE_PERSISTENT_PERSISTENTG1_HPP

#include "memory/allStatic.hpp"
#include "utilities/globalDefinitions.hpp"

class G1CollectedHeap;
class G1HeapRegion;

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

  // After the reservation, before V's regions: makes the regions and maps P.
  static void initialize_regions(G1CollectedHeap* heap);
  // Once its class exists: the array itself.
  static void initialize_array();
};

#endif // SHARE_PERSISTENT_PERSISTENTG1_HPP
