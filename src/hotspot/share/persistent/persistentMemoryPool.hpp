/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

#ifndef SHARE_PERSISTENT_PERSISTENTMEMORYPOOL_HPP
#define SHARE_PERSISTENT_PERSISTENTMEMORYPOOL_HPP

#include "oops/oopHandle.hpp"
#include "services/memoryPool.hpp"
#include "services/memoryUsage.hpp"
#include "utilities/growableArray.hpp"

class GCMemoryManager;

// The MemoryPoolMXBean "Persistent Heap", there with -XX:PersistentHeap only.
//
// Its type is NON_HEAP although objects are in it: heap memory is what -Xmx limits,
// MemoryMXBean.getHeapMemoryUsage() speaks of V alone, and whoever adds up the pools of
// type HEAP expects that number. getNonHeapMemoryUsage() is a sum over pools, so it
// has P in it.
class PersistentMemoryPool : public MemoryPool {
  MemoryUsage _after_collection;

  PersistentMemoryPool();

 public:
  // Makes the pool, which the two managers collect.
  static void initialize(GCMemoryManager* full, GCMemoryManager* concurrent);
  static void append_to(GrowableArray<MemoryPool*>* pools);
  // A collection of P is done. Not every collection of the managers is one.
  static void collected();

  MemoryUsage get_memory_usage();
  size_t      used_in_bytes();
  size_t      max_size() const;
  bool        is_collected_pool()         { return true; }
  MemoryUsage get_last_collection_usage() { return _after_collection; }
};

#endif // SHARE_PERSISTENT_PERSISTENTMEMORYPOOL_HPP
