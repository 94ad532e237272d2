/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

#include "persistent/c2/persistentBarrierC2.hpp"

#include "ci/ciEnv.hpp"
#include "ci/ciField.hpp"
#include "ci/ciObject.hpp"
#include "ci/ciUtilities.inline.hpp"
#include "gc/g1/g1ThreadLocalData.hpp"
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
#include "persistent/persistentSpace.hpp"
#include "persistent/persistentThread.hpp"
#include "persistent/persistentTxn.hpp"
#include "persistent/persistentUnlogged.hpp"
#include "persistent/persistent_globals.hpp"
#include "runtime/javaThread.hpp"
#include "runtime/jniHandles.inline.hpp"
#include "utilities/powerOfTwo.hpp"

static const char* const StorePrimitiveName = "persistent_store";
static const char* const StoreAppendName    = "persistent_append";      // beside an inline one: PersistentStoreC2::append_entry
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

Node* PersistentBarrierC2::branch(GraphKit* kit, Node* bol, float probability) {
  PhaseGVN& gvn = kit->gvn();
  IfNode* iff = kit->create_and_map_if(kit->control(), bol, probability, COUNT_UNKNOWN);
  Node* taken = gvn.transform(new IfTrueNode(iff));
  kit->set_control(gvn.transform(new IfFalseNode(iff)));
  return taken;
}

RegionNode* PersistentBarrierC2::region(GraphKit* kit) {
  RegionNode* region = new RegionNode(1);
  kit->gvn().set_type(region, Type::CONTROL);
  kit->record_for_igvn(region);
  return region;
}

RegionNode* PersistentBarrierC2::region(GraphKit* kit, Node* first, Node* second) {
  RegionNode* both = region(kit);
  both->add_req(first);
  both->add_req(second);
  return both;
}

Node* PersistentBarrierC2::phi(GraphKit* kit, RegionNode* region, Node* first, Node* second, const Type* type, const TypePtr* adr_type) {
  PhiNode* phi = new PhiNode(region, type, adr_type);
  kit->gvn().set_type(phi, type);
  phi->init_req(1, first);
  phi->init_req(2, second);
  kit->record_for_igvn(phi);
  return kit->gvn().transform(phi);
}

// Of the VM's own memory. Pinned: after what control depends on.
static Node* load(GraphKit* kit, Node* adr, const Type* type, BasicType bt) {
  return kit->make_load(kit->control(), adr, type, bt, MemNode::unordered, LoadNode::Pinned);
}

static Node* load(GraphKit* kit, Node* base, ByteSize offset, const Type* type, BasicType bt) {
  return load(kit, kit->basic_plus_adr(kit->top(), base, in_bytes(offset)), type, bt);
}

Node* PersistentBarrierC2::thread_field(GraphKit* kit, ByteSize offset, const Type* type, BasicType bt) {
  return load(kit, kit->gvn().transform(new ThreadLocalNode()), offset, type, bt);
}

// Of an object's address. There is none below P, so that one compare is enough, and what is left is in V. P and null are told
// apart only if asked for.
static Node* is_in_p(GraphKit* kit, Node* address, bool or_null) {
  PhaseGVN& gvn = kit->gvn();
  const uintptr_t from = or_null ? 0 : PHeap::base();
  Node* offset = gvn.transform(new SubXNode(address, kit->MakeConX((intptr_t)from)));
  Node* cmp    = gvn.transform(new CmpULNode(offset, kit->longcon((jlong)(PHeap::end() - from))));
  return gvn.transform(new BoolNode(cmp, BoolTest::lt));
}

Node* PersistentBarrierC2::test(GraphKit* kit, Node* base) {
  // Without control, so that loops over one array are unswitched. The number may be older than a
  // collection, and the object elsewhere since: it is in the same heap.
  Node* address = kit->gvn().transform(new CastP2XNode(nullptr, base));
  // What cannot be null may be asked whether it is in P or null.
  const bool or_null = !kit->gvn().type(base)->maybe_null();
  return branch(kit, is_in_p(kit, address, or_null), PROB_UNLIKELY_MAG(6));
}

bool PersistentBarrierC2::has_met_p(Compile* C, ciMethod* method, int bci) {
  return PHeap::is_enabled() && C->too_many_traps(method, bci, MetReason);
}

