/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

#ifndef CPU_X86_PERSISTENTCACHELINE_X86_INLINE_HPP
#define CPU_X86_PERSISTENTCACHELINE_X86_INLINE_HPP

#include "runtime/vm_version.hpp"

// Writes the cache line at p back to memory; complete after the next fence.
inline void persistent_write_back_line(volatile char* p) {
  if (VM_Version::supports_clwb()) {
    __asm__ volatile ("clwb %0" : "+m" (*p));
  } else if (VM_Version::supports_clflushopt()) {
    __asm__ volatile ("clflushopt %0" : "+m" (*p));
  } else {
    __asm__ volatile ("clflush %0" : "+m" (*p));
  }
}

inline void persistent_store_fence() {
  __asm__ volatile ("sfence" : : : "memory");
}

#endif // CPU_X86_PERSISTENTCACHELINE_X86_INLINE_HPP
