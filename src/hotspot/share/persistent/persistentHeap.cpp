/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

#include "persistent/persistentHeap.hpp"

#include "memory/resourceArea.hpp"
#include "oops/compressedOops.hpp"
#include "persistent/persistentArguments.hpp"
#include "persistent/persistentAllocation.hpp"
#include "persistent/persistentAudit.hpp"
#include "persistent/persistentBarrier.hpp"
#include "persistent/persistentCapture.hpp"
#include "persistent/persistentClassTable.hpp"
#include "persistent/persistentCollector.hpp"
#include "persistent/persistentLog.hpp"
#include "persistent/persistentMedia.hpp"
#include "persistent/persistentNatives.hpp"
#include "persistent/persistentOpen.hpp"
#include "persistent/persistentSpace.hpp"
#include "persistent/persistentSlots.hpp"
#include "persistent/persistentThread.hpp"
#include "persistent/persistentTxn.hpp"
#include "logging/log.hpp"
#include "persistent/persistent_globals.hpp"
#include "runtime/arguments.hpp"
#include "runtime/globals.hpp"
#include "runtime/globals_extension.hpp"
#include "runtime/interfaceSupport.inline.hpp"
#include "runtime/java.hpp"
#include "runtime/javaThread.hpp"
#include "runtime/os.hpp"
#include "utilities/defaultStream.hpp"
#include "utilities/ostream.hpp"

#include <sys/mman.h>

bool      PHeap::_enabled = false;
uintptr_t PHeap::_base = 0;
size_t    PHeap::_size = 0;

static size_t mapped_size = 0;          // of the file's object area; the reservation is no larger
static jlong  open_started = 0;
static jlong  open_nanos = 0;
static bool   opened = false;

// Opening has three steps, between which the VM starts.
class OpenStep : public StackObj {
  const jlong _begin;
 public:
  OpenStep() : _begin(os::javaTimeNanos()) {}
  ~OpenStep() { open_nanos += os::javaTimeNanos() - _begin; }
};

jint PHeap::initialize_arguments() {
  if (PersistentHeap == nullptr) {
    if (!FLAG_IS_CMDLINE(PersistentHeap)) return JNI_OK;
    jio_fprintf(defaultStream::error_stream(), "Error: -XX:PersistentHeap= without a directory: name one, or leave the flag out\n");
    return JNI_EINVAL;
  }
  open_started = os::javaTimeNanos();
  OpenStep step;
  char err[1024];
  err[0] = 0;
  char directory[JVM_MAXPATHLEN];
  if (!Arguments::copy_expand_pid(PersistentHeap, strlen(PersistentHeap), directory, sizeof(directory))) {
    jio_fprintf(defaultStream::error_stream(), "Error: -XX:PersistentHeap=%s: the path is too long\n", PersistentHeap);
    return JNI_EINVAL;
  }
#ifdef ASSERT
  if (PersistentHeapSkipBarrier != nullptr && !PersistentBarrier::set_skipped(PersistentHeapSkipBarrier)) {
    jio_fprintf(defaultStream::error_stream(), "Error: -XX:PersistentHeapSkipBarrier=%s: there is no such barrier\n", PersistentHeapSkipBarrier);
    return JNI_EINVAL;
  }
#endif
  if (PersistentArguments::check_sizes(err, sizeof(err)) != JNI_OK ||
      !PersistentMedia::open(directory, PersistentHeapSize, PersistentHeapLogSize, err, sizeof(err)) ||
      PersistentArguments::check(err, sizeof(err)) != JNI_OK) {
    jio_fprintf(defaultStream::error_stream(), "Error: %s\n", err);
    return JNI_EINVAL;
  }
  mapped_size = PersistentMedia::object_area_size();
  assert(is_aligned(mapped_size, Alignment), "media rounds it");
  _enabled = true;
  return JNI_OK;
}

size_t PHeap::reservation_size() {
  return _enabled ? mapped_size : 0;
}

char* PHeap::preferred_base() {
  uintptr_t base = PersistentMedia::superblock()->reference_base;
  return (char*)(PersistentHeapForceSwizzle ? base + 1 * G : base);
}

static bool is_zero(const uint64_t* p, size_t words) {
  while (words > 0 && p[words - 1] == 0) words--;
  return words == 0;
}

// Where the file holds nothing there is nothing to copy when a page is written first: long free
// stretches become ordinary memory, in large pages if there are such; -XX:+AlwaysPreTouch touches what of them
// objects can have at once.
static void map_free_memory() {
  const size_t unit = 2 * M;
  const size_t words = unit / PersistentLayout::LineSize / BitsPerLong;
  const uint64_t* table = (const uint64_t*)(PersistentMedia::tables() + PersistentLayout::LineTableOffset);
  const size_t end = PHeap::size() / unit;
  for (size_t i = 0; i < end; i++) {
    size_t start = i;
    while (i < end && is_zero(table + i * words, words)) i++;
    size_t bytes = (i - start) * unit;
    if (bytes < PHeap::Alignment) continue;
    char* p = (char*)PHeap::base() + start * unit;
    void* mapped = ::mmap(p, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, -1, 0);
    guarantee(mapped == p, "memory for the persistent heap: %s", os::strerror(errno));
    ::madvise(p, bytes, MADV_HUGEPAGE);
    char* committed = (char*)PHeap::base() + PersistentMedia::committed_size();
    if (AlwaysPreTouch && p < committed) os::pretouch_memory(p, MIN2(p + bytes, committed));
  }
}

