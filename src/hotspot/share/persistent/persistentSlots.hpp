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

  // At the end of a marking of P, at a safepoint, by any number of workers after
  // prepare_oops_do: forgets the slots whose target is dead. They are in dead objects of P.
  static void purge(BoolObjectClosure* is_alive);
  // [from, to) holds no objects any more; a multiple of 256 bytes.
  static void clear(const void* from, const void* to);
};

#endif // SHARE_PERSISTENT_PERSISTENTSLOTS_HPP
