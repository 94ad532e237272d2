/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

#ifndef SHARE_PERSISTENT_PERSISTENTACCESS_HPP
#define SHARE_PERSISTENT_PERSISTENTACCESS_HPP

#include "memory/allStatic.hpp"
#include "oops/oopsHierarchy.hpp"
#include "utilities/exceptions.hpp"
#include "utilities/globalDefinitions.hpp"

class JavaThread;
class PersistentLogRecord;

// Every store into a persistent object ends here. The caller has tested
// PHeap::contains(base); these functions perform the store AND remember it:
//
//   in a transaction    old value into the transaction's buffer, then the store
//   outside             store and log append together, under the log's lock
//
// so the caller must not store again. All stores but the plain ones have volatile
// (sequentially consistent) semantics; the caller may rely on it.
//
// "leaf" functions never safepoint, allocate in V, or throw; callable in
// _thread_in_Java. They may take no-safepoint locks and wait for the log's applier.
class PersistentAccess : public AllStatic {
 public:
  // ---- leaf: primitives. size in bytes is 1, 2, 4 or 8 ----
  // Entry points for generated code; value zero-extended in a 64-bit word,
  // float and double as their raw bits.
  static void store_1(JavaThread* thread, oopDesc* base, void* addr, uint64_t value);
  static void store_2(JavaThread* thread, oopDesc* base, void* addr, uint64_t value);
  static void store_4(JavaThread* thread, oopDesc* base, void* addr, uint64_t value);
  static void store_8(JavaThread* thread, oopDesc* base, void* addr, uint64_t value);
  // Release semantics only: no fence follows.
  static void plain_store_1(JavaThread* thread, oopDesc* base, void* addr, uint64_t value);
  static void plain_store_2(JavaThread* thread, oopDesc* base, void* addr, uint64_t value);
  static void plain_store_4(JavaThread* thread, oopDesc* base, void* addr, uint64_t value);
  static void plain_store_8(JavaThread* thread, oopDesc* base, void* addr, uint64_t value);
  // The same where generated code has seen that the location is neither the level's own nor a recent one.
  // is_plain: nor is it one of a lock's.
  static address first_store_entry(int log2_size, bool is_plain);
  static void store(JavaThread* thread, oopDesc* base, void* addr, int size, uint64_t value);

  // The same with the value in memory.
  static void put(JavaThread* thread, oopDesc* base, void* addr, const void* value, int size);

  // Atomics; return the value found.
  static uint64_t cmpxchg(JavaThread* thread, oopDesc* base, void* addr, int size, uint64_t compare, uint64_t value);
  static uint64_t xchg   (JavaThread* thread, oopDesc* base, void* addr, int size, uint64_t value);
  static uint64_t add    (JavaThread* thread, oopDesc* base, void* addr, int size, uint64_t delta);

  // Copies bytes (not references) from anywhere to addr in base; overlapping is
  // fine. Also for fills: prepare_range(), write, finish_range().
  static void copy(JavaThread* thread, oopDesc* base, void* addr, const void* from, size_t bytes);
  // Elements of esize bytes with their bytes reversed, as Copy::conjoint_swap.
  static void copy_swap(JavaThread* thread, oopDesc* base, void* addr, const void* from, size_t bytes, size_t esize);
  static void fill(JavaThread* thread, oopDesc* base, void* addr, uint8_t value, size_t bytes);

  // ---- leaf: references ----
  // False, and nothing done, if the store needs more than a leaf may do (copy a
  // string, capture objects, throw): then the caller must get to store_oop(), e.g.
  // by an uncommon trap that re-executes the bytecode in the interpreter.
  static bool try_store_oop(JavaThread* thread, oopDesc* base, void* addr, oopDesc* value);
  static bool try_plain_store_oop(JavaThread* thread, oopDesc* base, void* addr, oopDesc* value);

  // ---- may safepoint and throw; thread in VM. Offsets are from base ----
  static void store_oop  (oop base, ptrdiff_t offset, oop value, TRAPS);
  static oop  cmpxchg_oop(oop base, ptrdiff_t offset, oop compare, oop value, TRAPS);
  static oop  xchg_oop   (oop base, ptrdiff_t offset, oop value, TRAPS);
  // Array elements, one by one, with the store check. dst is persistent; src may be dst.
  static void arraycopy_oop(arrayOop src, ptrdiff_t src_offset, arrayOop dst, ptrdiff_t dst_offset, int length, TRAPS);

  // ---- The VM's own stores, and JNI's: nothing is thrown ----
  static void vm_put(oopDesc* base, void* addr, const void* value, int size);
  static void vm_store_oop(oop base, ptrdiff_t offset, oop value);
  static oop  vm_xchg_oop(oop base, ptrdiff_t offset, oop value);
  static oop  vm_cmpxchg_oop(oop base, ptrdiff_t offset, oop compare, oop value);

  // JNI: from native memory to an offset of array; false if array is volatile.
  static bool  copy_region(JavaThread* thread, typeArrayOop array, size_t offset, const void* from, size_t bytes);
  // GetPrimitiveArrayCritical of a persistent array: a copy, null if there is no
  // memory for it; and Release, with JNI's modes.
  static void* copy_out(typeArrayOop array, unsigned char* is_copy);
  static void  copy_back(JavaThread* thread, typeArrayOop array, void* copy, int mode);

  // References were written into obj without a barrier before anybody else saw it
  // (clone, rematerialisation by deoptimisation). obj may be volatile: then nothing
  // is done.
  static void initialized_raw(oop obj);
};

#endif // SHARE_PERSISTENT_PERSISTENTACCESS_HPP
