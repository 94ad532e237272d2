/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

#include "persistent/persistentOpen.hpp"

#include "gc/g1/g1CollectedHeap.inline.hpp"
#include "gc/shared/concurrentGCThread.hpp"
#include "gc/shared/suspendibleThreadSet.hpp"
#include "gc/shared/workerThread.hpp"
#include "logging/log.hpp"
#include "memory/iterator.hpp"
#include "oops/oop.inline.hpp"
#include "persistent/persistentClassTable.hpp"
#include "persistent/persistentCollector.hpp"
#include "persistent/persistentHeap.hpp"
#include "persistent/persistentLog.hpp"
#include "persistent/persistentMedia.hpp"
#include "persistent/persistentSegments.hpp"
#include "persistent/persistentSpace.hpp"
#include "persistent/persistentTrace.hpp"
#include "persistent/persistentTranslation.hpp"
#include "persistent/persistent_globals.hpp"
#include "runtime/atomic.hpp"
#include "runtime/handles.inline.hpp"
#include "runtime/java.hpp"
#include "runtime/mutex.hpp"
#include "runtime/os.inline.hpp"
#include "runtime/safepoint.hpp"
#include "runtime/safepointVerifiers.hpp"
#include "runtime/vmOperations.hpp"
#include "runtime/vmThread.hpp"
#include "utilities/defaultStream.hpp"
#include "utilities/ostream.hpp"
#include "utilities/ticks.hpp"

static oopDesc* root_object = nullptr;

// A worker more is worth its while.
static const size_t SpacePerWorker = DEBUG_ONLY(64 * K) NOT_DEBUG(4 * M);

static const char* const RootDirectoryName = "java/lang/persistent/RootDirectory";

// Beside the program. All of it under the lock, which is no VM mutex: a fault can happen anywhere. Nothing but malloc is
// called inside that could wait for somebody else.
static PlatformMutex*      open_lock = nullptr;
static volatile intx       owner = 0;                // thread id
static volatile int        faulting = 0;             // threads that wait for the lock; they go first
static PersistentSegments* segments = nullptr;
static Translation*        translation = nullptr;
static Translator*         translator = nullptr;
static jlong               started = 0;
static size_t              faults = 0;
static jlong               longest_fault = 0;        // ns, without the wait for the lock
static volatile bool       beside = false;           // P was opened this way
static volatile bool       completed = false;

class OpenLocker : public StackObj {
 public:
  OpenLocker() {
    guarantee(owner != os::current_thread_id(), "persistent heap: the translation touched what is hidden");
    open_lock->lock();
    owner = os::current_thread_id();
  }
  ~OpenLocker() {
    owner = 0;
    open_lock->unlock();
  }
};

oop  PersistentOpen::root()                   { return cast_to_oop(root_object); }
void PersistentOpen::root_do(OopClosure* cl)  { if (root_object != nullptr) cl->do_oop((oop*)&root_object); }
void PersistentOpen::set_root(oopDesc* root)  { root_object = root; }
bool PersistentOpen::is_complete()            { return completed; }
bool PersistentOpen::is_open()                { return completed || beside; }

oopDesc* PersistentOpen::decode(uint64_t media) {
  const PersistentSuperblock* sb = PersistentMedia::superblock();
  uint64_t offset = (media << sb->reference_shift) - sb->reference_base;
  return (oopDesc*)(PHeap::base() + (uintptr_t)offset);
}

// ---- Beside the program ----

static void show(size_t segment) {
  segments->begin_show(segment, translator);
  translator->run_alone();
  segments->end_show();
}

// All objects are in memory form and checked.
static void finish() {
  delete translator;
  translator = nullptr;
  log_info(pheap)("Persistent heap %s: all of it translated %.3f ms after opening, %zu faults, the longest %.3f ms",
                  PersistentMedia::directory(), (double)(os::javaTimeNanos() - started) / NANOSECS_PER_MILLISEC, faults,
                  (double)longest_fault / NANOSECS_PER_MILLISEC);
  translation->log();
  delete translation;
  translation = nullptr;
  delete segments;
  segments = nullptr;
  completed = true;
  PersistentCollector::enable();
}

// One segment after the other in which something waits. Not at a safepoint: addresses of volatile objects are
// stored, and a collection may be under way.
class PersistentOpenThread : public ConcurrentGCThread {
  static const size_t CheckSize = 1 * M;

  // False if nothing waits any more.
  static bool step(size_t* segment) {
    while (Atomic::load(&faulting) > 0) os::naked_short_nanosleep(1000);
    SuspendibleThreadSetJoiner sts;
    OpenLocker lock;
    if (completed || !segments->has_waiting()) return false;
    *segment = segments->next_waiting(*segment);
    show(*segment);
    return true;
  }

  static bool check(size_t part, size_t parts) {
    SuspendibleThreadSetJoiner sts;
    OpenLocker lock;
    if (completed) return false;
    if (part == 0) segments->show_all(translator);        // nothing but garbage
    translation->check_overlaps(part, parts);
    if (part + 1 == parts) finish();
    return true;
  }

 public:
  PersistentOpenThread() {
    set_name("Persistent Heap Open");
    create_and_start(NormPriority);
    if (osthread() == nullptr) vm_exit_during_initialization("Cannot start the persistent heap's opening thread");
  }

