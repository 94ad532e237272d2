/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

#include "persistent/persistentLog.hpp"

#include "logging/log.hpp"
#include "memory/allocation.inline.hpp"
#include "persistent/persistentApplier.hpp"
#include "persistent/persistentLogFormat.hpp"
#include "persistent/persistentMedia.hpp"
#include "persistent/persistentTrace.hpp"
#include "runtime/atomic.hpp"
#include "runtime/mutex.hpp"
#include "runtime/os.inline.hpp"
#include "runtime/prefetch.inline.hpp"
#include "runtime/thread.hpp"
#include "utilities/ostream.hpp"

#include <errno.h>
#include <linux/futex.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

// ---- Records ----

STATIC_ASSERT(sizeof(PersistentRecordHeader) % 8 == 0);

PersistentLogRecord::PersistentLogRecord() : _buffer(_small), _length(0), _capacity(SmallCapacity), _last(0), _next_offset(NoOffset) {}

PersistentLogRecord::~PersistentLogRecord() {
  if (_buffer != _small) FREE_C_HEAP_ARRAY(char, _buffer);
}

void PersistentLogRecord::grow(size_t needed) {
  _capacity = MAX3(needed, _capacity * 2, LargeCapacity);
  bool first = _buffer == _small;
  _buffer = REALLOC_C_HEAP_ARRAY(char, first ? nullptr : _buffer, sizeof(PersistentRecordHeader) + _capacity, mtPersistent);
  if (first) memcpy(writes(), _small + sizeof(PersistentRecordHeader), _length);
}

void PersistentLogRecord::reserve(size_t count, size_t bytes) {
  size_t needed = _length + count * PersistentWrites::HeaderSize + bytes;
  if (needed > _capacity) grow(needed);
}

void PersistentLogRecord::add(uint64_t offset, const void* bytes, uint32_t length) {
  memcpy(add(offset, length), bytes, length);
}

// ---- State ----

// Orders appends, and everything that must not change between a capture and its append.
static PlatformMutex*   log_lock = nullptr;
static Thread* volatile log_owner = nullptr;

// Guards durable_* and what follows, and announces the applier's progress.
static PlatformMonitor* sync_monitor = nullptr;

// Group commit. The records of a group become durable by one sync, which one of those who wait for it makes,
// the leader. What is appended after it has begun belongs to the next group, whose first waiter is its deputy:
// it leads when the disk is free. When a group is durable, its members wake at once, by one call and without a lock.
//
// They will most likely be back with the next transaction before long. So the deputy lets them come, for at most a quarter of
// the time that a sync takes; whoever finds that all have come leads. Otherwise two threads would wait for each other's syncs
// in turn. One thread alone waits for nobody. Where nobody came in that time, the next groups do not wait, more of them each time.
static bool             syncing = false;
static uint64_t         sync_target = 0;          // up to here
static uint32_t         group = 0;                // number of the group that is being synced, or else gathered
static uint32_t         members = 0;              // of the group that is being synced
static uint32_t         gathered = 0;             // of the group that is being gathered
static uint32_t         awaited = 0;              // so many are expected in it
static bool             has_deputy = false;       // and it has one
static uint64_t         sync_nanos = 0;           // the last sync took
static uint32_t         hurried = 0;              // so many groups do not wait
static uint32_t         backoff = 0;              // how many did not the last time
static volatile uint32_t durable_words[2] = {0, 0};   // of this group and the next: changes when it is durable
static volatile uint32_t deputy_word = 0;         // changes when the disk is free

static void wait_for_change(volatile uint32_t* word, uint32_t value) {
  while (Atomic::load_acquire(word) == value) {
    ::syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, value, nullptr, nullptr, 0);
  }
}

