/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

#ifndef SHARE_PERSISTENT_PERSISTENTBARRIER_HPP
#define SHARE_PERSISTENT_PERSISTENTBARRIER_HPP

#include "memory/allStatic.hpp"
#include "oops/oopsHierarchy.hpp"
#include "persistent/persistentHeap.hpp"
#include "utilities/globalDefinitions.hpp"

// The places where a store to the Java heap is caught. Each asks covers() whether the
// object is persistent, and then leaves the store to PersistentAccess.
#define PERSISTENT_BARRIERS_DO(f)                                                   \
  f(interpreter)       /* putfield, putstatic, array stores in the interpreter */   \
  f(c1)                /* BarrierSetC1 */                                           \
  f(c2_store)          /* GraphKit::access_store_at */                              \
  f(c2_guard)          /* C2's atomics, copies and array-writing intrinsics */      \
  f(unsafe_put)        /* Unsafe.putX natives */                                    \
  f(unsafe_atomic)     /* Unsafe.compareAndSetX natives */                          \
  f(unsafe_memory)     /* Unsafe.setMemory, copyMemory, copySwapMemory */           \
  f(array_copy)        /* System.arraycopy, clone of arrays */                      \
  f(array_set)         /* java.lang.reflect.Array.setX */                           \
  f(field_put)         /* oopDesc::x_field_put: JNI SetXField, the VM's own */      \
  f(reference)         /* the Access API's reference stores: JNI, the VM's own */   \
  f(array_region)      /* JNI SetXArrayRegion, ReleaseXArrayElements */             \
  f(array_critical)    /* JNI GetPrimitiveArrayCritical: a copy */

class PersistentBarrier : public AllStatic {
 public:
  enum Kind {
#define PERSISTENT_BARRIER_ENUM(name) name,
    PERSISTENT_BARRIERS_DO(PERSISTENT_BARRIER_ENUM)
#undef PERSISTENT_BARRIER_ENUM
    count
  };

 private:
  DEBUG_ONLY(static int _skipped;)

 public:
  // Whether this place is left out on purpose, to see that the audit notices.
  static bool is_skipped(Kind kind) { return DEBUG_ONLY(_skipped == kind) NOT_DEBUG(false); }

  static bool covers(const void* obj, Kind kind) { return PHeap::contains(obj) && !is_skipped(kind); }
  static bool covers(oop obj, Kind kind)         { return covers(cast_from_oop<void*>(obj), kind); }

  // PersistentHeapSkipBarrier. False if there is no barrier of that name.
  static bool set_skipped(const char* name);
  static const char* name(int kind);
};

#endif // SHARE_PERSISTENT_PERSISTENTBARRIER_HPP