  void run_service() override {
    if (PersistentTrace::is_broken("open-idle")) return;
    size_t segment = 0;
    while (step(&segment)) ;
    const size_t parts = PHeap::size() / CheckSize;
    for (size_t i = 0; i < parts && check(i, parts); i++) ;
  }
  void stop_service() override {}
};

bool PersistentOpen::handle_fault(const void* addr) {
  if (!beside || !PHeap::contains(addr)) return false;
  Atomic::inc(&faulting);
  {
    OpenLocker lock;
    if (!completed && segments->is_hidden(addr)) {
      const jlong begin = os::javaTimeNanos();
      faults++;
      show(segments->index_of(addr));
      longest_fault = MAX2(longest_fault, os::javaTimeNanos() - begin);
    }
  }
  Atomic::dec(&faulting);
  return true;
}

void PersistentOpen::complete() {
  if (!beside || completed) return;
  assert_at_safepoint();
  OpenLocker lock;
  translator->late_symbols();
  translation->run_to_end(G1CollectedHeap::heap()->workers(), nullptr);
  finish();
}

// The collection has no reason to look at P's objects; asserts of a debug VM do, and a thread in native may.
void PersistentOpen::pause_begins() {
  if (!beside || completed) return;
  OpenLocker lock;                // nobody is about to store an address that will not hold
  if (!completed) translator->defer_symbols();
}

void PersistentOpen::pause_ends() {
  if (!beside || completed) return;
  OpenLocker lock;
  if (!completed) translator->late_symbols();
}

void PersistentOpen::print_on(outputStream* st) {
  if (!beside || completed) return;
  size_t hidden = 0;
  size_t count = 0;
  {
    OpenLocker lock;
    if (completed) return;
    hidden = segments->hidden();
    count = segments->count();
  }
  st->print_cr("  opening       : %zu of %zu segments are not translated yet", hidden, count);
}

// ---- Start ----

static void check_root() {
  if (!root_object->klass()->name()->equals(RootDirectoryName)) Translation::damaged(root_object, "no root directory");
}

void PersistentOpen::read_tables() {
  static bool done = false;
  if (!PHeap::is_enabled()) return;
  char err[1024];
  bool ok = true;
  PersistentLog::lock();
  if (!done) {
    ok = PersistentClassTable::read(err, sizeof(err));
    done = true;
  }
  PersistentLog::unlock();
  if (!ok) vm_exit_during_initialization(err);
}

// Program threads may run already, started by static initializers or agents. Those that allocate are stopped, so that each finds all as
// it was before, or P hidden and who shows it.
class VM_PersistentOpen : public VM_Operation {
  oopDesc* const _root;
 public:
  VM_PersistentOpen(oopDesc* root) : _root(root) {}
  VMOp_Type type() const override { return VMOp_PersistentOpen; }
  void doit() override {
    {
      OpenLocker lock;
      beside = true;              // who touches what is hidden waits
      segments->hide();
      translator->start(_root);
    }
    root_object = _root;
    check_root();                 // touches it, before anybody can ask for it
  }
};

void PersistentOpen::translate(TRAPS) {
  uint64_t media;
  memcpy(&media, PersistentMedia::tables() + PersistentLayout::RootOffset, sizeof(media));
  // The first record that has the directory has the reference to it, too.
  bool lost = media == 0 && PersistentClassTable::has_class(RootDirectoryName) && !PersistentAllocateAll;
  if (lost || (media >> 32) != 0) {
    jio_fprintf(defaultStream::error_stream(),
                "Error: persistent heap %s cannot be opened: the reference to its root directory at offset %zu of %s/data is damaged; restore it from a backup, or see jheap repair\n",
                PersistentMedia::directory(), PersistentLayout::RootOffset, PersistentMedia::directory());
    vm_direct_exit(1);
  }
  if (media == 0) {               // nothing was stored yet
    completed = true;
    return;
  }
  HandleMark hm(THREAD);
  oopDesc* const root = decode(media);
  if (!PersistentSpace::is_taken(root) || !PersistentSpace::is_taken(PersistentSegments::header(root))) {
    Translation::damaged(root, "root directory in free space");
  }
  WorkerThreads* workers = G1CollectedHeap::heap()->workers();
  const uint max = workers->max_workers();
  started = os::javaTimeNanos();
  // What must not be there has to be looked for before the program runs.
  if (PersistentSpace::used() > PersistentHeapEagerOpenSize && !PersistentHeapVerify && !PersistentClassTable::has_refusals()) {
    open_lock = new PlatformMutex();
    translation = new Translation(max);
    segments = new PersistentSegments();
    translation->set_segments(segments);
    translator = new Translator(translation, 0);
    // Nothing can be in the log yet: nobody has a captured object. So no thread waits, in the way of a safepoint, for an applier that is not there.
    VM_PersistentOpen op(root);
    VMThread::execute(&op);
    return;
  }
  NoSafepointVerifier nsv;        // V references are in P before anybody knows of them
  root_object = root;
  Translation t((uint)MIN2((size_t)max, PersistentSpace::used() / SpacePerWorker + 1));
  t.run_to_end(workers, root);
  check_root();
  t.log();
  if (PersistentHeapVerify) {
    t.verify();
  }
  completed = true;
}

void PersistentOpen::start() {
  if (completed) {
    PersistentCollector::enable();
  } else {
    new PersistentOpenThread();
  }
}
