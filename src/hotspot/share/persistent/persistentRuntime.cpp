/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

#include "persistent/persistentRuntime.hpp"

#include "classfile/vmSymbols.hpp"
#include "oops/access.inline.hpp"
#include "persistent/persistentAccess.hpp"
#include "persistent/persistentHeap.hpp"
#include "persistent/persistentTxn.hpp"
#include "runtime/interfaceSupport.inline.hpp"
#include "runtime/javaThread.hpp"
#include "runtime/os.hpp"

JRT_ENTRY(void, PersistentRuntime::store_oop(JavaThread* current, oopDesc* base, intptr_t offset, oopDesc* value))
  if (base == nullptr) {
    THROW(vmSymbols::java_lang_NullPointerException());
  }
  PersistentAccess::store_oop(cast_to_oop(base), offset, cast_to_oop(value), current);
JRT_END

JRT_LEAF(jint, PersistentRuntime::try_store_oop(JavaThread* current, oopDesc* base, char* addr, oopDesc* value))
  if (base == nullptr) return 0;
  if (PHeap::contains(base)) return PersistentAccess::try_store_oop(current, base, addr, value) ? 1 : 0;
  HeapAccess<MO_SEQ_CST>::oop_store_at(cast_to_oop(base), addr - (char*)base, cast_to_oop(value));
  return 1;
JRT_END

JRT_LEAF(void, PersistentRuntime::store_primitive(JavaThread* current, oopDesc* base, void* addr, uint64_t value, int size))
  switch (size) {
    case -1: PersistentAccess::plain_store_1(current, base, addr, value); break;
    case -2: PersistentAccess::plain_store_2(current, base, addr, value); break;
    case -4: PersistentAccess::plain_store_4(current, base, addr, value); break;
    case -8: PersistentAccess::plain_store_8(current, base, addr, value); break;
    default: PersistentAccess::store(current, base, addr, size, value);
  }
JRT_END

bool PersistentRuntime::is_stack_short(JavaThread* current) {
  const size_t StackToEnd = 16 * K;
  return os::current_stack_pointer() < current->stack_overflow_state()->shadow_zone_safe_limit() + StackToEnd;
}

JRT_LEAF(jint, PersistentRuntime::try_begin(JavaThread* current))
  return !is_stack_short(current) && PersistentTxn::try_begin(current) ? 1 : 0;
JRT_END

JRT_LEAF(jint, PersistentRuntime::try_commit(JavaThread* current))
  return !is_stack_short(current) && PersistentTxn::try_commit(current) ? 1 : 0;
JRT_END
