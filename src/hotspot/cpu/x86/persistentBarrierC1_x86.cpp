/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

#include "asm/macroAssembler.inline.hpp"
#include "c1/c1_LIRAssembler.hpp"
#include "c1/c1_MacroAssembler.hpp"
#include "c1/c1_Runtime1.hpp"
#include "gc/g1/g1BarrierSet.hpp"
#include "gc/g1/g1CardTable.hpp"
#include "gc/g1/g1HeapRegion.hpp"
#include "gc/g1/g1ThreadLocalData.hpp"
#include "persistent/c1/persistentBarrierC1.hpp"
#include "persistent/persistentBarrier.hpp"
#include "persistent/persistentHeap.hpp"
#include "persistentBarrier_x86.inline.hpp"

#define __ ce->masm()->

// Parameters on the stack: base, addr, value, and the size or, of a reference, whether it
// is volatile. The primitive stub preserves every register.
void PersistentStoreStub::emit_code(LIR_Assembler* ce) {
  __ bind(_entry);
  ce->store_parameter(_base->as_register(), 0);
  ce->store_parameter(_addr->as_pointer_register(), 1);
  bool is_oop = is_reference_type(_type);
  if (_value->is_constant()) {
    LIR_Const* c = _value->as_constant_ptr();
    switch (c->type()) {
      case T_INT:    __ movl(rscratch1, c->as_jint_bits()); break;
      case T_FLOAT:  __ movl(rscratch1, c->as_jint_bits()); break;
      case T_LONG:   __ mov64(rscratch1, (int64_t)c->as_jlong_bits()); break;
      case T_DOUBLE: __ mov64(rscratch1, (int64_t)c->as_jlong_bits()); break;
      case T_OBJECT:
        if (c->as_jobject() == nullptr) {
          __ xorptr(rscratch1, rscratch1);
        } else {
          __ movoop(rscratch1, c->as_jobject());
        }
        break;
      default: ShouldNotReachHere();
    }
    ce->store_parameter(rscratch1, 2);
  } else if (_value->is_single_xmm()) {
    __ movdl(rscratch1, _value->as_xmm_float_reg());
    ce->store_parameter(rscratch1, 2);
  } else if (_value->is_double_xmm()) {
    __ movdq(rscratch1, _value->as_xmm_double_reg());
    ce->store_parameter(rscratch1, 2);
  } else if (_value->is_double_cpu()) {
    ce->store_parameter(_value->as_register_lo(), 2);
  } else {
    ce->store_parameter(_value->as_register(), 2);
  }
  if (is_oop) {
    ce->store_parameter((jint)_is_volatile, 3);
    __ call(RuntimeAddress(Runtime1::entry_for(C1StubId::persistent_store_oop_id)));
    ce->add_call_info_here(_info);
    ce->verify_oop_map(_info);
  } else {
    jint size = type2aelembytes(_type);
    ce->store_parameter(_is_volatile ? size : -size, 3);
    __ call(RuntimeAddress(Runtime1::entry_for(C1StubId::persistent_store_primitive_id)));
  }
  __ jmp(_continuation);
}

// Without a stub the copy is of an array that this code has just allocated: nothing has captured it.
void PersistentBarrierC1::guard_arraycopy(LIR_Assembler* ce, LIR_OpArrayCopy* op) {
  if (!PHeap::is_enabled() || op->stub() == nullptr || PersistentBarrier::is_skipped(PersistentBarrier::c1)) return;
  const Register tmp = op->tmp()->as_register();
  assert_different_registers(tmp, op->src()->as_register(), op->src_pos()->as_register(), op->dst()->as_register(),
                             op->dst_pos()->as_register(), op->length()->as_register());
  compare_with_persistent_heap(ce->masm(), op->dst()->as_register(), tmp);
  __ jcc(Assembler::below, *op->stub()->entry());
}

#undef __
#define __ masm->

void PersistentStoreStub::store_to_young(MacroAssembler* masm) {
  if (!PHeap::is_enabled()) return;
  const Register tmp = rax, addr = rcx, value = rdx;
  auto parameter = [] (int n) { return Address(rsp, (3 + 1 + n) * wordSize); };     // above what is saved and the return address
  CardTableBarrierSet* ct = barrier_set_cast<CardTableBarrierSet>(BarrierSet::barrier_set());
  Label slow, store;
  __ push(tmp);
  __ push(addr);
  __ push(value);
  __ movptr(addr, parameter(0));
  __ testptr(addr, addr);
  __ jcc(Assembler::zero, slow);
  compare_with_persistent_heap(masm, addr, tmp);
  __ jcc(Assembler::below, slow);
  __ cmpb(Address(r15_thread, in_bytes(G1ThreadLocalData::satb_mark_queue_active_offset())), 0);
  __ jcc(Assembler::notEqual, slow);
  __ movptr(addr, parameter(1));
  __ movptr(value, parameter(2));
  __ testptr(value, value);
  __ jccb(Assembler::zero, store);
  __ movptr(tmp, addr);
  __ xorptr(tmp, value);
  __ shrptr(tmp, G1HeapRegion::LogOfHRGrainBytes);
  __ jccb(Assembler::zero, store);
  __ movptr(tmp, addr);
  __ shrptr(tmp, CardTable::card_shift());
  __ movptr(rscratch1, (intptr_t)ct->card_table()->byte_map_base());
  __ cmpb(Address(rscratch1, tmp, Address::times_1), G1CardTable::g1_young_card_val());
  __ jcc(Assembler::notEqual, slow);
  __ bind(store);
  __ encode_heap_oop(value);
  __ movl(Address(addr, 0), value);
  __ cmpptr(parameter(3), 0);
  __ pop(value);
  __ pop(addr);
  __ pop(tmp);
  Label done;
  __ jccb(Assembler::equal, done);
  __ membar(Assembler::StoreLoad);
  __ bind(done);
  __ ret(0);
  __ bind(slow);
  __ pop(value);
  __ pop(addr);
  __ pop(tmp);
}

#undef __
