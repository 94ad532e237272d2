/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

#ifndef SHARE_PERSISTENT_C1_PERSISTENTBARRIERC1_HPP
#define SHARE_PERSISTENT_C1_PERSISTENTBARRIERC1_HPP

#include "c1/c1_CodeStubs.hpp"
#include "gc/shared/c1/barrierSetC1.hpp"
#include "memory/allStatic.hpp"

class LIR_Assembler;
class LIR_OpArrayCopy;
class MacroAssembler;

// The out-of-line side of a store: the runtime stores. Taken for primitives if the
// base is in P, for references always: its continuation follows the branch at once,
// as it must where the code that would be skipped (G1's barriers) needs registers.
class PersistentStoreStub : public CodeStub {
  BasicType     _type;
  LIR_Opr       _base;
  LIR_Opr       _addr;
  LIR_Opr       _value;
  CodeEmitInfo* _info;      // references only: the call may throw or deoptimise
  bool          _is_volatile;

 public:
  PersistentStoreStub(BasicType type, LIR_Opr base, LIR_Opr addr, LIR_Opr value, CodeEmitInfo* info, bool is_volatile)
    : _type(type), _base(base), _addr(addr), _value(value), _info(info), _is_volatile(is_volatile) {
    Compilation::current()->frame_map()->update_reserved_argument_area_size(4 * BytesPerWord);
  }

  virtual void emit_code(LIR_Assembler* e);
  // At the start of the references' stub: returns from it if the object is in V and the
  // store is none of G1's business.
  static void store_to_young(MacroAssembler* masm);
  virtual void visit(LIR_OpVisitState* visitor) {
    if (_info != nullptr) {
      visitor->do_slow_case(_info);
    } else {
      visitor->do_slow_case();
    }
    visitor->do_input(_base);
    visitor->do_input(_addr);
    visitor->do_input(_value);
  }
#ifndef PRODUCT
  virtual void print_name(outputStream* out) const { out->print("PersistentStoreStub"); }
#endif
};

// C1's store barrier: every field and array store that is not raw goes through
// BarrierSetC1::store_at, which asks here.
class PersistentBarrierC1 : public AllStatic {
 public:
  // Whether stores are behind a branch: then nothing there may need a register of its own, which the allocator would get
  // by a spill move that the branch skips. (A volatile store of a long does, which only 32-bit processors need.)
  static bool has_branch();
  // Emits the whole store of a reference, with G1's barriers; false if that is not
  // needed, without -XX:PersistentHeap.
  static bool store_reference(LIRAccess& access, LIR_Opr value);
  // Emits the test whether the base of a primitive store is in P; null if none is
  // needed. The ordinary store follows, then the stub's continuation. May replace value.
  static CodeStub* test(LIRAccess& access, LIR_Opr& value);
  // System.arraycopy into P: C1's slow case, an ordinary call. The flags see to it that there is one.
  static int  arraycopy_flags();
  static void guard_arraycopy(LIR_Assembler* ce, LIR_OpArrayCopy* op);
  // Intrinsics that would write to the heap past the barrier.
  static bool is_disabled_intrinsic(vmIntrinsics::ID id);
};

#endif // SHARE_PERSISTENT_C1_PERSISTENTBARRIERC1_HPP
