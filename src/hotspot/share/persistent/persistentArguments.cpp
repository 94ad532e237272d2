/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

#include "persistent/persistentArguments.hpp"

#include "cds/cdsConfig.hpp"
#include "gc/shared/gc_globals.hpp"
#include "persistent/persistentG1.hpp"
#include "persistent/persistentHeap.hpp"
#include "persistent/persistentMedia.hpp"
#include "persistent/persistent_globals.hpp"
#include "runtime/globals.hpp"
#include "runtime/globals_extension.hpp"
#include "runtime/globals_shared.hpp"
#include "runtime/os.hpp"

static jint refuse(char* errbuf, size_t len, const char* fmt, ...) ATTRIBUTE_PRINTF(3, 4);
static jint refuse(char* errbuf, size_t len, const char* fmt, ...) {
  va_list ap;
  va_start(ap, fmt);
  os::vsnprintf(errbuf, len, fmt, ap);
  va_end(ap);
  return JNI_EINVAL;
}

// A petabyte: what is more than the disk has is another sentence.
static const size_t MaxLogSize = (size_t)1 << 50;

jint PersistentArguments::check_sizes(char* errbuf, size_t len) {
  if (PersistentHeapSize > PersistentG1::MaxSize) {
    return refuse(errbuf, len, "-XX:PersistentHeapSize=%zu is too large: the persistent heap can have at most %zu bytes",
                  PersistentHeapSize, (size_t)PersistentG1::MaxSize);
  }
  if (PersistentHeapLogSize > MaxLogSize) {
    return refuse(errbuf, len, "-XX:PersistentHeapLogSize=%zu is too large: the log can have at most %zu bytes",
                  PersistentHeapLogSize, MaxLogSize);
  }
  return JNI_OK;
}

jint PersistentArguments::check(char* errbuf, size_t len) {
  const char* dir = PersistentMedia::directory();
  const PersistentSuperblock* sb = PersistentMedia::superblock();

  const char* collector = UseSerialGC ? "-XX:+UseSerialGC" : UseParallelGC ? "-XX:+UseParallelGC" :
                          UseEpsilonGC ? "-XX:+UseEpsilonGC" : nullptr;
#if INCLUDE_ZGC
  if (UseZGC) collector = "-XX:+UseZGC";
#endif
#if INCLUDE_SHENANDOAHGC
  if (UseShenandoahGC) collector = "-XX:+UseShenandoahGC";
#endif
  if (collector != nullptr) {
    return refuse(errbuf, len, "-XX:PersistentHeap works with G1 only: remove %s", collector);
  }
  if (FLAG_IS_CMDLINE(UseG1GC) && !UseG1GC) {
    return refuse(errbuf, len, "-XX:PersistentHeap works with G1 only: remove -XX:-UseG1GC");
  }
  FLAG_SET_ERGO(UseG1GC, true);

  if (FLAG_IS_CMDLINE(UseCompressedOops) && !UseCompressedOops) {
    return refuse(errbuf, len, "-XX:-UseCompressedOops contradicts -XX:PersistentHeap=%s, whose references are compressed: remove one", dir);
  }
  if (!UseCompressedClassPointers) {
    return refuse(errbuf, len, "-XX:-UseCompressedClassPointers contradicts -XX:PersistentHeap=%s: remove one", dir);
  }
  if ((uint32_t)ObjectAlignmentInBytes != sb->object_alignment) {
    return refuse(errbuf, len, "-XX:ObjectAlignmentInBytes=%d contradicts persistent heap %s, which has %u: remove the flag",
                  (int)ObjectAlignmentInBytes, dir, sb->object_alignment);
  }
  if (UseCompactObjectHeaders) {
    return refuse(errbuf, len, "-XX:+UseCompactObjectHeaders contradicts -XX:PersistentHeap=%s, whose class ids have a field of their own: remove one", dir);
  }
  if ((uint32_t)CompactStrings != sb->compact_strings) {
    return refuse(errbuf, len, "-XX:%cCompactStrings contradicts persistent heap %s, which has -XX:%cCompactStrings: change the flag",
                  CompactStrings ? '+' : '-', dir, sb->compact_strings ? '+' : '-');
  }
  if (LockingMode != LM_LIGHTWEIGHT) {
    return refuse(errbuf, len, "-XX:LockingMode=%d contradicts -XX:PersistentHeap=%s, which needs LockingMode=2: remove the flag", LockingMode, dir);
  }
  if (AllocateHeapAt != nullptr) {
    return refuse(errbuf, len, "-XX:AllocateHeapAt contradicts -XX:PersistentHeap=%s: remove one", dir);
  }
  if (FLAG_IS_CMDLINE(HeapBaseMinAddress)) {
    return refuse(errbuf, len, "-XX:HeapBaseMinAddress contradicts -XX:PersistentHeap=%s, which decides where the heap lies: remove it", dir);
  }
  if (G1HeapRegionSize > PersistentG1::HeaderSize) {
    return refuse(errbuf, len, "-XX:G1HeapRegionSize=%zu contradicts -XX:PersistentHeap=%s, which needs regions of at most %zu bytes: use a smaller one",
                  G1HeapRegionSize, dir, (size_t)PersistentG1::HeaderSize);
  }
  if (UseLargePages) {
    return refuse(errbuf, len, "-XX:+UseLargePages contradicts -XX:PersistentHeap=%s: remove it", dir);
  }
#if INCLUDE_CDS
  if (CDSConfig::is_dumping_archive()) {
    return refuse(errbuf, len, "A CDS or AOT archive cannot be dumped together with -XX:PersistentHeap=%s: remove one", dir);
  }
#endif
  if (PersistentMedia::object_area_size() > PersistentG1::MaxSize) {
    return refuse(errbuf, len, "Persistent heap %s has a size of %zu bytes, which is too large: it can have at most %zu bytes", dir,
                  PersistentMedia::object_area_size(), (size_t)PersistentG1::MaxSize);
  }
  // Where the heap, and in it P, has to lie (see persistentG1.hpp).
  FLAG_SET_ERGO(HeapBaseMinAddress, (size_t)(PHeap::preferred_base() - PersistentG1::HeaderSize));
  return JNI_OK;
}
