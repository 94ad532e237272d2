/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

#ifndef SHARE_PERSISTENT_PERSISTENTSLOTS_HPP
#define SHARE_PERSISTENT_PERSISTENTSLOTS_HPP

#include "memory/allStatic.hpp"
#include "oops/oopsHierarchy.hpp"
#include "utilities/globalDefinitions.hpp"

class OopClosure;

// The slots in P that refer to V, exactly: a bit per narrowOop, set by the barrier
// when it stores a V reference into P, and cleared by the scan that finds none
// there. They are strong roots of every collection of V; the scan updates them
// when objects move. A byte per 1 MB segment says whether its bits need a look.
class PersistentSlots : public AllStatic {
 public:
  static void initialize(uintptr_t base, size_t size);
  // Leaf, lock-free.
  static void add(narrowOop* slot);
  // At a safepoint. Any number of workers may call it between one prepare and the
  // next; together they apply cl to every slot once.
  static void prepare_oops_do();
  static void oops_do(OopClosure* cl);
  // The same by one thread, without prepare (verification).
  static void oops_do_single(OopClosure* cl);
  static bool contains(narrowOop* slot);
};

#endif // SHARE_PERSISTENT_PERSISTENTSLOTS_HPP
