/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

#include "persistent/c2/persistentBarrierC2.hpp"

#include "ci/ciEnv.hpp"
#include "ci/ciObject.hpp"
#include "ci/ciUtilities.inline.hpp"
#include "opto/addnode.hpp"
#include "opto/callnode.hpp"
#include "opto/castnode.hpp"
#include "opto/convertnode.hpp"
#include "opto/graphKit.hpp"
#include "opto/library_call.hpp"
#include "opto/macro.hpp"
#include "opto/movenode.hpp"
#include "opto/mulnode.hpp"
#include "opto/phaseX.hpp"
#include "opto/subnode.hpp"
#include "persistent/persistentAccess.hpp"
#include "persistent/persistentBarrier.hpp"
#include "persistent/persistentHeap.hpp"
#include "runtime/jniHandles.inline.hpp"

static const char* const StorePrimitiveName = "persistent_store";
static const char* const StoreOopName       = "persistent_try_store_oop";

// void store(JavaThread*, oopDesc* base, void* addr, uint64_t value)
// bool try_store_oop(JavaThread*, oopDesc* base, void* addr, oopDesc* value)
static const TypeFunc* store_type(bool is_oop) {
  const int count = is_oop ? 6 : 7;
  const Type** fields = TypeTuple::fields(count);
  int i = TypeFunc::Parms;
  fields[i++] = TypeRawPtr::NOTNULL;
  fields[i++] = TypeLong::LONG;
  fields[i++] = Type::HALF;
  fields[i++] = TypeLong::LONG;
  fields[i++] = Type::HALF;
  if (is_oop) {
    fields[i++] = TypeInstPtr::BOTTOM;
  } else {
    fields[i++] = TypeLong::LONG;
    fields[i++] = Type::HALF;
  }
  assert(i == TypeFunc::Parms + count, "all of them");
  const TypeTuple* domain = TypeTuple::make(i, fields);

  fields = TypeTuple::fields(is_oop ? 1 : 0);
  if (is_oop) {
    fields[TypeFunc::Parms] = TypeInt::BOOL;
  }
  const TypeTuple* range = TypeTuple::make(TypeFunc::Parms + (is_oop ? 1 : 0), fields);
  return TypeFunc::make(domain, range);
}

static bool is_constant_in_p(ciObject* con) {
  // Objects do not move between P and V.
  VM_ENTRY_MARK;
  return PHeap::contains(JNIHandles::resolve_non_null(con->constant_encoding()));
}

bool PersistentBarrierC2::is_provably_volatile(GraphKit* kit, Node* base) {
  if (base == nullptr || base->is_top()) return true;
  const Type* type = kit->gvn().type(base);
  if (type == TypePtr::NULL_PTR) return true;
  const TypeOopPtr* oop_type = type->isa_oopptr();
  if (oop_type != nullptr && oop_type->const_oop() != nullptr && !is_constant_in_p(oop_type->const_oop())) {
    return true;
  }
  return AllocateNode::Ideal_allocation(base) != nullptr ||
         AllocateNode::Ideal_allocation(base->uncast()) != nullptr;
}

Node* PersistentBarrierC2::test(GraphKit* kit, Node* base, Node** base_address) {
  PhaseGVN& gvn = kit->gvn();
  Node* address = gvn.transform(new CastP2XNode(kit->control(), base));
  Node* offset  = gvn.transform(new SubXNode(address, kit->MakeConX((intptr_t)PHeap::base())));
  Node* cmp     = gvn.transform(new CmpULNode(offset, kit->longcon((jlong)PHeap::size())));
  Node* bol     = gvn.transform(new BoolNode(cmp, BoolTest::lt));
  IfNode* iff   = kit->create_and_map_if(kit->control(), bol, PROB_UNLIKELY_MAG(6), COUNT_UNKNOWN);
  Node* in_p    = gvn.transform(new IfTrueNode(iff));
  kit->set_control(gvn.transform(new IfFalseNode(iff)));
  if (base_address != nullptr) {
    *base_address = address;
  }
  return in_p;
}

