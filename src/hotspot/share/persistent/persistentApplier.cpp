/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

#include "persistent/persistentApplier.hpp"

#include "logging/log.hpp"
#include "persistent/persistentBackup.hpp"
#include "persistent/persistentHeap.hpp"
#include "persistent/persistentLog.hpp"
#include "persistent/persistentLogFormat.hpp"
#include "persistent/persistentMedia.hpp"
#include "persistent/persistentTrace.hpp"
#include "persistent/persistent_globals.hpp"
#include "runtime/java.hpp"
#include "runtime/mutex.hpp"
#include "runtime/nonJavaThread.hpp"
#include "runtime/os.inline.hpp"
#include "utilities/growableArray.hpp"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#ifdef ASSERT
// A page of the private mapping that was never written shows what is written here:
// so every byte that reaches home must have been stored through that mapping before,
// which made its page a private copy. (Bit 63 of a pagemap entry: present, 62:
// swapped, 61: page of a file.)
static void check_page_invariant(uint64_t offset, size_t length) {
  static int pagemap = PersistentMedia::open_at(AT_FDCWD, "/proc/self/pagemap", O_RDONLY);
  if (pagemap < 0 || PHeap::size() == 0 || offset < PersistentLayout::ObjectOffset) return;
  uintptr_t from = PHeap::base() + (uintptr_t)(offset - PersistentLayout::ObjectOffset);
  size_t page = os::vm_page_size();
  // A private copy stays one. Without this the tests wait for the applier most of the time.
  static uintptr_t known[4096];
  for (uintptr_t p = align_down(from, page); p < from + length; p += page) {
    uintptr_t* k = &known[p / page % ARRAY_SIZE(known)];
    if (*k == p) continue;
    uint64_t entry;
    if (::pread(pagemap, &entry, sizeof(entry), (off_t)(p / page * sizeof(entry))) != (ssize_t)sizeof(entry)) return;
    bool present = (entry >> 63) & 1;
    bool swapped = (entry >> 62) & 1;
    bool of_file = (entry >> 61) & 1;
    assert(swapped || (present && !of_file),
           "applying to offset " UINT64_FORMAT_X ": page " PTR_FORMAT " is not a private copy", offset, p);
    *k = p;
  }
}
#endif

static void apply_writes(const char* payload, size_t length) {
  PersistentWrites writes(payload, length);
  uint64_t offset;
  uint32_t bytes;
  const char* from;
  while (writes.next(&offset, &bytes, &from)) {
    DEBUG_ONLY(check_page_invariant(offset, bytes);)
    PersistentMedia::write_data(offset, from, bytes);
    PersistentBackup::written(offset, from, bytes);
  }
  assert(writes.at_end(), "record ends with its last write");
}

void PersistentApplier::apply(const PersistentRecordHeader* record) {
  const char* payload = (const char*)(record + 1);
  if (record->type == PersistentRecordHeader::overflow) {
    const PersistentOverflow* o = (const PersistentOverflow*)payload;
    const char* p = PersistentMedia::map_overflow(record->seq, o->length);
    if (p == nullptr) {
      fatal("persistent heap %s: overflow-" UINT64_FORMAT " cannot be read: %s; what was acknowledged is safe, restart after mending the media",
            PersistentMedia::directory(), record->seq, os::strerror(errno));
    }
    apply_writes(p, o->length);
    PersistentMedia::unmap_overflow(p, o->length);
  } else {
    apply_writes(payload, record->length);
  }
}

class PersistentApplierThread : public NamedThread {
  static const size_t BatchSize = 16 * K;                   // of the log

  PlatformMonitor _monitor;
  bool _demand;
  bool _work;
  bool _stop;
  bool _stopped;
  uint64_t _applied_lsn;
  uint64_t _applied_seq;
  jlong _last_trim;
  jlong _last_flush;
  GrowableArrayCHeap<uint64_t, mtPersistent> _overflows;    // applied, not yet deleted

