/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

#include "persistent/persistentSites.hpp"

#include "classfile/symbolTable.hpp"
#include "interpreter/bytecodeStream.hpp"
#include "interpreter/bytecodes.hpp"
#include "logging/log.hpp"
#include "memory/resourceArea.hpp"
#include "oops/constantPool.inline.hpp"
#include "oops/method.hpp"
#include "oops/symbol.hpp"
#include "runtime/handles.inline.hpp"
#include "runtime/signature.hpp"
#include "utilities/bytes.hpp"
#include "utilities/growableArray.hpp"

static const char* const annotation_name = "Ljava/lang/persistent/Persistent;";

// Reads a big-endian byte sequence; past its end it reads zeros and remembers that.
class AnnotationReader : public StackObj {
  const u1* _p;
  const u1* const _end;
  bool _ok;
 public:
  AnnotationReader(const u1* p, int length) : _p(p), _end(p + length), _ok(true) {}
  bool ok() const { return _ok; }
  void skip(int n) {
    if (_end - _p < n) { _p = _end; _ok = false; } else { _p += n; }
  }
  u1 get_u1() { const u1* p = _p; skip(1); return _ok ? *p : 0; }
  u2 get_u2() { const u1* p = _p; skip(2); return _ok ? Bytes::get_Java_u2((address)p) : 0; }

  void skip_value(int depth) {
    if (depth > 100) { _ok = false; return; }
    switch (get_u1()) {
      case 'e': skip(4); break;
      case '@': skip(2); skip_pairs(depth + 1); break;
      case '[':
        for (int n = get_u2(); n > 0 && _ok; n--) skip_value(depth + 1);
        break;
      case 'B': case 'C': case 'D': case 'F': case 'I': case 'J':
      case 'S': case 'Z': case 'c': case 's': skip(2); break;
      default: _ok = false; break;
    }
  }
  void skip_pairs(int depth) {
    for (int n = get_u2(); n > 0 && _ok; n--) {
      skip(2);
      skip_value(depth);
    }
  }
};

// A method with more wrong offsets than this is not a compiler's work.
const int max_wrong_offsets = 100;

// JVMS 4.7.20.1 and 4.7.20.2
enum : u1 {
  target_localvar = 0x40, target_resource = 0x41, target_catch = 0x42,
  target_instanceof = 0x43, target_new = 0x44, target_constructor_reference = 0x45,
  target_method_reference = 0x46, target_cast = 0x47, target_last = 0x4B,

  path_array = 0, path_inner = 1
};

// The instructions of a method that is not linked yet, and perhaps not valid.
class SiteFinder : public ResourceObj {
  const methodHandle& _method;
  const int           _code_size;
  GrowableArray<bool> _starts;      // whether an instruction starts at bci

  Bytecodes::Code raw_at(int bci) const { return (Bytecodes::Code)*_method->bcp_from(bci); }
  // The allocating bytecode (in its standard form) at bci.
  Bytecodes::Code code_at(int bci) const { return Bytecodes::java_code(raw_at(bci)); }
  int member_effect(const RawBytecodeStream& s, Bytecodes::Code code) const;

 public:
  SiteFinder(const methodHandle& method);
  // False if the code is not one a verifier would accept.
  bool is_valid() const { return _starts.length() > 0; }
  int find_new(int bci) const;      // the `new` an offset means; -1 if there is none
  int find_array(int bci) const;    // the array allocation an offset means; -1 if there is none
};

SiteFinder::SiteFinder(const methodHandle& method)
  : _method(method), _code_size(method->code_size()), _starts(method->code_size(), method->code_size(), false) {
  RawBytecodeStream s(method);
  while (!s.is_last_bytecode()) {
    Bytecodes::Code code = s.raw_next();
    if (!Bytecodes::is_java_code(code)) {
      _starts.clear();
      return;
    }
    _starts.at_put(s.bci(), true);
  }
}