void PersistentBarrierC2::guard_not_persistent(GraphKit* kit, Node* base) {
  if (!PHeap::is_enabled() || PersistentBarrier::is_skipped(PersistentBarrier::c2_guard) ||
      kit->stopped() || is_provably_volatile(kit, base)) {
    return;
  }
  Node* in_p = test(kit, base, nullptr);
  PreserveJVMState pjvms(kit);
  kit->set_control(in_p);
  // Action_none: the code stays as it is, however often.
  kit->uncommon_trap(Deoptimization::Reason_unhandled, Deoptimization::Action_none);
}

void PersistentBarrierC2::guard_intrinsic(LibraryCallKit* kit, vmIntrinsicID id) {
  if (!PHeap::is_enabled()) return;
  // State arrays that are fields (digests, modes of ciphers) are guarded where the
  // inliners load them.
  int dest = -1;      // argument's index: longs count two, the receiver one
  int dest2 = -1;
  switch (id) {
    case vmIntrinsics::_dilithiumAlmostNtt:
    case vmIntrinsics::_dilithiumAlmostInverseNtt:
    case vmIntrinsics::_dilithiumNttMult:
    case vmIntrinsics::_dilithiumMontMulByConstant:
    case vmIntrinsics::_kyberNtt:
    case vmIntrinsics::_kyberInverseNtt:
    case vmIntrinsics::_kyberNttMult:
    case vmIntrinsics::_kyberAddPoly_2:
    case vmIntrinsics::_kyberAddPoly_3:
    case vmIntrinsics::_kyberBarrettReduce:
    case vmIntrinsics::_bigIntegerRightShiftWorker:
    case vmIntrinsics::_bigIntegerLeftShiftWorker:
    case vmIntrinsics::_mulAdd:
      dest = 0; break;
    case vmIntrinsics::_double_keccak:
      dest = 0; dest2 = 1; break;
    case vmIntrinsics::_dilithiumDecomposePoly:
      dest = 1; dest2 = 2; break;
    case vmIntrinsics::_setMemory:
    case vmIntrinsics::_arraySort:
    case vmIntrinsics::_arrayPartition:
    case vmIntrinsics::_chacha20Block:
    case vmIntrinsics::_intpoly_assign:
      dest = 1; break;
    case vmIntrinsics::_arraycopy:
    case vmIntrinsics::_compressStringC:
    case vmIntrinsics::_compressStringB:
    case vmIntrinsics::_inflateStringC:
    case vmIntrinsics::_inflateStringB:
    case vmIntrinsics::_encodeISOArray:
    case vmIntrinsics::_encodeByteISOArray:
    case vmIntrinsics::_encodeAsciiArray:
    case vmIntrinsics::_squareToLen:
    case vmIntrinsics::_kyber12To16:
      dest = 2; break;
    case vmIntrinsics::_getCharsStringU:
    case vmIntrinsics::_aescrypt_encryptBlock:
    case vmIntrinsics::_aescrypt_decryptBlock:
    case vmIntrinsics::_intpoly_montgomeryMult_P256:
      dest = 3; break;
    case vmIntrinsics::_ghash_processBlocks:
      // The stub fills in the rest of the table of the subkey's powers, when it first needs it.
      dest = 3; dest2 = 4; break;
    case vmIntrinsics::_copyMemory:
    case vmIntrinsics::_multiplyToLen:
    case vmIntrinsics::_cipherBlockChaining_encryptAESCrypt:
    case vmIntrinsics::_cipherBlockChaining_decryptAESCrypt:
    case vmIntrinsics::_electronicCodeBook_encryptAESCrypt:
    case vmIntrinsics::_electronicCodeBook_decryptAESCrypt:
    case vmIntrinsics::_base64_encodeBlock:
    case vmIntrinsics::_base64_decodeBlock:
    case vmIntrinsics::_poly1305_processBlocks:
      dest = 4; break;
    case vmIntrinsics::_counterMode_AESCrypt:
      // Also the receiver's `used`.
      dest = 4; dest2 = 0; break;
    case vmIntrinsics::_galoisCounterMode_AESCrypt:
    case vmIntrinsics::_montgomerySquare:
      dest = 5; break;
    case vmIntrinsics::_montgomeryMultiply:
      dest = 6; break;
    default:
      return;
  }
  if (dest >= 0) {
    guard_not_persistent(kit, kit->argument(dest));
  }
  if (dest2 >= 0) {
    guard_not_persistent(kit, kit->argument(dest2));
  }
}