// For so long at most.
static void wait_for_change(volatile uint32_t* word, uint32_t value, uint64_t nanos) {
  struct timespec end;
  ::clock_gettime(CLOCK_MONOTONIC, &end);
  nanos += end.tv_nsec;
  end.tv_sec += (time_t)(nanos / NANOSECS_PER_SEC);
  end.tv_nsec = (long)(nanos % NANOSECS_PER_SEC);
  // As exactly as can be: the kernel would add 50 microseconds, which may be more than all of it.
  const int slack = ::prctl(PR_GET_TIMERSLACK);
  if (slack > 1) ::prctl(PR_SET_TIMERSLACK, 1ul);
  while (Atomic::load_acquire(word) == value) {
    if (::syscall(SYS_futex, word, FUTEX_WAIT_BITSET_PRIVATE, value, &end, nullptr, FUTEX_BITSET_MATCH_ANY) != 0 &&
        errno != EAGAIN && errno != EINTR) {
      break;
    }
  }
  if (slack > 1) ::prctl(PR_SET_TIMERSLACK, (unsigned long)slack);
}

static void announce_change(volatile uint32_t* word) {
  ::syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, max_jint, nullptr, nullptr, 0);
}

static size_t   ring_size = 0;
static uint32_t epoch = 0;
static uint64_t generation = 0;

static volatile uint64_t appended_lsn = 0;
static volatile uint64_t appended_seq = 0;
static volatile uint64_t durable_seq_ = 0;
static volatile uint64_t trimmed_lsn = 0;         // checkpointed: free from here backwards
static volatile uint64_t trimmed_seq = 0;
static volatile size_t   overflow_records = 0;

// Media kind `file`: what was appended and not yet written to the log, so that a group is one write of its leader's.
// Two buffers of C-heap memory: one that is filled, under the log's lock, and one that a leader writes.
class LogBuffer : AllStatic {
  static const size_t Size = 256 * K;
  static PlatformMutex* _lock;      // guards what follows; held for a copy, or the write of a full buffer
  static char*    _filling;
  static char*    _spare;           // of the leader, of whom there is one at a time
  static uint64_t _offset;          // of what is in _filling, in the file
  static size_t   _length;

  static void write_filling() {
    if (_length > 0) PersistentMedia::write_log(_offset, _filling, _length);
    _length = 0;
  }

 public:
  static void initialize() {
    _lock = new PlatformMutex();
    _length = 0;
    _filling = NEW_C_HEAP_ARRAY(char, Size, mtPersistent);
    _spare = NEW_C_HEAP_ARRAY(char, Size, mtPersistent);
  }

  static void append(uint64_t offset, const void* bytes, size_t length) {
    _lock->lock();
    if (offset != _offset + _length || length > Size - _length) write_filling();
    if (length > Size) {
      PersistentMedia::write_log(offset, bytes, length);
    } else {
      if (_length == 0) _offset = offset;
      memcpy(_filling + _length, bytes, length);
      _length += length;
    }
    _lock->unlock();
  }

  // The leader's: what was appended before is in the file then. Nobody waits for the write.
  static void write_out() {
    _lock->lock();
    const uint64_t offset = _offset;
    const size_t length = _length;
    swap(_filling, _spare);
    _length = 0;
    _lock->unlock();
    if (length > 0) PersistentMedia::write_log(offset, _spare, length);
  }
};

PlatformMutex* LogBuffer::_lock = nullptr;
char*    LogBuffer::_filling = nullptr;
char*    LogBuffer::_spare = nullptr;
uint64_t LogBuffer::_offset = 0;
size_t   LogBuffer::_length = 0;

static const char* ring() { return PersistentMedia::log_view() + PersistentLogFormat::RingOffset; }

void PersistentLog::lock() {
  log_lock->lock();
  log_owner = Thread::current_or_null();
}

void PersistentLog::unlock() {
  log_owner = nullptr;
  log_lock->unlock();
}

bool PersistentLog::try_lock() {
  if (!log_lock->try_lock()) return false;
  log_owner = Thread::current_or_null();
  return true;
}

bool PersistentLog::owned_by_self() {
  return log_owner != nullptr && log_owner == Thread::current_or_null();
}