int SiteFinder::find_new(int bci) const {
  if (bci >= _code_size || !_starts.at(bci)) return -1;
  if (code_at(bci) == Bytecodes::_new) return bci;
  // javac up to 25 is late by the goto it elided.
  if (bci >= 3 && raw_at(bci) == Bytecodes::_dup && _starts.at(bci - 3) && code_at(bci - 3) == Bytecodes::_new) {
    return bci - 3;
  }
  return -1;
}

// What a field access or call does to the depth of the stack.
int SiteFinder::member_effect(const RawBytecodeStream& s, Bytecodes::Code code) const {
  ConstantPool* cp = _method->constants();
  int index = Bytes::get_Java_u2(s.bcp() + 1);
  if (!cp->is_within_bounds(index)) return 0;
  constantTag tag = cp->tag_at(index);
  if (!(tag.is_field_or_method() || tag.is_invoke_dynamic())) return 0;
  Symbol* signature = cp->uncached_signature_ref_at(index);
  if (Signature::is_method(signature)) {
    if (!Bytecodes::is_invoke(code)) return 0;
    ArgumentSizeComputer args(signature);
    ResultTypeFinder result(signature);
    bool has_receiver = code != Bytecodes::_invokestatic && code != Bytecodes::_invokedynamic;
    return type2size[result.type()] - args.size() - (has_receiver ? 1 : 0);
  }
  int size = type2size[Signature::basic_type(signature)];
  switch (code) {
    case Bytecodes::_getstatic: return size;
    case Bytecodes::_putstatic: return -size;
    case Bytecodes::_getfield:  return size - 1;
    case Bytecodes::_putfield:  return -size - 1;
    default:                    return 0;
  }
}

// javac up to 25 records where the dimension expressions start. The allocation is the
// first array opcode that finds exactly its own operands above the stack's depth there.
int SiteFinder::find_array(int start) const {
  if (start >= _code_size || !_starts.at(start)) return -1;
  if (PersistentSites::persistent_code(code_at(start)) != Bytecodes::_illegal && code_at(start) != Bytecodes::_new) {
    return start;
  }
  ResourceMark rm;      // there may be as many annotations as bytes of code
  const int unknown = -1;
  GrowableArray<int> depth_at(_code_size, _code_size, unknown);   // at forward branch targets
  RawBytecodeStream s(_method);
  s.set_interval(start, _code_size);
  int depth = 0;
  while (!s.is_last_bytecode()) {
    Bytecodes::Code code = Bytecodes::java_code(s.raw_next());
    int bci = s.bci();
    if (depth == unknown) {
      depth = depth_at.at(bci);
      if (depth == unknown) return -1;
    }
    switch (code) {
      case Bytecodes::_newarray:
      case Bytecodes::_anewarray:
        if (depth == 1) return bci;
        break;
      case Bytecodes::_multianewarray: {
        int dims = *(s.bcp() + 3);
        if (depth == dims) return bci;
        depth += 1 - dims;
        break;
      }
      case Bytecodes::_getstatic: case Bytecodes::_putstatic:
      case Bytecodes::_getfield:  case Bytecodes::_putfield:
      case Bytecodes::_invokevirtual: case Bytecodes::_invokespecial: case Bytecodes::_invokestatic:
      case Bytecodes::_invokeinterface: case Bytecodes::_invokedynamic:
        depth += member_effect(s, code);
        break;
      case Bytecodes::_tableswitch: case Bytecodes::_lookupswitch:
      case Bytecodes::_jsr: case Bytecodes::_jsr_w: case Bytecodes::_ret:
        return -1;    // a switch expression in a dimension: not followed
      case Bytecodes::_athrow:
      case Bytecodes::_ireturn: case Bytecodes::_lreturn: case Bytecodes::_freturn:
      case Bytecodes::_dreturn: case Bytecodes::_areturn: case Bytecodes::_return:
        depth = unknown;
        continue;
      default:
        if (code != Bytecodes::_multianewarray) depth += Bytecodes::depth(code);
        break;
    }
    if (depth < 0) return -1;
    bool is_goto = code == Bytecodes::_goto || code == Bytecodes::_goto_w;
    if (is_goto || (code >= Bytecodes::_ifeq && code <= Bytecodes::_if_acmpne) ||
        code == Bytecodes::_ifnull || code == Bytecodes::_ifnonnull) {
      int target = bci + (code == Bytecodes::_goto_w ? (int)Bytes::get_Java_u4(s.bcp() + 1)
                                                     : (int)(jshort)Bytes::get_Java_u2(s.bcp() + 1));
      if (target > bci && target < _code_size) depth_at.at_put(target, depth);
      if (is_goto) depth = unknown;
    }
  }
  return -1;
}

