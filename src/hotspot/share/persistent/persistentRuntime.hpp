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

// What generated code calls to store into P, and for transactions. The leaves that store are in persistentAccess.hpp.
class PersistentRuntime : public AllStatic {
 public:
  // Stores a reference into P; may throw NullPointerException,
  // VolatileReferenceException, OutOfMemoryError.
  static void store_oop(JavaThread* current, oopDesc* base, intptr_t offset, oopDesc* value);
  // Leaf, into V too: 0, and nothing done, if it would have to throw or to wait for a collection.
  static jint try_store_oop(JavaThread* current, oopDesc* base, char* addr, oopDesc* value);
  // Leaf with the size as an argument; negative: no fence is needed.
  static void store_primitive(JavaThread* current, oopDesc* base, void* addr, uint64_t value, int size);

  // Leaves: PersistentTxn::try_begin, try_commit. 1 or 0.
  static jint try_begin(JavaThread* current);
  static jint try_commit(JavaThread* current);

  // How a transaction ends, in Java code and in the unlock methods of the program's locks, must not overflow the stack
  // half way. close() is called where the transaction began: so it has at least what is asked for then.
  static bool is_stack_short(JavaThread* current);
};

#endif // SHARE_PERSISTENT_PERSISTENTRUNTIME_HPP
