/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

#include "persistent/persistentUnlogged.hpp"

#include "classfile/classLoaderData.hpp"
#include "oops/fieldStreams.inline.hpp"
#include "oops/instanceKlass.hpp"
#include "oops/klass.inline.hpp"
#include "oops/symbol.hpp"
#include "runtime/signature.hpp"

#define CONCURRENT "java/util/concurrent/"

struct UnloggedField {
  const char* const       _holder;            // the class that declares it, of the boot loader
  const char* const       _name;
  const int64_t           _media;          // what the media has
  InstanceKlass* volatile _klass  = nullptr;  // the holder; null until it is met
  int                     _offset = 0;        // valid when _klass is
  int                     _size   = 0;
};

static UnloggedField fields[] = {
  { CONCURRENT "locks/AbstractOwnableSynchronizer",                    "exclusiveOwnerThread", 0 },
  { CONCURRENT "locks/AbstractQueuedSynchronizer",                     "head",                 0 },
  { CONCURRENT "locks/AbstractQueuedSynchronizer",                     "tail",                 0 },
  { CONCURRENT "locks/AbstractQueuedSynchronizer",                     "state",                0 },
  { CONCURRENT "locks/AbstractQueuedSynchronizer$ConditionObject",     "firstWaiter",          0 },
  { CONCURRENT "locks/AbstractQueuedSynchronizer$ConditionObject",     "lastWaiter",           0 },
  { CONCURRENT "locks/AbstractQueuedLongSynchronizer",                 "head",                 0 },
  { CONCURRENT "locks/AbstractQueuedLongSynchronizer",                 "tail",                 0 },
  { CONCURRENT "locks/AbstractQueuedLongSynchronizer",                 "state",                0 },
  { CONCURRENT "locks/AbstractQueuedLongSynchronizer$ConditionObject", "firstWaiter",          0 },
  { CONCURRENT "locks/AbstractQueuedLongSynchronizer$ConditionObject", "lastWaiter",           0 },
  // Not readHolds, which a constructor makes.
  { CONCURRENT "locks/ReentrantReadWriteLock$Sync",                    "cachedHoldCounter",    0 },
  { CONCURRENT "locks/ReentrantReadWriteLock$Sync",                    "firstReader",          0 },
  { CONCURRENT "locks/ReentrantReadWriteLock$Sync",                    "firstReaderHoldCount", 0 },
  { CONCURRENT "locks/StampedLock",                                    "head",                 0 },
  { CONCURRENT "locks/StampedLock",                                    "tail",                 0 },
  { CONCURRENT "locks/StampedLock",                                    "state",                256 },   // ORIGIN
  { CONCURRENT "locks/StampedLock",                                    "readerOverflow",       0 },
  // Made when asked for, wherever that is.
  { CONCURRENT "locks/StampedLock",                                    "readLockView",         0 },
  { CONCURRENT "locks/StampedLock",                                    "writeLockView",        0 },
  { CONCURRENT "locks/StampedLock",                                    "readWriteLockView",    0 },
  { CONCURRENT "ConcurrentHashMap",                                    "cellsBusy",            0 },
  { CONCURRENT "ConcurrentHashMap$TreeBin",                            "lockState",            0 },
  { CONCURRENT "ConcurrentHashMap$TreeBin",                            "waiter",               0 },
  { CONCURRENT "DelayQueue",                                           "leader",               0 },
  { CONCURRENT "PriorityBlockingQueue",                                "allocationSpinLock",   0 },
  { CONCURRENT "atomic/Striped64",                                     "cellsBusy",            0 },
  { "java/lang/String",                                                "hash",                 0 },
  { "java/lang/String",                                                "hashIsZero",           0 },
};

volatile uintptr_t PersistentUnlogged::_verdicts[Verdicts];

// Several threads may find the same.
static void look_up(UnloggedField* f, InstanceKlass* klass) {
  for (JavaFieldStream fs(klass); !fs.done(); fs.next()) {
    if (fs.access_flags().is_static() || !fs.name()->equals(f->_name)) continue;
    f->_offset = fs.offset();
    f->_size   = type2aelembytes(Signature::basic_type(fs.signature()));
    Atomic::release_store(&f->_klass, klass);
    return;
  }
  fatal("class %s of java.base has no field %s: the table in persistentUnlogged.cpp is of another version of the JDK", f->_holder, f->_name);
}

bool PersistentUnlogged::is_declared_by(Klass* klass) {
  assert(klass->is_instance_klass(), "must be");
  if (!klass->class_loader_data()->is_the_null_class_loader_data() || !klass->name()->starts_with("java/")) return false;
  bool found = false;
  for (UnloggedField& f : fields) {
    if (!klass->name()->equals(f._holder)) continue;
    if (Atomic::load_acquire(&f._klass) == nullptr) look_up(&f, InstanceKlass::cast(klass));
    found = true;
  }
  return found;
}

// No oops are looked at: it may be in the middle of a collection.
bool PersistentUnlogged::find_verdict(Klass* klass) {
  bool found = false;
  if (klass->is_instance_klass()) {
    for (Klass* k = klass; k != nullptr; k = k->super()) found |= is_declared_by(k);
  }
  // What has been looked up is seen before.
  Atomic::release_store(verdict_of(klass), (uintptr_t)klass | (found ? 1 : 0));
  return found;
}

static bool is_field_of(UnloggedField* f, Klass* klass) {
  InstanceKlass* holder = Atomic::load_acquire(&f->_klass);
  return holder != nullptr && klass->is_subtype_of(holder);
}

bool PersistentUnlogged::is_field(Klass* klass, ptrdiff_t offset) {
  for (UnloggedField& f : fields) {
    if (f._offset == offset && is_field_of(&f, klass)) return true;
  }
  return false;
}

void PersistentUnlogged::put_media_values(Klass* klass, char* image) {
  if (!is_in(klass)) return;
  for (UnloggedField& f : fields) {
    if (is_field_of(&f, klass)) memcpy(image + f._offset, &f._media, f._size);
  }
}
