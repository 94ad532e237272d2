/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

#include "persistent/persistentMemoryPool.hpp"

#include "persistent/persistentHeap.hpp"
#include "persistent/persistentSpace.hpp"
#include "services/lowMemoryDetector.hpp"
#include "services/memoryManager.hpp"

static PersistentMemoryPool* persistent_pool = nullptr;

PersistentMemoryPool::PersistentMemoryPool()
  : MemoryPool("Persistent Heap", NonHeap, 0, PersistentSpace::capacity(), true, true),
    _after_collection(0, 0, 0, PersistentSpace::capacity()) {}

void PersistentMemoryPool::initialize(GCMemoryManager* full, GCMemoryManager* concurrent) {
  if (!PHeap::is_enabled()) return;
  persistent_pool = new PersistentMemoryPool();
  full->add_pool(persistent_pool);
  concurrent->add_pool(persistent_pool);
}

void PersistentMemoryPool::append_to(GrowableArray<MemoryPool*>* pools) {
  if (persistent_pool != nullptr) {
    pools->append(persistent_pool);
  }
}

MemoryUsage PersistentMemoryPool::get_memory_usage() {
  // In this order: the file may grow in between, and used must not be more.
  size_t used = used_in_bytes();
  return MemoryUsage(initial_size(), used, PersistentSpace::committed(), max_size());
}

size_t PersistentMemoryPool::used_in_bytes()  { return PersistentSpace::used(); }
size_t PersistentMemoryPool::max_size() const { return PersistentSpace::capacity(); }

void PersistentMemoryPool::collected() {
  if (persistent_pool == nullptr) return;
  persistent_pool->_after_collection = persistent_pool->get_memory_usage();
  LowMemoryDetector::detect_after_gc_memory(persistent_pool);
}