void PersistentBarrierC2::guard_not_persistent(GraphKit* kit, Node* base, bool adapts) {
  if (!PHeap::is_enabled() || PersistentBarrier::is_skipped(PersistentBarrier::c2_guard) ||
      kit->stopped() || is_provably_volatile(kit, base)) {
    return;
  }
  Node* in_p = test(kit, base);
  PreserveJVMState pjvms(kit);
  kit->set_control(in_p);
  if (adapts && ProfileTraps && !has_met_p(kit->C, kit->method(), kit->bci())) {
    kit->uncommon_trap(MetReason, Deoptimization::Action_make_not_entrant);
  } else {
    // The code stays as it is, however often.
    kit->uncommon_trap(Deoptimization::Reason_unhandled, Deoptimization::Action_none);
  }
}

static bool is_leaf(const Node* n, const char* name) {
  return n->is_CallLeaf() && n->as_CallLeaf()->_name == name;
}

bool PersistentBarrierC2::is_barrier_call(const Node* n) {
  return is_leaf(n, StoreOopName);
}

bool PersistentBarrierC2::is_store_call(const Node* n) {
  return is_leaf(n, StoreOopName) || is_leaf(n, StorePrimitiveName) || is_leaf(n, StoreAppendName);
}

uint PersistentBarrierC2::nodes_of_sides(const Node_List& body) {
  if (!PHeap::is_enabled()) return 0;
  const uint NodesOfSide   = 35;
  const uint NodesOfAppend = 50;
  uint count = 0;
  for (uint i = 0; i < body.size(); i++) {
    const Node* n = body.at(i);
    if (is_store_call(n)) count += NodesOfSide;
    if (is_leaf(n, StoreAppendName)) count += NodesOfAppend;
  }
  return MIN2(count, body.size());
}

