/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

#ifndef SHARE_PERSISTENT_PERSISTENTEVENTS_HPP
#define SHARE_PERSISTENT_PERSISTENTEVENTS_HPP

#include "memory/allocation.hpp"
#include "memory/allStatic.hpp"
#include "utilities/globalDefinitions.hpp"
#include "utilities/ticks.hpp"

// What is told of collections of P: the JFR events jdk.PersistentHeapCollection and
// jdk.PersistentHeapCollectionPhase, and what the memory pool shows as usage after collection.
class PersistentEvents : public AllStatic {
  friend class PersistentPhase;
  static Tickspan _pauses;        // phases in safepoints, of the collection that runs

 public:
  // A collection begins; the last one may have been given up.
  static void begin() { _pauses = Tickspan(); }
  // The one that began at start is done. kind: "full", "concurrent". Outside all phases.
  static void collection(const char* kind, const Ticks& start, size_t used_before, size_t used_after, size_t freed);
};

// A phase of a collection of P, for the time it is in scope: an event, a line of
// -Xlog:pheap+gc+phases=debug. One that begins at a safepoint counts as a pause; those
// are not nested. By the VM thread, or by the thread that runs G1's concurrent cycle.
class PersistentPhase : public StackObj {
  const char* const _name;
  const bool        _in_pause;
  const Ticks       _start;

 public:
  PersistentPhase(const char* name);
  ~PersistentPhase();
};

#endif // SHARE_PERSISTENT_PERSISTENTEVENTS_HPP