bool PersistentBarrierC2::is_barrier_call(CallNode* call) {
  return call->is_CallLeaf() && call->as_CallLeaf()->_name == StoreOopName;
}

bool PersistentBarrierC2::is_store_call(CallNode* call) {
  return is_barrier_call(call) || (call->is_CallLeaf() && call->as_CallLeaf()->_name == StorePrimitiveName);
}

bool PersistentBarrierC2::eliminate(PhaseMacroExpand* macro, Node* p2x) {
  if (!PHeap::is_enabled() || p2x->Opcode() != Op_CastP2X) return false;
  // Null is not in P.
  macro->igvn().replace_node(p2x, macro->igvn().MakeConX(0));
  return true;
}

// ---- Stores ----

// Without a fence the store is one of release semantics.
static address store_entry(int size, bool fenced) {
  switch (size) {
    case 1: return fenced ? CAST_FROM_FN_PTR(address, PersistentAccess::store_1) : CAST_FROM_FN_PTR(address, PersistentAccess::plain_store_1);
    case 2: return fenced ? CAST_FROM_FN_PTR(address, PersistentAccess::store_2) : CAST_FROM_FN_PTR(address, PersistentAccess::plain_store_2);
    case 4: return fenced ? CAST_FROM_FN_PTR(address, PersistentAccess::store_4) : CAST_FROM_FN_PTR(address, PersistentAccess::plain_store_4);
    case 8: return fenced ? CAST_FROM_FN_PTR(address, PersistentAccess::store_8) : CAST_FROM_FN_PTR(address, PersistentAccess::plain_store_8);
    default: ShouldNotReachHere(); return nullptr;
  }
}

Node* PersistentStoreC2::call(Node* base_address, Node* adr, Node* val, BasicType bt, bool fenced) {
  PhaseGVN& gvn = _kit->gvn();
  const bool is_oop = is_reference_type(bt);
  address entry;
  switch (bt) {
    case T_BOOLEAN:
      val = gvn.transform(new AndINode(val, gvn.intcon(1)));
      val = gvn.transform(new ConvI2LNode(val));
      entry = store_entry(1, fenced);
      break;
    case T_BYTE:
      val = gvn.transform(new ConvI2LNode(val));
      entry = store_entry(1, fenced);
      break;
    case T_SHORT:
    case T_CHAR:
      val = gvn.transform(new ConvI2LNode(val));
      entry = store_entry(2, fenced);
      break;
    case T_FLOAT:
      val = gvn.transform(new MoveF2INode(val));
      // fall through
    case T_INT:
      val = gvn.transform(new ConvI2LNode(val));
      entry = store_entry(4, fenced);
      break;
    case T_DOUBLE:
      val = gvn.transform(new MoveD2LNode(val));
      // fall through
    case T_LONG:
      entry = store_entry(8, fenced);
      break;
    case T_ADDRESS:
      val = gvn.transform(new CastP2XNode(_kit->control(), val));
      entry = store_entry(8, fenced);
      break;
    default:
      assert(is_oop, "unexpected type %s", type2name(bt));
      entry = fenced ? CAST_FROM_FN_PTR(address, PersistentAccess::try_store_oop)
                     : CAST_FROM_FN_PTR(address, PersistentAccess::try_plain_store_oop);
  }

  // The object and the address as numbers: they do not move, and a volatile object
  // does not escape here. The value stays a reference: a collection may happen
  // between a place to which its conversion could be hoisted and the call.
  Node* thread = gvn.transform(new ThreadLocalNode());
  Node* adr_x  = gvn.transform(new CastP2XNode(_kit->control(), adr));
  const char* name = is_oop ? StoreOopName : StorePrimitiveName;
  const TypePtr* adr_type = _wide ? TypePtr::BOTTOM : _kit->C->get_adr_type(_alias_index);
  int flags = GraphKit::RC_LEAF | (_wide ? 0 : GraphKit::RC_NARROW_MEM);
  Node* top = _kit->top();
  return is_oop ? _kit->make_runtime_call(flags, store_type(true), entry, name, adr_type,
                                          thread, base_address, top, adr_x, top, val)
                : _kit->make_runtime_call(flags, store_type(false), entry, name, adr_type,
                                          thread, base_address, top, adr_x, top, val, top);
}