  // Some records, up to that one. What is done once for many costs little for each: the lock,
  // and asking what is durable, which takes that line away from those who commit. A locked
  // instruction would also wait until the writes before it have left the processor, each
  // most likely a miss.
  void apply_batch(uint64_t durable_seq) {
    const uint64_t begin = _applied_lsn;
    PersistentBackup::begin_batch();
    do {
      const PersistentRecordHeader* h = PersistentLog::next_record(&_applied_lsn, _applied_seq + 1);
      PersistentApplier::apply(h);
      if (h->type == PersistentRecordHeader::overflow) _overflows.append(h->seq);
      _applied_lsn += sizeof(*h) + h->length;
      _applied_seq++;
    } while (_applied_seq < durable_seq && _applied_lsn - begin < BatchSize);
    PersistentBackup::end_batch(_applied_lsn, _applied_seq);
  }

  static jlong flush_millis() { return (jlong)MIN2((uint64_t)PersistentHeapFlushMillis, (uint64_t)100); }

  void flush() {
    PersistentLog::wait_durable(PersistentLog::last_seq(), false);
    _last_flush = os::javaTimeNanos();
  }

  void apply_durable() {
    while (true) {
      const uint64_t durable_seq = PersistentLog::durable_seq();
      if (_applied_seq == durable_seq) return;
      while (_applied_seq < durable_seq) {
        apply_batch(durable_seq);
        uint64_t trimmed_seq;
        if (_applied_lsn - PersistentLog::trimmed(&trimmed_seq) > PersistentLog::size() / 4) trim();
        // Those who only store outside transactions wait for nobody and so are faster than this.
        if (os::javaTimeNanos() - _last_flush > flush_millis() * NANOSECS_PER_MILLISEC) flush();
      }
    }
  }

  void trim() {
    uint64_t trimmed_seq;
    PersistentLog::trimmed(&trimmed_seq);
    if (_applied_seq == trimmed_seq) return;
    if (PersistentTrace::is_broken("overflow-delete")) delete_overflows();
    // Home first: a checkpoint says that the log is not needed.
    if (PersistentTrace::is_broken("checkpoint-first")) PersistentLog::trim(_applied_lsn, _applied_seq);
    PersistentMedia::sync_data();
    if (!PersistentTrace::is_broken("checkpoint-first")) PersistentLog::trim(_applied_lsn, _applied_seq);
    delete_overflows();
    _last_trim = os::javaTimeNanos();
  }

  void wake(bool* reason) {
    _monitor.lock();
    *reason = true;
    _monitor.notify_all();
    _monitor.unlock();
  }

  void delete_overflows() {
    while (_overflows.is_nonempty()) PersistentMedia::delete_overflow(_overflows.pop());
  }

 public:
  PersistentApplierThread() : _demand(false), _work(false), _stop(false), _stopped(false), _last_trim(0), _last_flush(0) {
    set_name("Persistent Heap Applier");
    _applied_lsn = PersistentLog::trimmed(&_applied_seq);
    PersistentBackup::initialize(_applied_lsn, _applied_seq);
  }

  void run() override {
    const jlong trim_interval = 500 * NANOSECS_PER_MILLISEC;
    while (true) {
      _monitor.lock();
      if (!_demand && !_work && !_stop) _monitor.wait((uint64_t)flush_millis());
      bool demand = _demand;
      bool stop = _stop;
      _demand = false;
      _work = false;
      _monitor.unlock();
      flush();
      if (demand || stop || !PersistentTrace::is_broken("applier-idle")) apply_durable();
      if (demand || stop || PersistentTrace::is_broken("applier-eager") || os::javaTimeNanos() - _last_trim > trim_interval) trim();
      if (stop) break;
    }
    _monitor.lock();
    _stopped = true;
    _monitor.notify_all();
    _monitor.unlock();
  }

  void demand() { wake(&_demand); }
  void work()   { wake(&_work); }

  void stop() {
    _monitor.lock();
    _stop = true;
    _monitor.notify_all();
    while (!_stopped) _monitor.wait(10);
    _monitor.unlock();
  }
};

static PersistentApplierThread* applier = nullptr;

void PersistentApplier::start() {
  applier = new PersistentApplierThread();
  if (!os::create_thread(applier, os::vm_thread)) {
    vm_exit_during_initialization("Cannot start the persistent heap's applier thread");
  }
  os::start_thread(applier);
}

void PersistentApplier::stop() {
  if (applier != nullptr) applier->stop();
}

void PersistentApplier::demand_space() {
  if (applier != nullptr) applier->demand();
}

void PersistentApplier::work_is_waiting() {
  if (applier != nullptr) applier->work();
}
