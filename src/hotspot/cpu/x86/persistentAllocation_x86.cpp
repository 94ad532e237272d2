/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

#include "asm/macroAssembler.inline.hpp"
#include "code/codeBlob.hpp"
#include "oops/arrayOop.hpp"
#include "oops/klass.hpp"
#include "oops/markWord.hpp"
#include "persistent/c2/persistentAllocationC2.hpp"
#include "persistent/persistentAllocation.hpp"
#include "persistent/persistentHeap.hpp"
#include "persistent/persistentSpace.hpp"
#include "runtime/javaThread.hpp"

#define __ masm->

static Address of_thread(ByteSize offset) {
  return Address(r15_thread, in_bytes(JavaThread::persistent_offset()) + in_bytes(offset));
}

// As PersistentAllocation::initial_mark, of the object at obj.
static void make_initial_mark(MacroAssembler* masm, Register obj, Register mark, Register tmp) {
  Label hashed;
  __ mov64(mark, -(int64_t)PHeap::base());
  __ addptr(mark, obj);
  __ shrptr(mark, LogHeapWordSize);
  __ incrementq(mark);
  __ mov64(tmp, (int64_t)PersistentAllocation::HashFactor);
  __ imulq(mark, tmp);
  __ movq(r11, mark);
  __ shrq(r11, 32);
  __ xorq(mark, r11);
  __ imulq(mark, tmp);
  __ shrq(mark, 32);
  __ andl(mark, (int32_t)markWord::hash_mask);
  __ jccb(Assembler::notZero, hashed);
  __ movl(mark, 1);
  __ bind(hashed);
  __ shlq(mark, markWord::hash_shift);
  __ orq(mark, (int32_t)markWord::unlocked_value);
}

// The memory of objects to come, as C2 does for those of the ordinary heap.
static void prefetch(MacroAssembler* masm, Register end) {
  if (AllocatePrefetchStyle == 0) return;
  const Address ahead(end, AllocatePrefetchDistance);
  switch (AllocatePrefetchInstr) {
    case 0: __ prefetchnta(ahead); break;
    case 1: __ prefetcht0(ahead); break;
    case 2: __ prefetcht2(ahead); break;
    case 3: __ prefetchw(ahead); break;
    default: ShouldNotReachHere();
  }
}

// Java calling convention: the class in j_rarg0, an array's length in j_rarg1, the object in rax;
// all but rbp, r12 and r15 may be lost.
address PersistentAllocationC2::generate_stub(address slow, bool is_array) {
  BufferBlob* blob = BufferBlob::create(is_array ? "persistent_new_array" : "persistent_new_instance", 512);
  if (blob == nullptr) return nullptr;
  CodeBuffer code(blob);
  MacroAssembler assembler(&code);
  MacroAssembler* masm = &assembler;

  const Register klass = j_rarg0, length = j_rarg1;
  const Register obj = rax, end = rdi, mark = rcx, tmp = r8;
  assert_different_registers(klass, length, obj, end, mark, tmp, r11);
  Label full, next;
  address entry = __ pc();
  __ movl(tmp, Address(klass, Klass::layout_helper_offset()));
  if (is_array) {
    // As unsigned: negative lengths are too large, too.
    __ cmpl(length, (int32_t)PersistentSpace::BufferSize);
    __ jcc(Assembler::above, full);
    __ movl(end, length);
    __ movl(rcx, tmp);
    assert(Klass::_lh_log2_element_size_shift == 0, "use shift in place");
    __ shlq(end);
    __ shrl(tmp, Klass::_lh_header_size_shift);
    __ andl(tmp, Klass::_lh_header_size_mask);
    __ lea(end, Address(end, tmp, Address::times_1, HeapWordSize - 1));
    __ andq(end, -HeapWordSize);
  } else {
    __ movl(end, tmp);
  }
  __ movptr(obj, of_thread(PersistentThread::plab_top_offset()));
  __ addptr(end, obj);
  __ cmpptr(end, of_thread(PersistentThread::plab_end_offset()));
  __ jcc(Assembler::above, full);
  __ movptr(of_thread(PersistentThread::plab_top_offset()), end);
  prefetch(masm, end);

  // All of it is written: that makes the pages private, which the applier relies on. Sixteen bytes at a time, the last ones first.
  assert(MinObjAlignmentInBytes == HeapWordSize && oopDesc::header_size() * HeapWordSize >= 16, "no object is smaller");
  __ pxor(xmm0, xmm0);
  __ subptr(end, 16);
  __ movdqu(Address(end, 0), xmm0);
  __ movptr(mark, obj);
  __ bind(next);
  __ movdqu(Address(mark, 0), xmm0);
  __ addptr(mark, 16);
  __ cmpptr(mark, end);
  __ jccb(Assembler::below, next);

  make_initial_mark(masm, obj, mark, tmp);
  __ movptr(Address(obj, oopDesc::mark_offset_in_bytes()), mark);
  if (is_array) {
    __ movl(Address(obj, arrayOopDesc::length_offset_in_bytes()), length);
  }
  __ store_klass(obj, klass, tmp);
  __ ret(0);
  __ bind(full);
  __ jump(RuntimeAddress(slow));
  masm->flush();
  return entry;
}

#undef __