PersistentStoreC2::PersistentStoreC2(GraphKit* kit, Node* base, Node* adr, Node* val, BasicType bt, DecoratorSet decorators)
  : _kit(kit), _control(nullptr), _memory(nullptr), _alias_index(0), _wide(false) {
  // Not: unless IN_HEAP. Unsafe stores of primitives to an object or an address have neither.
  if (!PHeap::is_enabled() || PersistentBarrier::is_skipped(PersistentBarrier::c2_store) || (decorators & IN_NATIVE) != 0 || kit->stopped() ||
      PersistentBarrierC2::is_provably_volatile(kit, base)) {
    return;
  }
  PhaseGVN& gvn = kit->gvn();
  _alias_index = kit->C->get_alias_index(gvn.type(adr)->isa_ptr());
  const bool ordered = (decorators & (MO_RELAXED | MO_ACQUIRE | MO_RELEASE | MO_SEQ_CST)) != 0;
  const bool unsafe  = (decorators & C2_UNSAFE_ACCESS) != 0;
  // Where the ordinary side has memory barriers, which are wide, so is this one.
  _wide = ordered || _alias_index == Compile::AliasIdxBot || _alias_index == Compile::AliasIdxRaw ||
          (unsafe && ((decorators & IN_HEAP) == 0 || (decorators & C2_MISMATCHED) != 0));

  Node* base_address;
  Node* in_p = PersistentBarrierC2::test(kit, base, &base_address);
  if (in_p->is_top()) return;

  PreserveJVMState pjvms(kit);
  kit->set_control(in_p);
  Node* result = call(base_address, adr, val, bt, (decorators & MO_SEQ_CST) != 0);
  if (is_reference_type(bt)) {
    Node* done = gvn.transform(new ProjNode(result, TypeFunc::Parms));
    Node* cmp  = gvn.transform(new CmpINode(done, gvn.intcon(0)));
    Node* bol  = gvn.transform(new BoolNode(cmp, BoolTest::ne));
    IfNode* iff = kit->create_and_map_if(kit->control(), bol, PROB_LIKELY_MAG(3), COUNT_UNKNOWN);
    Node* stored = gvn.transform(new IfTrueNode(iff));
    Node* failed = gvn.transform(new IfFalseNode(iff));
    {
      // Nothing was done: the interpreter does the store, in full.
      PreserveJVMState pjvms2(kit);
      kit->set_control(failed);
      kit->uncommon_trap(Deoptimization::Reason_unhandled, Deoptimization::Action_none);
    }
    kit->set_control(stored);
  }
  _control = kit->control();
  _memory  = _wide ? kit->reset_memory() : kit->memory(_alias_index);
}

PersistentStoreC2::~PersistentStoreC2() {
  if (_control == nullptr) return;
  PhaseGVN& gvn = _kit->gvn();
  Compile* C = _kit->C;
  RegionNode* region = new RegionNode(3);
  gvn.set_type(region, Type::CONTROL);
  region->init_req(1, _kit->control());
  region->init_req(2, _control);
  _kit->record_for_igvn(region);

  PhiNode* phi = new PhiNode(region, Type::MEMORY, _wide ? TypePtr::BOTTOM : C->get_adr_type(_alias_index));
  gvn.set_type(phi, Type::MEMORY);
  phi->init_req(1, _wide ? _kit->reset_memory() : _kit->memory(_alias_index));
  phi->init_req(2, _memory);
  _kit->record_for_igvn(phi);

  _kit->set_control(gvn.transform(region));
  if (_wide) {
    _kit->set_all_memory(gvn.transform(phi));
  } else {
    _kit->set_memory(gvn.transform(phi), _alias_index);
  }
}
