/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

#include "persistent/c2/persistentIntrinsicC2.hpp"

#include "ci/ciMethod.hpp"
#include "opto/callGenerator.hpp"
#include "opto/graphKit.hpp"
#include "opto/library_call.hpp"
#include "persistent/c2/persistentBarrierC2.hpp"
#include "persistent/persistentHeap.hpp"

// Arguments that are written: longs count two, the receiver one. State arrays that are fields (digests, modes of ciphers) are
// guarded where the inliners load them; the object stands for its own: both were allocated in the same place.
struct Destinations {
  int _arguments[3];      // -1: none

  Destinations(int first = -1, int second = -1, int third = -1) : _arguments{first, second, third} {}
  bool is_empty() const { return _arguments[0] < 0; }
};

static Destinations destinations(vmIntrinsicID id) {
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
    case vmIntrinsics::_md5_implCompress:
    case vmIntrinsics::_sha_implCompress:
    case vmIntrinsics::_sha2_implCompress:
    case vmIntrinsics::_sha5_implCompress:
    case vmIntrinsics::_sha3_implCompress:
    case vmIntrinsics::_digestBase_implCompressMB:
      return Destinations(0);
    case vmIntrinsics::_double_keccak:
      return Destinations(0, 1);
    case vmIntrinsics::_dilithiumDecomposePoly:
      return Destinations(1, 2);
    case vmIntrinsics::_setMemory:
    case vmIntrinsics::_arraySort:
    case vmIntrinsics::_arrayPartition:
    case vmIntrinsics::_chacha20Block:
    case vmIntrinsics::_intpoly_assign:
      return Destinations(1);
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
      return Destinations(2);
    case vmIntrinsics::_getCharsStringU:
    case vmIntrinsics::_aescrypt_encryptBlock:
    case vmIntrinsics::_aescrypt_decryptBlock:
    case vmIntrinsics::_intpoly_montgomeryMult_P256:
      return Destinations(3);
    case vmIntrinsics::_ghash_processBlocks:
      // The stub fills in the rest of the table of the subkey's powers, when it first needs it.
      return Destinations(3, 4);
    case vmIntrinsics::_copyMemory:
    case vmIntrinsics::_multiplyToLen:
    case vmIntrinsics::_electronicCodeBook_encryptAESCrypt:
    case vmIntrinsics::_electronicCodeBook_decryptAESCrypt:
    case vmIntrinsics::_base64_encodeBlock:
    case vmIntrinsics::_base64_decodeBlock:
    case vmIntrinsics::_poly1305_processBlocks:
      return Destinations(4);
    case vmIntrinsics::_cipherBlockChaining_encryptAESCrypt:
    case vmIntrinsics::_cipherBlockChaining_decryptAESCrypt:
    case vmIntrinsics::_counterMode_AESCrypt:      // also the receiver's `used`
      return Destinations(4, 0);
    case vmIntrinsics::_galoisCounterMode_AESCrypt:
      // The counter and the hash.
      return Destinations(5, 7, 8);
    case vmIntrinsics::_montgomerySquare:
      return Destinations(5);
    case vmIntrinsics::_montgomeryMultiply:
      return Destinations(6);
    default:
      // Atomics of Unsafe, one after the other.
      if (id >= vmIntrinsics::_compareAndSetReference && id <= vmIntrinsics::_getAndSetReference) return Destinations(1);
      return Destinations();
  }
}

static bool allocates(vmIntrinsicID id) {
  switch (id) {
    case vmIntrinsics::_clone:
    case vmIntrinsics::_copyOf:
    case vmIntrinsics::_copyOfRange:
    case vmIntrinsics::_newArray:
    case vmIntrinsics::_allocateInstance:
    case vmIntrinsics::_allocateUninitializedArray:
    case vmIntrinsics::_toBytesStringU:
    case vmIntrinsics::_arrayPartition:     // the two indices
      return true;
    default:
      return false;
  }
}

void PersistentIntrinsicC2::guard(LibraryCallKit* kit, vmIntrinsicID id) {
  if (!PHeap::is_enabled()) return;
  Destinations d = destinations(id);
  for (int index : d._arguments) {
    if (index >= 0) PersistentBarrierC2::guard_not_persistent(kit, kit->argument(index), true);
  }
}

// The predicate: nothing that is written is in P. One that the intrinsic has itself comes first: it may find out about arguments
// what both sides rely on then.
class PersistentIntrinsicGenerator : public CallGenerator {
  CallGenerator* _intrinsic;
  Destinations   _destinations;

 public:
  PersistentIntrinsicGenerator(CallGenerator* intrinsic, Destinations d)
    : CallGenerator(intrinsic->method()), _intrinsic(intrinsic), _destinations(d) {}

  virtual bool is_inline() const        { return true; }
  virtual bool is_intrinsic() const     { return true; }
  virtual bool is_virtual() const       { return _intrinsic->is_virtual(); }
  virtual bool is_predicated() const    { return true; }
  virtual int  predicates_count() const { return _intrinsic->is_predicated() ? _intrinsic->predicates_count() : 1; }

  virtual JVMState* generate(JVMState* jvms) {
    // What this side has found out about its arguments does not hold where it meets the other.
    ReplacedNodes replaced = jvms->map()->replaced_nodes();
    replaced.clone();
    JVMState* result = _intrinsic->generate(jvms);
    if (result != nullptr) result->map()->set_replaced_nodes(replaced);
    return result;
  }

  // The control where the predicate does not hold; null if it always does.
  virtual Node* generate_predicate(JVMState* jvms, int predicate) {
    Node* other = _intrinsic->is_predicated() ? _intrinsic->generate_predicate(jvms, predicate) : nullptr;
    GraphKit kit(jvms);
    RegionNode* region = nullptr;
    for (int index : _destinations._arguments) {
      if (index < 0 || kit.stopped()) continue;
      Node* dest = kit.argument(index);
      if (PersistentBarrierC2::is_provably_volatile(&kit, dest)) continue;
      if (region == nullptr) {
        region = PersistentBarrierC2::region(&kit);
        if (other != nullptr) region->add_req(other);
      }
      region->add_req(PersistentBarrierC2::test(&kit, dest));
    }
    return region == nullptr ? other : kit.gvn().transform(region);
  }
};

CallGenerator* PersistentIntrinsicC2::generator(CallGenerator* intrinsic, JVMState* jvms) {
  if (intrinsic == nullptr || !PersistentBarrierC2::has_met_p(Compile::current(), jvms->method(), jvms->bci())) {
    return intrinsic;
  }
  vmIntrinsicID id = intrinsic->method()->intrinsic_id();
  if (allocates(id)) return nullptr;
  Destinations d = destinations(id);
  if (d.is_empty()) return intrinsic;
  return new PersistentIntrinsicGenerator(intrinsic, d);
}
