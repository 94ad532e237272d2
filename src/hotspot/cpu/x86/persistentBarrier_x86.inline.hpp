/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

#ifndef CPU_X86_PERSISTENTBARRIER_X86_INLINE_HPP
#define CPU_X86_PERSISTENTBARRIER_X86_INLINE_HPP

#include "asm/macroAssembler.inline.hpp"
#include "persistent/persistentHeap.hpp"
#include "utilities/powerOfTwo.hpp"

// Sets the flags: below if obj is in P. Null is not.
inline void compare_with_persistent_heap(MacroAssembler* masm, Register obj, Register tmp) {
  const int Shift = exact_log2(PHeap::Alignment);
  assert(is_aligned(PHeap::size(), PHeap::Alignment), "one compare of numbers of such units");
  masm->mov64(tmp, -(int64_t)PHeap::base());
  masm->addptr(tmp, obj);
  masm->shrptr(tmp, Shift);
  masm->cmpptr(tmp, (int32_t)(PHeap::size() >> Shift));
}

#endif // CPU_X86_PERSISTENTBARRIER_X86_INLINE_HPP