void PersistentSites::mark(const methodHandle& method, const Symbol* class_name,
                           const u1* annotations, int length) {
  ResourceMark rm;
  AnnotationReader reader(annotations, length);
  SiteFinder* finder = nullptr;
  int wrong_offsets = 0;
  for (int n = reader.get_u2(); n > 0 && reader.ok(); n--) {
    int offset = -1;
    u1 target = reader.get_u1();
    switch (target) {
      case target_localvar: case target_resource:
        reader.skip(6 * reader.get_u2());
        break;
      case target_catch: case target_instanceof: case target_new:
      case target_constructor_reference: case target_method_reference:
        offset = reader.get_u2();
        break;
      default:
        if (target < target_cast || target > target_last) return;
        reader.skip(3);
        break;
    }
    bool in_array = false, in_argument = false;
    for (int p = reader.get_u1(); p > 0; p--) {
      u1 kind = reader.get_u1();
      reader.skip(1);
      if (kind == path_array) {
        in_array = true;
      } else if (kind != path_inner) {
        in_argument = true;
      }
    }
    u2 type_index = reader.get_u2();
    reader.skip_pairs(0);
    if (!reader.ok()) return;

    ConstantPool* cp = method->constants();
    if (target != target_new && target != target_constructor_reference) continue;
    if (in_argument || !cp->is_within_bounds(type_index) || !cp->tag_at(type_index).is_utf8() ||
        !cp->symbol_at(type_index)->equals(annotation_name)) {
      continue;
    }
    int bci = -1;
    if (target == target_new) {
      if (finder == nullptr) finder = new SiteFinder(method);
      if (!finder->is_valid()) return;    // the verifier will say why
      if (!in_array) bci = finder->find_new(offset);
      if (bci < 0)   bci = finder->find_array(offset);
    }
    if (bci < 0) {
      log_warning(pheap)("@Persistent is ignored in %s.%s%s at bci %d: %s. Compile the class with Everheap's javac",
                         class_name->as_klass_external_name(), method->name()->as_C_string(),
                         method->signature()->as_C_string(), offset,
                         target == target_new ? "there is no allocation" : "it is on a constructor reference");
      if (++wrong_offsets == max_wrong_offsets) return;
      continue;
    }
    address bcp = method->bcp_from(bci);
    Bytecodes::Code code = persistent_code(Bytecodes::java_code((Bytecodes::Code)*bcp));
    *bcp = (u1)code;
    method->constMethod()->set_has_persistent_sites();
    log_debug(pheap)("site %s.%s%s@%d %s", class_name->as_klass_external_name(), method->name()->as_C_string(),
                     method->signature()->as_C_string(), bci, Bytecodes::name(code));
  }
}

int PersistentSites::count(const methodHandle& method) {
  int n = 0;
  if (method->constMethod()->has_persistent_sites()) {
    BytecodeStream s(method);
    while (s.next() >= 0) {
      if (is_persistent(s.raw_code())) n++;
    }
  }
  return n;
}

Symbol* PersistentSites::annotation_type() {
  return SymbolTable::probe(annotation_name, (int)strlen(annotation_name));
}