bool PersistentLog::is_mapped() { return PersistentMedia::kind() != PersistentMedia::Kind::file; }

// ---- Checkpoints ----

static void write_checkpoint(uint64_t lsn, uint64_t seq) {
  generation++;
  PersistentCheckpoint c;
  c.fill(PersistentMedia::superblock()->uuid, generation, lsn, seq, epoch);
  PersistentMedia::write_log((generation % 2) * PersistentLogFormat::SlotSize, &c, sizeof(c));
  PersistentMedia::sync_checkpoint();
}

bool PersistentLog::format(int fd, size_t size, const uint8_t* uuid) {
  generation = 0;
  epoch = 1;
  PersistentCheckpoint c;
  c.fill(uuid, generation, 0, 0, epoch);
  PersistentTrace::write(PersistentTrace::log, 0, &c, sizeof(c));
  ssize_t n;
  do { n = ::pwrite(fd, &c, sizeof(c), 0); } while (n < 0 && errno == EINTR);
  if (n >= 0 && n < (ssize_t)sizeof(c)) errno = ENOSPC;
  return n == (ssize_t)sizeof(c);
}

bool PersistentLog::was_used(int fd) {
  for (int i = 0; i < 2; i++) {
    PersistentCheckpoint c;
    ssize_t n = ::pread(fd, &c, sizeof(c), i * (off_t)PersistentLogFormat::SlotSize);
    // What cannot be read may have been.
    if (n < 0 || (n == (ssize_t)sizeof(c) && c.is_valid(c.uuid) && c.generation > 0)) return true;
  }
  return false;
}

bool PersistentLog::is_fresh(int fd) {
  // The first slot, and nothing in the second and at the start of the ring.
  char pages[3 * PersistentLogFormat::SlotSize];
  if (::pread(fd, pages, sizeof(pages), 0) != (ssize_t)sizeof(pages)) return false;
  const PersistentCheckpoint* c = (const PersistentCheckpoint*)pages;
  for (size_t i = PersistentLogFormat::SlotSize; i < sizeof(pages); i++) {
    if (pages[i] != 0) return false;
  }
  return c->is_valid(c->uuid) && c->generation == 0;
}

bool PersistentLog::open(char* errbuf, size_t errlen) {
  log_lock = new PlatformMutex();
  sync_monitor = new PlatformMonitor();
  if (!is_mapped()) LogBuffer::initialize();
  ring_size = align_down(PersistentMedia::log_size() - PersistentLogFormat::RingOffset, (size_t)8);
  const PersistentCheckpoint* best = nullptr;
  for (int i = 0; i < 2; i++) {
    const PersistentCheckpoint* c = (const PersistentCheckpoint*)(PersistentMedia::log_view() + i * PersistentLogFormat::SlotSize);
    if (c->is_valid(PersistentMedia::superblock()->uuid) && c->lsn % 8 == 0 && (best == nullptr || c->generation > best->generation)) {
      best = c;
    }
  }
  if (best == nullptr) {
    os::snprintf(errbuf, errlen, "%s/log is damaged or belongs to another heap: neither checkpoint is valid; restore the heap from a backup",
                 PersistentMedia::directory());
    return false;
  }
  generation = best->generation;
  epoch = best->epoch;
  appended_lsn = trimmed_lsn = best->lsn;
  appended_seq = durable_seq_ = trimmed_seq = best->seq;
  return true;
}

// ---- Recovery ----

// Applies fn to the records from the checkpoint to the end of the log; false if fn is.
template <typename F> static bool records_do(uint64_t* lsn, uint64_t* seq, F fn) {
  while (true) {
    *lsn = PersistentLogFormat::skip_short_rest(ring_size, *lsn);
    const PersistentRecordHeader* h = PersistentLogFormat::record_at(ring(), ring_size, *lsn, *seq + 1, epoch);
    if (h == nullptr) return true;
    if (h->type != PersistentRecordHeader::pad) {
      if (!fn(h)) return false;
      *seq = h->seq;
    }
    *lsn += sizeof(*h) + h->length;
  }
}