bool PersistentBarrierC2::eliminate(PhaseMacroExpand* macro, Node* p2x) {
  if (!PHeap::is_enabled() || p2x->Opcode() != Op_CastP2X) return false;
  // Not in P, however that is asked.
  macro->igvn().replace_node(p2x, macro->igvn().MakeConX((intptr_t)PHeap::end()));
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

// adr as a number. A sum of its own: adr goes on to be no more than the address of the
// ordinary store, which needs no register.
Node* PersistentStoreC2::number_of(Node* base, Node* adr) {
  PhaseGVN& gvn = _kit->gvn();
  if (!adr->is_AddP()) return gvn.transform(new CastP2XNode(_kit->control(), adr));
  Node* from = adr->in(AddPNode::Address);
  Node* sum = from == base ? _base_address : number_of(base, from);
  return gvn.transform(new AddXNode(sum, adr->in(AddPNode::Offset)));
}

// A primitive as PersistentAccess takes it; its sign above its size does not matter there.
Node* PersistentStoreC2::as_word(Node* val, BasicType bt, bool zero_extended) {
  PhaseGVN& gvn = _kit->gvn();
  if (bt == T_LONG) return val;
  if (bt == T_DOUBLE) return gvn.transform(new MoveD2LNode(val));
  if (bt == T_ADDRESS) return gvn.transform(new CastP2XNode(_kit->control(), val));
  if (bt == T_FLOAT) {
    val = gvn.transform(new MoveF2INode(val));
  } else if (bt == T_BOOLEAN) {
    val = gvn.transform(new AndINode(val, gvn.intcon(1)));
  }
  val = gvn.transform(new ConvI2LNode(val));
  if (zero_extended) {
    val = gvn.transform(new AndLNode(val, gvn.longcon((jlong)right_n_bits(type2aelembytes(bt) * BitsPerByte))));
  }
  return val;
}

// Whether the location is surely no lock's state: an array's element, or a field of a class that declares none. (Of a field that a class inherits
// the holder is the class that declares it.)
bool PersistentStoreC2::is_plain() const {
  const TypePtr* type = _kit->C->get_adr_type(_alias_index);
  if (type->isa_aryptr()) return true;
  ciField* field = _kit->C->alias_type(type)->field();
  if (field == nullptr || field->is_static()) return false;
  VM_ENTRY_MARK;
  return !PersistentUnlogged::is_declared_by((Klass*)field->holder()->constant_encoding());
}

// first: store_known has been there.
Node* PersistentStoreC2::call(bool fenced, bool first) {
  PhaseGVN& gvn = _kit->gvn();
  const bool is_oop = is_reference_type(_bt);
  Node* val = _val;
  address entry;
  if (is_oop) {
    entry = fenced ? CAST_FROM_FN_PTR(address, PersistentAccess::try_store_oop)
                   : CAST_FROM_FN_PTR(address, PersistentAccess::try_plain_store_oop);
  } else {
    val = as_word(val, _bt, false);
    entry = first ? PersistentAccess::first_store_entry(exact_log2(type2aelembytes(_bt)), _appends || is_plain())
                  : store_entry(_bt == T_ADDRESS ? BytesPerWord : type2aelembytes(_bt), fenced);
  }

  // The object and the address as numbers: they do not move, and a volatile object
  // does not escape here. The value stays a reference: a collection may happen
  // between a place to which its conversion could be hoisted and the call.
  Node* thread = gvn.transform(new ThreadLocalNode());
  const char* name = is_oop ? StoreOopName : _appends ? StoreAppendName : StorePrimitiveName;
  const TypePtr* adr_type = _wide ? TypePtr::BOTTOM : _kit->C->get_adr_type(_alias_index);
  int flags = GraphKit::RC_LEAF | (_wide ? 0 : GraphKit::RC_NARROW_MEM);
  Node* top = _kit->top();
  Node* result = is_oop ? _kit->make_runtime_call(flags, store_type(true), entry, name, adr_type,
                                                  thread, _base_address, top, _adr_x, top, val)
                        : _kit->make_runtime_call(flags, store_type(false), entry, name, adr_type,
                                                  thread, _base_address, top, _adr_x, top, val, top);
  if (!_wide) {
    // The call changes the thread's PersistentThread, too.
    _kit->insert_mem_bar_volatile(Op_MemBarCPUOrder, Compile::AliasIdxRaw);
  }
  return result;
}

// Whether a store of val may be one without PersistentAccess. A reference is if there is no slot
// to remember and no marking to tell.
bool PersistentStoreC2::may_be_known(DecoratorSet decorators) const {
  // Another thread may end an implicit transaction, at any safepoint.
  if (_wide || (decorators & C2_UNSAFE_ACCESS) != 0 || PersistentAllocateAll || _bt == T_ADDRESS) return false;
  if (!is_reference_type(_bt)) return true;
  return UseCompressedOops && (_kit->gvn().type(_val) == TypePtr::NULL_PTR || !PersistentBarrierC2::is_provably_volatile(_kit, _val));
}

static void store(GraphKit* kit, Node* base, ByteSize offset, Node* val, BasicType bt) {
  kit->store_to_memory(kit->control(), kit->basic_plus_adr(kit->top(), base, in_bytes(offset)), val, bt, MemNode::unordered);
}

// Where the object is not captured, or not known to be, joins unknown (PersistentSpace::captured_map).
void PersistentStoreC2::test_captured(RegionNode* unknown) {
  PhaseGVN& gvn = _kit->gvn();
  const int log2_unit = exact_log2(PersistentSpace::CapturedUnit);
  Node* word_offset = gvn.transform(new URShiftXNode(_base_address, gvn.intcon(log2_unit + LogBitsPerLong)));
  word_offset = gvn.transform(new LShiftXNode(word_offset, gvn.intcon(LogBytesPerLong)));
  Node* map = _kit->makecon(TypeRawPtr::make(PersistentSpace::captured_map()));
  Node* word = load(_kit, _kit->basic_plus_adr(_kit->top(), map, word_offset), TypeLong::LONG, T_LONG);
  // The shift takes the number modulo 64.
  Node* index = gvn.transform(new ConvL2INode(gvn.transform(new URShiftXNode(_base_address, gvn.intcon(log2_unit)))));
  Node* bit = gvn.transform(new AndLNode(gvn.transform(new URShiftLNode(word, index)), gvn.longcon(1)));
  Node* cmp = gvn.transform(new CmpLNode(bit, gvn.longcon(0)));
  unknown->add_req(PersistentBarrierC2::branch(_kit, gvn.transform(new BoolNode(cmp, BoolTest::eq)), PROB_UNLIKELY_MAG(1)));
}

// Whether first stores are recorded inline, too. That is much code: not for programs that do not use P, nor in large methods.
bool PersistentStoreC2::may_append() const {
  return !is_reference_type(_bt) && PersistentSpace::used() > 0 && _kit->C->live_nodes() < (uint)LiveNodeCountInliningCutoff / 4 && is_plain();
}

// What PersistentTxn::try_record does. Where it would do nothing joins unknown.
void PersistentStoreC2::append_entry(Node* word, Node* recent, Node* key, RegionNode* unknown) {
  typedef PersistentTxn::Entry Entry;
  PhaseGVN& gvn = _kit->gvn();
  Node* txn = PersistentBarrierC2::thread_field(_kit, JavaThread::persistent_offset() + byte_offset_of(PersistentThread, _txn), TypeRawPtr::BOTTOM, T_ADDRESS);
  Node* cmp = gvn.transform(new CmpPNode(txn, _kit->null()));
  unknown->add_req(PersistentBarrierC2::branch(_kit, gvn.transform(new BoolNode(cmp, BoolTest::eq)), PROB_UNLIKELY_MAG(1)));
  Node* entry = load(_kit, txn, PersistentTxn::next_entry_offset(), TypeRawPtr::NOTNULL, T_ADDRESS);
  Node* end   = load(_kit, txn, PersistentTxn::plain_end_offset(), TypeRawPtr::NOTNULL, T_ADDRESS);
  cmp = gvn.transform(new CmpPNode(entry, end));
  unknown->add_req(PersistentBarrierC2::branch(_kit, gvn.transform(new BoolNode(cmp, BoolTest::ge)), PROB_UNLIKELY_MAG(2)));
  test_captured(unknown);

  // What is there, be it a boolean of more bits than one. Not pinned: of an object that turns out to be allocated here
  // the load goes away.
  const bool is_boolean = _bt == T_BOOLEAN;
  Node* old = _kit->make_load(_kit->control(), _adr, is_boolean ? TypeInt::UBYTE : Type::get_const_basic_type(_bt), _bt, MemNode::unordered);
  old = as_word(old, is_boolean ? T_BYTE : _bt, true);
  store(_kit, entry, byte_offset_of(Entry, _base), _base_address, T_LONG);
  store(_kit, entry, byte_offset_of(Entry, _addr), _adr_x, T_LONG);
  store(_kit, entry, byte_offset_of(Entry, _old), old, T_LONG);
  store(_kit, entry, byte_offset_of(Entry, _new), word, T_LONG);
  store(_kit, entry, byte_offset_of(Entry, _size), gvn.longcon(Entry::plain_tail(type2aelembytes(_bt))), T_LONG);
  store(_kit, txn, PersistentTxn::next_entry_offset(), _kit->basic_plus_adr(_kit->top(), entry, sizeof(Entry)), T_ADDRESS);
  Node* new_value = _kit->basic_plus_adr(_kit->top(), entry, in_bytes(byte_offset_of(Entry, _new)));
  store(_kit, recent, byte_offset_of(PersistentThread::Recent, _key), key, T_LONG);
  store(_kit, recent, byte_offset_of(PersistentThread::Recent, _new_value), new_value, T_ADDRESS);
}

// As long as P has no objects, where the bytecode can be executed again. A trap is less code than a persistent side, and nothing joins the
// ordinary store: of several tests of one object the first is left, and that before a loop in which the object does not change. When
// it is taken there are objects, so what is compiled next has the persistent side. Not for methods that have met no P in a program
// that uses it: after a trap in place of a loop's predicate, C2 makes no more predicates for that loop, nor vectors of its body.
bool PersistentStoreC2::may_trap() const {
  if (_wide || PersistentAllocateAll || !_kit->is_Parse() || PersistentSpace::used() > 0) return false;
  const Bytecodes::Code bc = _kit->java_bc();
  return bc == Bytecodes::_putfield || (bc >= Bytecodes::_iastore && bc <= Bytecodes::_sastore);
}

// The side where PersistentAccess would know that there is nothing to record, or no more than that (is_known, first_store
// in persistentAccess.cpp). Leaves the kit at the other.
void PersistentStoreC2::store_known() {
  PhaseGVN& gvn = _kit->gvn();
  const bool is_oop = is_reference_type(_bt);
  RegionNode* unknown = PersistentBarrierC2::region(_kit);
  Node* word = nullptr;
  if (is_oop) {
    Node* marking = PersistentBarrierC2::thread_field(_kit, G1ThreadLocalData::satb_mark_queue_active_offset(), TypeInt::BYTE, T_BYTE);
    Node* cmp = gvn.transform(new CmpINode(marking, gvn.intcon(0)));
    unknown->add_req(PersistentBarrierC2::branch(_kit, gvn.transform(new BoolNode(cmp, BoolTest::ne)), PROB_UNLIKELY_MAG(2)));
    word = gvn.transform(new CastP2XNode(_kit->control(), _val));
    if (gvn.type(_val) != TypePtr::NULL_PTR) {
      Node* known = PersistentBarrierC2::branch(_kit, is_in_p(_kit, word, true), PROB_LIKELY_MAG(1));
      unknown->add_req(_kit->control());
      _kit->set_control(known);
    }
  }

  const ByteSize own_start = JavaThread::persistent_offset() + PersistentThread::own_start_offset();
  const ByteSize own_size  = JavaThread::persistent_offset() + PersistentThread::own_size_offset();
  const ByteSize level_tag = JavaThread::persistent_offset() + PersistentThread::level_tag_offset();
  Node* offset = gvn.transform(new SubXNode(_base_address, PersistentBarrierC2::thread_field(_kit, own_start, TypeLong::LONG, T_LONG)));
  Node* cmp = gvn.transform(new CmpULNode(offset, PersistentBarrierC2::thread_field(_kit, own_size, TypeLong::LONG, T_LONG)));
  Node* own = PersistentBarrierC2::branch(_kit, gvn.transform(new BoolNode(cmp, BoolTest::lt)), PROB_FAIR);

  // The bytes from _recent to the location's place there: PersistentThread::recent_index.
  const int log2_recent = exact_log2(sizeof(PersistentThread::Recent));
  Node* index = gvn.transform(new MulLNode(_adr_x, gvn.longcon(PersistentThread::RecentFactor)));
  index = gvn.transform(new URShiftXNode(index, gvn.intcon(PersistentThread::RecentShift - log2_recent)));
  index = gvn.transform(new AndXNode(index, _kit->MakeConX((PersistentThread::RecentCount - 1) << log2_recent)));
  const ByteSize recents = JavaThread::persistent_offset() + PersistentThread::recent_offset();
  Node* recent = _kit->basic_plus_adr(_kit->top(), gvn.transform(new ThreadLocalNode()), index);
  recent = _kit->basic_plus_adr(_kit->top(), recent, in_bytes(recents));
  Node* found = load(_kit, recent, byte_offset_of(PersistentThread::Recent, _key), TypeLong::LONG, T_LONG);
  const int size = is_oop ? (int)sizeof(narrowOop) : type2aelembytes(_bt);
  // PersistentThread::recent_key, as one address.
  Node* key = gvn.transform(new LShiftXNode(_adr_x, gvn.intcon(2)));
  key = gvn.transform(new AddLNode(PersistentBarrierC2::thread_field(_kit, level_tag, TypeLong::LONG, T_LONG), key));
  key = gvn.transform(new AddLNode(key, gvn.longcon(exact_log2(size))));
  cmp = gvn.transform(new CmpLNode(found, key));
  Node* hit = PersistentBarrierC2::branch(_kit, gvn.transform(new BoolNode(cmp, BoolTest::eq)), PROB_LIKELY_MAG(1));
  if (!is_oop) word = as_word(_val, _bt, true);

  // Those who are done, and the raw memory there.
  RegionNode* done = PersistentBarrierC2::region(_kit);
  PhiNode* memory = new PhiNode(done, Type::MEMORY, TypeRawPtr::BOTTOM);
  gvn.set_type(memory, Type::MEMORY);
  _kit->record_for_igvn(memory);
  auto add_done = [&] (Node* control) {
    done->add_req(control);
    memory->add_req(_kit->memory(Compile::AliasIdxRaw));
  };
  add_done(own);
  _appends = may_append();
  if (_appends) {
    PreserveJVMState pjvms(_kit);
    append_entry(word, recent, key, unknown);
    add_done(_kit->control());
  } else {
    unknown->add_req(_kit->control());
  }
  {
    PreserveJVMState pjvms(_kit);
    _kit->set_control(hit);
    Node* new_value = load(_kit, recent, byte_offset_of(PersistentThread::Recent, _new_value), TypeRawPtr::NOTNULL, T_ADDRESS);
    _kit->store_to_memory(_kit->control(), new_value, word, T_LONG, MemNode::unordered);
    add_done(_kit->control());
  }

  _kit->set_control(gvn.transform(unknown));
  PreserveJVMState pjvms(_kit);
  _kit->set_memory(gvn.transform(memory), Compile::AliasIdxRaw);
  _kit->set_control(gvn.transform(done));
  // Not the ordinary side's: that stays as simple as it is.
  _kit->store_to_memory(_kit->control(), _adr, _val, _bt, StoreNode::release_if_reference(_bt));
  end_side();
}

PersistentStoreC2::PersistentStoreC2(GraphKit* kit, Node* base, Node* adr, Node* val, BasicType bt, DecoratorSet decorators)
  : _kit(kit), _adr(adr), _val(val), _bt(bt), _base_address(nullptr), _adr_x(nullptr),
    _control(nullptr), _memory(nullptr), _raw_memory(nullptr), _alias_index(0), _wide(false), _appends(false) {
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

  Node* in_p = PersistentBarrierC2::test(kit, base);
  if (in_p->is_top()) return;

  PreserveJVMState pjvms(kit);
  kit->set_control(in_p);
  if (may_trap()) {
    kit->uncommon_trap(Deoptimization::Reason_unhandled, Deoptimization::Action_make_not_entrant);
    return;
  }
  _base_address = gvn.transform(new CastP2XNode(in_p, base));
  _adr_x = number_of(base, adr);
  const bool inlines = may_be_known(decorators);
  assert(!inlines || (decorators & MO_SEQ_CST) == 0, "those are wide");
  if (inlines) {
    store_known();
  }
  Node* result = call((decorators & MO_SEQ_CST) != 0, inlines);
  if (is_reference_type(bt)) {
    Node* done = gvn.transform(new ProjNode(result, TypeFunc::Parms));
    Node* cmp  = gvn.transform(new CmpINode(done, gvn.intcon(0)));
    Node* stored = PersistentBarrierC2::branch(kit, gvn.transform(new BoolNode(cmp, BoolTest::ne)), PROB_LIKELY_MAG(3));
    {
      // Nothing was done: the interpreter does the store, in full.
      PreserveJVMState pjvms2(kit);
      kit->uncommon_trap(Deoptimization::Reason_unhandled, Deoptimization::Action_none);
    }
    kit->set_control(stored);
  }
  if (inlines) {
    merge_side();
  }
  end_side();
}

PersistentStoreC2::~PersistentStoreC2() {
  if (_control != nullptr) {
    merge_side();
  }
}

void PersistentStoreC2::end_side() {
  _control = _kit->control();
  _memory  = _wide ? _kit->reset_memory() : _kit->memory(_alias_index);
  _raw_memory = _wide ? nullptr : _kit->memory(Compile::AliasIdxRaw);
}

void PersistentStoreC2::merge_side() {
  PhaseGVN& gvn = _kit->gvn();
  RegionNode* region = PersistentBarrierC2::region(_kit, _kit->control(), _control);
  auto merge = [&] (Node* here, Node* there, const TypePtr* type) {
    return PersistentBarrierC2::phi(_kit, region, here, there, Type::MEMORY, type);
  };
  if (_wide) {
    Node* memory = merge(_kit->reset_memory(), _memory, TypePtr::BOTTOM);
    _kit->set_control(gvn.transform(region));
    _kit->set_all_memory(memory);
  } else {
    Node* memory = merge(_kit->memory(_alias_index), _memory, _kit->C->get_adr_type(_alias_index));
    Node* raw_memory = merge(_kit->memory(Compile::AliasIdxRaw), _raw_memory, TypeRawPtr::BOTTOM);
    _kit->set_control(gvn.transform(region));
    _kit->set_memory(memory, _alias_index);
    _kit->set_memory(raw_memory, Compile::AliasIdxRaw);
  }
}