void PHeap::map_at(char* low) {
  assert(_enabled, "must be");
  OpenStep step;
  char err[1024];
  if (!PersistentMedia::map_and_recover(err, sizeof(err)) ||
      !PersistentMedia::map_objects(low, mapped_size, err, sizeof(err))) {
    vm_exit_during_initialization(err);
  }
  set_range((uintptr_t)low, mapped_size);
  map_free_memory();
  PersistentSlots::initialize(_base, _size);
  PersistentSpace::initialize(_base, _size,
      (const uint64_t*)(PersistentMedia::tables() + PersistentLayout::LineTableOffset),
      PersistentMedia::committed_size());
  PersistentTxn::initialize();
  PersistentCapture::initialize();
  log_info(pheap)("Persistent heap %s (%s): %zu MB at " PTR_FORMAT ", %zu MB in use",
                  PersistentMedia::directory(), PersistentMedia::kind_name(), _size / M, _base,
                  PersistentSpace::used() / M);
}

void PHeap::open(TRAPS) {
  if (!_enabled) return;
  guarantee(CompressedOops::base() == nullptr && CompressedOops::shift() == 3,
            "the persistent heap needs zero-based compressed references");
  {
    OpenStep step;
    PersistentOpen::read_tables();
    PersistentClassTable::load_classes(CHECK);
    PersistentOpen::translate(CHECK);
    PersistentLog::start_threads();
    PersistentClassTable::note_new_constants();
    PersistentOpen::start();
    PersistentClassTable::initialize_classes(CHECK);
  }
  log_info(pheap)("Persistent heap %s opened in %.3f ms (with the VM's own start in between: %.3f ms)", PersistentMedia::directory(),
                  (double)open_nanos / NANOSECS_PER_MILLISEC, (double)(os::javaTimeNanos() - open_started) / NANOSECS_PER_MILLISEC);
  opened = true;
  thread_start(THREAD);
}

void PHeap::thread_start(JavaThread* thread) {
  if (!PersistentAllocateAll || !opened) return;
  thread->persistent()._allocates_all = true;
  PersistentAllocation::enter_scope(thread);
  PersistentTxn::begin_implicit(thread);
}

void PHeap::close() {
  if (!_enabled || _size == 0) return;
  if (PersistentHeapAudit && PersistentAudit::run(tty) != 0) {
    fatal("persistent heap: memory and media differ, see the audit's output");
  }
  PersistentCollector::disable();
  PersistentLog::stop_threads();
  DEBUG_ONLY(log_debug(pheap)("%zu commits by leaf calls", PersistentTxn::_short_commits);)
}

void PHeap::thread_exit(JavaThread* thread) {
  PersistentThread& pt = thread->persistent();
  pt._allocates_all = false;
  if (pt.in_txn() && pt._txn->is_implicit()) {
    PersistentTxn::end_implicit(thread);
  } else if (pt.in_txn()) {
    log_info(pheap)("Thread ends inside a transaction: rolled back");
    PersistentTxn::abandon(thread);
  }
  PersistentTxn::thread_exit(thread);
  PersistentAllocation::retire_buffer(thread);
  if (pt._last_seq != 0) {
    ThreadBlockInVM tbivm(thread);
    PersistentLog::wait_durable(pt._last_seq);
  }
}

void PHeap::print_on(outputStream* st) {
  if (!_enabled) {
    st->print_cr("No persistent heap; use -XX:PersistentHeap=<directory>.");
    return;
  }
  st->print_cr("Persistent heap %s", PersistentMedia::directory());
  PersistentMedia::print_on(st);
  st->print_cr("  address       : [" PTR_FORMAT ", " PTR_FORMAT ")", _base, _base + _size);
  st->print_cr("  objects       : %zu K used of %zu K, file has room for %zu K", PersistentSpace::used() / K,
               PersistentSpace::capacity() / K, PersistentSpace::committed() / K);
  PersistentOpen::print_on(st);
  PersistentClassTable::print_on(st);
  PersistentLog::print_on(st);
  st->print_cr("  transactions  : %d open", PersistentTxn::open_count());
}

// For hs_err: nothing that takes a lock.
void PHeap::print_on_error(outputStream* st) {
  if (!_enabled) return;
  st->print_cr("Persistent heap: %s (%s), [" PTR_FORMAT ", " PTR_FORMAT "), %zu K used of %zu K, %d open transactions",
               PersistentMedia::directory(), PersistentMedia::kind_name(), _base, _base + _size,
               _size == 0 ? 0 : PersistentSpace::used() / K, _size / K, PersistentTxn::open_count());
}
