/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

#ifndef SHARE_PERSISTENT_PERSISTENTRUNTIME_HPP
#define SHARE_PERSISTENT_PERSISTENTRUNTIME_HPP

#include "memory/allStatic.hpp"
#include "oops/oopsHierarchy.hpp"
#include "utilities/globalDefinitions.hpp"

class JavaThread;

// What generated code calls to store into P. The leaves are in persistentAccess.hpp.
class PersistentRuntime : public AllStatic {
 public:
  // Stores a reference, into V too; may throw NullPointerException,
  // VolatileReferenceException, OutOfMemoryError.
  static void store_oop(JavaThread* current, oopDesc* base, intptr_t offset, oopDesc* value);
  // Leaf with the size as an argument; negative: no fence is needed.
  static void store_primitive(JavaThread* current, oopDesc* base, void* addr, uint64_t value, int size);
};

#endif // SHARE_PERSISTENT_PERSISTENTRUNTIME_HPP
