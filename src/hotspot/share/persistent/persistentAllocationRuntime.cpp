/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

#include "persistent/persistentAllocationRuntime.hpp"

#include "classfile/vmSymbols.hpp"
#include "interpreter/bytecode.hpp"
#include "interpreter/interpreter.hpp"
#include "logging/log.hpp"
#include "memory/oopFactory.hpp"
#include "memory/resourceArea.hpp"
#include "memory/universe.hpp"
#include "oops/arrayKlass.hpp"
#include "oops/constantPool.hpp"
#include "oops/instanceKlass.hpp"
#include "oops/instanceOop.hpp"
#include "oops/objArrayKlass.hpp"
#include "oops/oop.inline.hpp"
#include "oops/typeArrayKlass.hpp"
#include "persistent/persistentAllocation.hpp"
#include "persistent/persistentHeap.hpp"
#include "persistent/persistent_globals.hpp"
#include "runtime/frame.inline.hpp"
#include "runtime/handles.inline.hpp"
#include "runtime/interfaceSupport.inline.hpp"
#include "runtime/javaThread.inline.hpp"
#include "runtime/vframe.inline.hpp"

static void log_site(JavaThread* current, oop obj) {
  if (!log_is_enabled(Debug, pheap)) {
    return;
  }
  ResourceMark rm(current);
  vframeStream vfst(current, true);
  if (!vfst.at_end()) {
    log_debug(pheap)("site %s@%d allocated %s at " PTR_FORMAT "%s",
                     vfst.method()->external_name(), vfst.bci(), obj->klass()->external_name(),
                     p2i(cast_from_oop<void*>(obj)), PHeap::contains(obj) ? "" : " (volatile)");
  }
}

// With PersistentAllocateAll C2 calls these for ordinary sites too.
static PersistentAllocationMark::Kind site_kind() {
  return PersistentAllocateAll ? PersistentAllocationMark::in_allocate_scope : PersistentAllocationMark::explicit_site;
}

static void check_allowed(Klass* klass, TRAPS) {
  if (!PersistentAllocateAll) {
    PersistentAllocation::check_allowed(klass, THREAD);
  }
}

oop PersistentAllocationRuntime::new_instance(Klass* klass, TRAPS) {
  Handle holder(THREAD, klass->klass_holder());  // keep the klass alive
  InstanceKlass* ik = InstanceKlass::cast(klass);
  ik->check_valid_for_instantiation(true, CHECK_NULL);
  ik->initialize(CHECK_NULL);
  check_allowed(ik, CHECK_NULL);
  oop obj;
  {
    PersistentAllocationMark mark(THREAD, site_kind());
    obj = ik->allocate_instance(CHECK_NULL);
  }
  log_site(THREAD, obj);
  return obj;
}

oop PersistentAllocationRuntime::new_array(Klass* array_klass, jint length, TRAPS) {
  Handle holder(THREAD, array_klass->klass_holder());
  check_allowed(array_klass, CHECK_NULL);
  oop obj;
  {
    PersistentAllocationMark mark(THREAD, site_kind());
    if (array_klass->is_typeArray_klass()) {
      obj = TypeArrayKlass::cast(array_klass)->allocate(length, CHECK_NULL);
    } else {
      obj = ObjArrayKlass::cast(array_klass)->allocate(length, CHECK_NULL);
    }
  }
  log_site(THREAD, obj);
  return obj;
}

oop PersistentAllocationRuntime::new_multi_array(Klass* array_klass, int rank, jint* dims, TRAPS) {
  Handle holder(THREAD, array_klass->klass_holder());
  check_allowed(array_klass, CHECK_NULL);
  oop obj;
  {
    PersistentAllocationMark mark(THREAD, site_kind());
    obj = ArrayKlass::cast(array_klass)->multi_allocate(rank, dims, CHECK_NULL);
  }
  log_site(THREAD, obj);
  return obj;
}

// ---- Interpreter ----

JRT_ENTRY(void, PersistentAllocationRuntime::interpreter_new(JavaThread* current, ConstantPool* pool, int index))
  Klass* klass = pool->klass_at(index, CHECK);
  oop obj = new_instance(InstanceKlass::cast(klass), CHECK);
  current->set_vm_result_oop(obj);
JRT_END

JRT_ENTRY(void, PersistentAllocationRuntime::interpreter_newarray(JavaThread* current, BasicType type, jint size))
  oop obj = new_array(Universe::typeArrayKlass(type), size, CHECK);
  current->set_vm_result_oop(obj);
JRT_END

JRT_ENTRY(void, PersistentAllocationRuntime::interpreter_anewarray(JavaThread* current, ConstantPool* pool, int index, jint size))
  Klass* element = pool->klass_at(index, CHECK);
  Klass* array_klass = element->array_klass(CHECK);
  oop obj = new_array(array_klass, size, CHECK);
  current->set_vm_result_oop(obj);
JRT_END

JRT_ENTRY(void, PersistentAllocationRuntime::interpreter_multianewarray(JavaThread* current, jint* first_size_address))
  ResourceMark rm(current);
  frame fr = current->last_frame();
  methodHandle method(current, fr.interpreter_frame_method());
  Bytecode_multianewarray bytecode(method(), fr.interpreter_frame_bcp());
  Klass* klass = method->constants()->klass_at(bytecode.index(), CHECK);
  int rank = *(fr.interpreter_frame_bcp() + 3);
  jint* dims = NEW_RESOURCE_ARRAY(jint, rank);
  for (int i = 0; i < rank; i++) {
    dims[i] = first_size_address[Interpreter::local_offset_in_bytes(i) / jintSize];
  }
  oop obj = new_multi_array(klass, rank, dims, CHECK);
  current->set_vm_result_oop(obj);
JRT_END

// ---- C1 ----

JRT_ENTRY(void, PersistentAllocationRuntime::c1_new_instance(JavaThread* current, Klass* klass))
  oop obj = new_instance(klass, CHECK);
  current->set_vm_result_oop(obj);
JRT_END

JRT_ENTRY(void, PersistentAllocationRuntime::c1_new_array(JavaThread* current, Klass* array_klass, jint length))
  oop obj = new_array(array_klass, length, CHECK);
  current->set_vm_result_oop(obj);
JRT_END

JRT_ENTRY(void, PersistentAllocationRuntime::c1_new_multi_array(JavaThread* current, Klass* klass, int rank, jint* dims))
  oop obj = new_multi_array(klass, rank, dims, CHECK);
  current->set_vm_result_oop(obj);
JRT_END