bool PersistentLog::recover(char* errbuf, size_t errlen) {
  // First pass: nothing is written before the whole log has been looked at.
  uint64_t lsn = trimmed_lsn;
  uint64_t seq = trimmed_seq;
  const uint64_t limit = PersistentMedia::data_file_size();
  bool ok = records_do(&lsn, &seq, [&] (const PersistentRecordHeader* h) {
    const char* payload = (const char*)(h + 1);
    bool good;
    if (h->type == PersistentRecordHeader::overflow) {
      const PersistentOverflow* o = (const PersistentOverflow*)payload;
      const char* p = PersistentMedia::map_overflow(h->seq, o->length);
      if (p == nullptr && errno != ENOENT) {
        os::snprintf(errbuf, errlen, "%s/overflow-" UINT64_FORMAT " cannot be read: %s",
                     PersistentMedia::directory(), h->seq, os::strerror(errno));
        return false;
      }
      good = p != nullptr && PersistentLogFormat::crc(0, p, o->length) == o->crc &&
             PersistentLogFormat::are_valid_writes(p, o->length, PersistentLayout::RootOffset, limit);
      if (p != nullptr) PersistentMedia::unmap_overflow(p, o->length);
    } else {
      good = PersistentLogFormat::are_valid_writes(payload, h->length, PersistentLayout::RootOffset, limit);
    }
    if (!good) {
      os::snprintf(errbuf, errlen, "%s/log is damaged: record " UINT64_FORMAT " is not what it should be; restore the heap from a backup",
                   PersistentMedia::directory(), h->seq);
    }
    return good;
  });
  if (!ok) return false;
  if (PersistentLogFormat::is_damage(ring(), ring_size, lsn, seq + 1, epoch)) {
    os::snprintf(errbuf, errlen, "%s/log is damaged: record " UINT64_FORMAT " at offset " UINT64_FORMAT
                 " was durable and is gone; restore the heap from a backup", PersistentMedia::directory(), seq + 1,
                 (uint64_t)(PersistentLogFormat::RingOffset + lsn % ring_size));
    return false;
  }

  const PersistentRecordHeader* torn = PersistentLogFormat::torn_record(ring(), ring_size, lsn, epoch);
  if (torn != nullptr) {
    log_info(pheap)("Log: ends in an unfinished record (sequence number " UINT64_FORMAT ", " UINT64_FORMAT
                    " bytes): dropped", torn->seq, torn->length);
  }

  uint64_t from = trimmed_seq;
  uint64_t end = lsn;
  lsn = trimmed_lsn;
  seq = trimmed_seq;
  records_do(&lsn, &seq, [&] (const PersistentRecordHeader* h) {
    PersistentApplier::apply(h);
    return true;
  });
  assert(lsn == end, "both passes see the same");
  PersistentMedia::sync_data();
  appended_lsn = trimmed_lsn = lsn;
  appended_seq = durable_seq_ = trimmed_seq = seq;
  // A torn record behind the end has the old epoch from now on: never accepted.
  if (!PersistentTrace::is_broken("epoch")) epoch++;
  write_checkpoint(lsn, seq);
  PersistentMedia::delete_all_overflow();
  log_info(pheap)("Log: " UINT64_FORMAT " records replayed, up to sequence number " UINT64_FORMAT, seq - from, seq);
  return true;
}

// ---- Appending ----

