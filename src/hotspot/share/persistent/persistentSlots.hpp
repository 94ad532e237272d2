/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

#ifndef SHARE_PERSISTENT_PERSISTENTSLOTS_HPP
#define SHARE_PERSISTENT_PERSISTENTSLOTS_HPP

#include "memory/allStatic.hpp"
#include "oops/oopsHierarchy.hpp"
#include "utilities/globalDefinitions.hpp"

class BoolObjectClosure;
class ObjectClosure;
class OopClosure;

// The slots in P that refer to V, exactly: a bit per narrowOop, set by the barrier
// when it stores a V reference into P, and cleared by the scan that finds none
// there. They are strong roots of every collection of V; the scan updates them
// when objects move. A byte per 1 MB segment says whether its bits need a look: a collection
// of young regions only leaves out those whose targets are old.
class PersistentSlots : public AllStatic {
 public:
  static void initialize(uintptr_t base, size_t size);
  // Leaf, lock-free.
  static void add(narrowOop* slot);
  // At a safepoint. Any number of workers may call it between one prepare and the
  // next; together they apply cl to every slot once.
  static void prepare_oops_do();
  // recent_only: only where targets may be in young or humongous regions.
  static void oops_do(OopClosure* cl, bool recent_only = false);
  static bool contains(narrowOop* slot);

  // Beside the program, a segment at a time; the caller has joined the suspendible thread set, and yields
  // in between. Applies cl to the targets.
  static size_t segments();
  static void targets_do(size_t segment, ObjectClosure* cl);

  // A marking of P ends: slots whose target is dead have to be forgotten, at a safepoint, before G1 reuses
  // the memory of those. They are in dead objects of P. What a slot refers to comes to life only, while marking goes
  // on: all that is stored is live. So those whose target is marked already need no second look.
  static void start_preclean();                                        // what it found before is void
  static void preclean(size_t segment, BoolObjectClosure* is_alive);   // beside the program, like targets_do
  static size_t precleaned();                                          // slots left for purge
  static void end_preclean();
  // By any number of workers after prepare_oops_do: looks at the slots that preclean has found, or at all.
  static void purge(BoolObjectClosure* is_alive, bool precleaned);
  // [from, to) holds no objects any more; a multiple of 256 bytes.
  static void clear(const void* from, const void* to);
};

#endif // SHARE_PERSISTENT_PERSISTENTSLOTS_HPP
