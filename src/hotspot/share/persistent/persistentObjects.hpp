/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

#ifndef SHARE_PERSISTENT_PERSISTENTOBJECTS_HPP
#define SHARE_PERSISTENT_PERSISTENTOBJECTS_HPP

#include "memory/allStatic.hpp"
#include "oops/oopsHierarchy.hpp"

class ObjectClosure;
class OopClosure;

// The objects of P, for whoever looks at the whole heap: histograms, heap dumps,
// JVMTI. G1's own object walks leave P out, since it cannot be parsed from end to end:
// between the objects lie the remains of others. So this traces.
class PersistentObjects : public AllStatic {
 public:
  // Applies cl once to every object of P that the root directory, an object of V, a thread (its
  // stack, its handles, its open transaction) or the VM reaches. At a safepoint, with V parsable
  // (ensure_parsability) and no collection at work; the caller need not have collected before.
  //
  // Why references from V can be trusted although some of those objects are garbage: P's space is
  // freed only after a marking of V and P together. An object of V that G1 still shows after
  // that was marked in it or is younger, and so is what it refers to. Garbage that may have
  // stale references is scrubbed or skipped by G1, which needs that for unloaded classes, too.
  static void iterate(ObjectClosure* cl);

  // The root directory, as a root for reports that name roots.
  static void roots_do(OopClosure* cl);

  // Applies f(narrowOop*) to every reference slot of an object of P.
  template <typename F> static inline void slots_do(oopDesc* obj, F f);
};

#endif // SHARE_PERSISTENT_PERSISTENTOBJECTS_HPP