// The payload follows h, unless it is a pad's.
static void write_record(PersistentRecordHeader::Type type, uint64_t seq, PersistentRecordHeader* h, size_t length) {
  h->lsn = appended_lsn;
  h->seq = seq;
  h->durable = PersistentTrace::is_broken("early-durable") ? seq - 1 : Atomic::load(&durable_seq_);
  h->epoch = epoch;
  h->type = type;
  uint64_t at = PersistentLogFormat::RingOffset + appended_lsn % ring_size;
  size_t written = sizeof(*h);
  if (type == PersistentRecordHeader::pad) {
    h->length = 0;
    PersistentLogFormat::seal(h, nullptr);      // of the header with length 0
    h->length = length;
  } else {
    h->length = length;
    PersistentLogFormat::seal(h, h + 1);
    written += length;
  }
  if (PersistentLog::is_mapped()) {
    PersistentMedia::write_log(at, h, written);
  } else {
    LogBuffer::append(at, h, written);
  }
  Atomic::release_store(&appended_lsn, appended_lsn + sizeof(*h) + length);
}

// The next record will be written where nothing was for a lap, most likely one like this. Its lines are
// fetched while the program goes on; otherwise the next fence waits for them.
static void prefetch_next(size_t bytes) {
  const size_t line = 64;
  char* from = (char*)ring() + appended_lsn % ring_size;
  char* end = MIN2(from + MIN2(bytes, (size_t)(2 * K)) + line, (char*)ring() + ring_size);
  for (char* p = from; p < end; p += line) {
    Prefetch::write(p, 0);
  }
}

static bool has_space(size_t bytes) {
  return ring_size - (appended_lsn - Atomic::load_acquire(&trimmed_lsn)) >= bytes;
}

// What must be free before a record of that size, header and all, is appended.
static size_t space_for(size_t total) { return total * 2 + 2 * sizeof(PersistentRecordHeader); }

static bool is_overflow(size_t total) { return total > ring_size / 4; }

// Waits, if need be, until the applier has freed that much.
static void wait_for_space(size_t bytes) {
  if (has_space(bytes)) return;
  sync_monitor->lock();
  while (!has_space(bytes)) {
    PersistentApplier::demand_space();
    sync_monitor->wait(10);
  }
  sync_monitor->unlock();
}

uint64_t PersistentLog::append(const PersistentLogRecord* record, char* errbuf, size_t errlen) {
  assert(owned_by_self(), "the lock orders appends");
  assert(!record->is_empty(), "nothing to append");
  uint64_t seq = appended_seq + 1;
  size_t length = record->length();
  PersistentRecordHeader::Type type = PersistentRecordHeader::writes;
  PersistentRecordHeader* header = (PersistentRecordHeader*)record->_buffer;
  struct { PersistentRecordHeader header; PersistentOverflow body; } overflow;
  if (is_overflow(sizeof(PersistentRecordHeader) + length)) {
    overflow.body.length = length;
    overflow.body.crc = PersistentLogFormat::crc(0, record->bytes(), length);
    overflow.body.reserved = 0;
    if (!PersistentMedia::write_overflow(seq, record->bytes(), length, errbuf, errlen)) return 0;
    Atomic::inc(&overflow_records);
    type = PersistentRecordHeader::overflow;
    header = &overflow.header;
    length = sizeof(overflow.body);
  }
  size_t total = sizeof(PersistentRecordHeader) + length;
  wait_for_space(space_for(total));
  size_t rest = PersistentLogFormat::rest_of_lap(ring_size, appended_lsn);
  if (rest < total) {
    wait_for_space(rest + total);
    if (rest >= sizeof(PersistentRecordHeader)) {
      PersistentRecordHeader pad;
      write_record(PersistentRecordHeader::pad, seq, &pad, rest - sizeof(pad));
    } else {
      Atomic::release_store(&appended_lsn, appended_lsn + rest);
    }
  }
  PersistentTrace::append(seq, record->bytes(), record->length());
  const uint64_t begin = appended_lsn;
  write_record(type, seq, header, length);
  if (is_mapped()) {
    if (!PersistentTrace::is_broken("log-fence")) PersistentMedia::sync_log();      // the one fence
    PersistentTrace::durable(seq);
    // In this order: nobody finds something appended that has to be synced.
    Atomic::release_store(&durable_seq_, seq);
    Atomic::release_store(&appended_seq, seq);
    prefetch_next(total);
  } else {
    Atomic::release_store(&appended_seq, seq);
  }
  // In time, so that nobody has to wait for space while the applier works through a full log.
  const uint64_t stretch = ring_size / 8;
  if (begin / stretch != appended_lsn / stretch) PersistentApplier::work_is_waiting();
  return seq;
}

