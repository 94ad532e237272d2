/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

#ifndef SHARE_PERSISTENT_PERSISTENTSITES_HPP
#define SHARE_PERSISTENT_PERSISTENTSITES_HPP

#include "interpreter/bytecodes.hpp"
#include "memory/allStatic.hpp"
#include "utilities/globalDefinitions.hpp"

class Method;
class Symbol;
class methodHandle;

// Allocation sites marked @Persistent. javac records them as type annotations of the
// Code attribute; the class file parser turns the instructions they refer to into the
// internal bytecodes _new_persistent etc. as soon as it has made the Method, whether
// or not -XX:PersistentHeap is given, so that archived classes serve both. A Method
// that has such sites says so (ConstMethod::has_persistent_sites), and only there does
// the verifier accept the internal bytecodes; in the code of a class file they are
// as invalid as ever.
class PersistentSites : public AllStatic {
 public:
  // The contents of RuntimeVisibleTypeAnnotations of method's Code attribute. Never
  // fails: what does not refer to an allocation is warned about and ignored.
  static void mark(const methodHandle& method, const Symbol* class_name,
                   const u1* annotations, int length);

  // The number of sites in a linked method, and the annotation's type: for JVMTI, which
  // makes class files of classes.
  static int count(const methodHandle& method);
  static Symbol* annotation_type();

  static bool is_persistent(Bytecodes::Code raw_code) {
    return raw_code >= Bytecodes::_new_persistent && raw_code <= Bytecodes::_multianewarray_persistent;
  }
  // _new to _new_persistent etc.; _illegal if code does not allocate.
  static Bytecodes::Code persistent_code(Bytecodes::Code code) {
    switch (code) {
      case Bytecodes::_new:            return Bytecodes::_new_persistent;
      case Bytecodes::_newarray:       return Bytecodes::_newarray_persistent;
      case Bytecodes::_anewarray:      return Bytecodes::_anewarray_persistent;
      case Bytecodes::_multianewarray: return Bytecodes::_multianewarray_persistent;
      default:                         return Bytecodes::_illegal;
    }
  }
};

#endif // SHARE_PERSISTENT_PERSISTENTSITES_HPP
