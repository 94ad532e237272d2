/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

#ifndef SHARE_PERSISTENT_PERSISTENTALLOCATIONRUNTIME_HPP
#define SHARE_PERSISTENT_PERSISTENTALLOCATIONRUNTIME_HPP

#include "memory/allStatic.hpp"
#include "oops/oopsHierarchy.hpp"
#include "utilities/exceptions.hpp"
#include "utilities/globalDefinitions.hpp"

class ConstantPool;
class JavaThread;
class Klass;

// What allocation sites marked @Persistent call, in every tier. Without
// -XX:PersistentHeap the sites are compiled as ordinary ones and do not get here.
class PersistentAllocationRuntime : public AllStatic {
 public:
  // Thread in VM. Class checks and initialisation as for `new`, then refusal
  // (UnsupportedOperationException), then the allocation.
  static oop new_instance(Klass* klass, TRAPS);
  static oop new_array(Klass* array_klass, jint length, TRAPS);
  static oop new_multi_array(Klass* array_klass, int rank, jint* dims, TRAPS);

  // Interpreter
  static void interpreter_new(JavaThread* current, ConstantPool* pool, int index);
  static void interpreter_newarray(JavaThread* current, BasicType type, jint size);
  static void interpreter_anewarray(JavaThread* current, ConstantPool* pool, int index, jint size);
  static void interpreter_multianewarray(JavaThread* current, jint* first_size_address);

  // C1
  static void c1_new_instance(JavaThread* current, Klass* klass);
  static void c1_new_array(JavaThread* current, Klass* array_klass, jint length);
  static void c1_new_multi_array(JavaThread* current, Klass* klass, int rank, jint* dims);
};

#endif // SHARE_PERSISTENT_PERSISTENTALLOCATIONRUNTIME_HPP