bool PersistentLog::has_room(size_t length) {
  const size_t total = sizeof(PersistentRecordHeader) + length;
  const size_t rest = PersistentLogFormat::rest_of_lap(ring_size, appended_lsn);
  return is_mapped() && !is_overflow(total) && has_space(space_for(total) + (rest < total ? rest : 0));
}

uint64_t PersistentLog::try_append(const PersistentLogRecord* record) {
  if (!has_room(record->length())) return 0;
  char err[1];
  return append(record, err, sizeof(err));
}

uint64_t PersistentLog::last_seq()    { return Atomic::load_acquire(&appended_seq); }
uint64_t PersistentLog::durable_seq() { return Atomic::load_acquire(&durable_seq_); }

// ---- Waiting for a group: the monitor is held before and, where nothing else is said, afterwards ----

static void wait_for_disk() {
  const uint32_t value = deputy_word;
  sync_monitor->unlock();
  wait_for_change(&deputy_word, value);
  sync_monitor->lock();
}

// The deputy's, of a group that is durable when done changes from value.
static void let_them_come(volatile uint32_t* done, uint32_t value) {
  if (hurried > 0) {
    hurried--;
    return;
  }
  const uint64_t patience = clamp(sync_nanos / 4, (uint64_t)1, (uint64_t)NANOSECS_PER_MILLISEC);
  const uint32_t before = gathered;
  sync_monitor->unlock();
  wait_for_change(done, value, patience);
  sync_monitor->lock();
  if (*done == value && !syncing && gathered == before) {
    backoff = clamp(backoff * 2, 1u, 64u);
    hurried = backoff;
  }
}

// True, and the monitor still held, if the caller is to sync its group; otherwise seq is durable.
static bool join_group(uint64_t seq, bool returns) {
  if (durable_seq_ >= seq) {
    sync_monitor->unlock();
    return false;
  }
  const bool in_time = !syncing || seq > sync_target;     // for the group that is being gathered
  volatile uint32_t* done = &durable_words[(syncing && in_time ? group + 1 : group) % 2];
  const uint32_t value = *done;
  if (returns) (in_time ? gathered : members)++;
  if (in_time && !syncing && gathered >= awaited) {
    backoff = 0;
    return true;
  }
  if (in_time && !has_deputy) {
    has_deputy = true;
    // Whenever this has waited, others may have come and one of them may lead, or have led.
    auto may_lead = [&] { return !syncing && *done == value; };
    if (syncing) wait_for_disk();
    if (may_lead() && gathered < awaited) let_them_come(done, value);
    if (may_lead()) return true;
  }
  sync_monitor->unlock();
  wait_for_change(done, value);
  return false;
}

void PersistentLog::wait_durable(uint64_t seq, bool returns) {
  if (durable_seq() >= seq) return;
  sync_monitor->lock();
  if (!join_group(seq, returns)) {
    assert(durable_seq() >= seq, "must be");
    return;
  }
  syncing = true;
  sync_target = Atomic::load_acquire(&appended_seq);
  members = gathered;
  gathered = 0;
  has_deputy = false;
  sync_monitor->unlock();
  assert(sync_target >= seq, "appended before");
  const jlong begin = os::javaTimeNanos();
  LogBuffer::write_out();
  if (!PersistentTrace::is_broken("log-sync")) PersistentMedia::sync_log();
  PersistentTrace::durable(sync_target);
  sync_monitor->lock();
  sync_nanos = (uint64_t)(os::javaTimeNanos() - begin);
  Atomic::release_store(&durable_seq_, sync_target);
  volatile uint32_t* done = &durable_words[group % 2];
  Atomic::release_store(done, *done + 1);
  group++;
  awaited = members + gathered;
  syncing = false;
  const bool wake_deputy = has_deputy;
  if (wake_deputy) Atomic::release_store(&deputy_word, deputy_word + 1);
  sync_monitor->unlock();
  // The disk first.
  if (wake_deputy) announce_change(&deputy_word);
  announce_change(done);
}

