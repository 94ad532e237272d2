/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

#ifndef SHARE_PERSISTENT_C2_PERSISTENTALLOCATIONC2_HPP
#define SHARE_PERSISTENT_C2_PERSISTENTALLOCATIONC2_HPP

#include "memory/allocation.hpp"
#include "opto/graphKit.hpp"
#include "utilities/globalDefinitions.hpp"

class JavaThread;
class ciKlass;

// What C2 code calls at sites marked @Persistent: a stub that allocates in the thread's buffer,
// and otherwise goes on to the runtime's. Both look the same to their callers.
class PersistentAllocationC2 : public AllStatic {
  static address _new_instance;
  static address _new_array;

  static address generate_stub(address slow, bool is_array);    // of the CPU

 public:
  static void generate(address slow_new_instance, address slow_new_array);

  // The entry for instances of klass, or arrays; null: the runtime's.
  static address new_entry(ciKlass* klass);
  static bool is_stub(address entry) { return entry != nullptr && (entry == _new_instance || entry == _new_array); }

  // For entries of ordinary allocations, whose callers take what they get for volatile. If the thread's result is in P
  // (PersistentHeap.allocate), the caller goes on in the interpreter, and the next code for it knows.
  static void leave_compiled_code(JavaThread* current);
};

// An ordinary allocation where code has been seen to get an object of P: a test whether the thread is in
// PersistentHeap.allocate, an allocation for each answer.
class PersistentScopeC2 : public StackObj {
  struct Side {
    Node* _control;
    Node* _memory;
    Node* _io;
    Node* _object;
  };
  GraphKit* _kit;
  Side      _in_scope;
  Side      _outside;

  PersistentScopeC2(GraphKit* kit);
  void  end(Side* side, Node* object);
  Node* merge();

  // What an allocation does to the kit's map (lengths that are known to be positive since) is its side's alone.
  template <typename ALLOCATE> void emit(Side* side, ALLOCATE allocate) {
    PreserveJVMState pjvms(_kit);
    _kit->set_control(side->_control);
    end(side, allocate());
  }

  static bool is_needed(GraphKit* kit, ciKlass* klass);

 public:
  template <typename PERSISTENT, typename ORDINARY>
  static Node* allocate(GraphKit* kit, ciKlass* klass, PERSISTENT persistent, ORDINARY ordinary) {
    if (!is_needed(kit, klass)) return ordinary();
    PersistentScopeC2 scope(kit);
    scope.emit(&scope._in_scope, persistent);
    scope.emit(&scope._outside, ordinary);
    return scope.merge();
  }
};

#endif // SHARE_PERSISTENT_C2_PERSISTENTALLOCATIONC2_HPP