// ---- For the applier ----

const PersistentRecordHeader* PersistentLog::next_record(uint64_t* lsn, uint64_t seq) {
  assert(seq <= durable_seq(), "only what is durable may reach home");
  while (true) {
    *lsn = PersistentLogFormat::skip_short_rest(ring_size, *lsn);
    const PersistentRecordHeader* h = (const PersistentRecordHeader*)(ring() + *lsn % ring_size);
    guarantee(h->magic == PersistentRecordHeader::Magic && h->lsn == *lsn && h->seq == seq,
              "record " UINT64_FORMAT " of the log is gone", seq);
    if (h->type != PersistentRecordHeader::pad) return h;
    *lsn += sizeof(*h) + h->length;
  }
}

void PersistentLog::trim(uint64_t lsn, uint64_t seq) {
  if (PersistentTrace::is_broken("early-trim")) {
    Atomic::release_store(&trimmed_lsn, lsn);
    os::naked_short_sleep(50);
  }
  write_checkpoint(lsn, seq);
  sync_monitor->lock();
  trimmed_lsn = lsn;
  trimmed_seq = seq;
  sync_monitor->notify_all();
  sync_monitor->unlock();
}

uint64_t PersistentLog::trimmed(uint64_t* seq) {
  *seq = trimmed_seq;
  return trimmed_lsn;
}

size_t PersistentLog::size() { return ring_size; }

void PersistentLog::start_threads() { PersistentApplier::start(); }

void PersistentLog::stop_threads() {
  wait_durable(last_seq());
  PersistentApplier::stop();
}

void PersistentLog::drain() {
  uint64_t seq = last_seq();
  wait_durable(seq);
  sync_monitor->lock();
  while (trimmed_seq < seq) {
    PersistentApplier::demand_space();
    sync_monitor->wait(10);
  }
  sync_monitor->unlock();
}

uint64_t PersistentLog::last_writer(uint64_t offset) {
  assert(owned_by_self(), "must be");
  wait_durable(last_seq());         // all of it is in the ring
  uint64_t found = 0;
  // Older records have been overwritten; the first whole one has to be found.
  uint64_t lsn = appended_lsn > ring_size ? appended_lsn - ring_size : 0;
  while (lsn + sizeof(PersistentRecordHeader) <= appended_lsn) {
    const PersistentRecordHeader* h = (const PersistentRecordHeader*)(ring() + lsn % ring_size);
    if (PersistentLogFormat::rest_of_lap(ring_size, lsn) < sizeof(*h) ||
        h->magic != PersistentRecordHeader::Magic || h->lsn != lsn) {
      lsn += 8;
      continue;
    }
    if (h->type == PersistentRecordHeader::writes) {
      PersistentWrites writes((const char*)(h + 1), h->length);
      uint64_t at;
      uint32_t length;
      const char* bytes;
      while (writes.next(&at, &length, &bytes)) {
        if (offset >= at && offset < at + length) found = h->seq;
      }
    }
    lsn += sizeof(*h) + h->length;
  }
  return found;
}

void PersistentLog::print_on(outputStream* st) {
  if (ring_size == 0) return;
  st->print_cr("  log           : " UINT64_FORMAT " K of %zu K not yet applied; sequence numbers: appended " UINT64_FORMAT
               ", durable " UINT64_FORMAT ", applied " UINT64_FORMAT "; %zu overflow records",
               (uint64_t)((appended_lsn - trimmed_lsn) / K), ring_size / K, appended_seq, durable_seq_, trimmed_seq,
               overflow_records);
}
