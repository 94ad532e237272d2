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
#include "runtime/os.hpp"
#include "runtime/thread.hpp"
#include "utilities/ostream.hpp"

#include <errno.h>
#include <unistd.h>

// ---- Records ----

PersistentLogRecord::PersistentLogRecord() : _buffer(_small), _length(0), _capacity(sizeof(_small)) {}

PersistentLogRecord::~PersistentLogRecord() {
  if (_buffer != _small) FREE_C_HEAP_ARRAY(char, _buffer);
}

char* PersistentLogRecord::add(uint64_t offset, uint32_t length) {
  size_t padded = align_up((size_t)length, (size_t)8);
  size_t needed = _length + PersistentWrites::HeaderSize + padded;
  if (needed > _capacity) {
    _capacity = MAX2(needed, _capacity * 2);
    bool first = _buffer == _small;
    _buffer = REALLOC_C_HEAP_ARRAY(char, first ? nullptr : _buffer, _capacity, mtPersistent);
    if (first) memcpy(_buffer, _small, _length);
  }
  char* p = _buffer + _length;
  uint32_t zero = 0;
  memcpy(p, &offset, sizeof(offset));
  memcpy(p + 8, &length, sizeof(length));
  memcpy(p + 12, &zero, sizeof(zero));
  if (padded != length) {
    memset(p + PersistentWrites::HeaderSize + padded - 8, 0, 8);
  }
  _length = needed;
  return p + PersistentWrites::HeaderSize;
}

void PersistentLogRecord::add(uint64_t offset, const void* bytes, uint32_t length) {
  memcpy(add(offset, length), bytes, length);
}

// ---- State ----

// Orders appends, and everything that must not change between a capture and its append.
static PlatformMutex*   log_lock = nullptr;
static Thread* volatile log_owner = nullptr;

// Guards and announces durable_*: group commit, and the applier's progress.
static PlatformMonitor* sync_monitor = nullptr;
static bool             syncing = false;

static size_t   ring_size = 0;
static uint32_t epoch = 0;
static uint64_t generation = 0;

static volatile uint64_t appended_lsn = 0;
static volatile uint64_t appended_seq = 0;
static volatile uint64_t durable_lsn = 0;
static volatile uint64_t durable_seq_ = 0;
static volatile uint64_t trimmed_lsn = 0;         // checkpointed: free from here backwards
static volatile uint64_t trimmed_seq = 0;
static volatile size_t   overflow_records = 0;

static const char* ring() { return PersistentMedia::log_view() + PersistentLogFormat::RingOffset; }

void PersistentLog::lock() {
  log_lock->lock();
  log_owner = Thread::current_or_null();
}

void PersistentLog::unlock() {
  log_owner = nullptr;
  log_lock->unlock();
}

bool PersistentLog::owned_by_self() {
  return log_owner != nullptr && log_owner == Thread::current_or_null();
}

static bool is_mapped() { return PersistentMedia::kind() != PersistentMedia::Kind::file; }

// ---- Checkpoints ----

static void write_checkpoint(uint64_t lsn, uint64_t seq) {
  generation++;
  PersistentCheckpoint c;
  c.fill(PersistentMedia::superblock()->uuid, generation, lsn, seq, epoch);
  PersistentMedia::write_log((generation % 2) * PersistentLogFormat::SlotSize, &c, sizeof(c));
  PersistentMedia::sync_log();
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
  appended_lsn = durable_lsn = trimmed_lsn = best->lsn;
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
  appended_lsn = durable_lsn = trimmed_lsn = lsn;
  appended_seq = durable_seq_ = trimmed_seq = seq;
  // A torn record behind the end has the old epoch from now on: never accepted.
  if (!PersistentTrace::is_broken("epoch")) epoch++;
  write_checkpoint(lsn, seq);
  PersistentMedia::delete_all_overflow();
  log_info(pheap)("Log: " UINT64_FORMAT " records replayed, up to sequence number " UINT64_FORMAT, seq - from, seq);
  return true;
}

// ---- Appending ----

static void write_record(PersistentRecordHeader::Type type, uint64_t seq, const void* payload, size_t length) {
  PersistentRecordHeader h;
  memset(&h, 0, sizeof(h));
  h.lsn = appended_lsn;
  h.seq = seq;
  h.durable = PersistentTrace::is_broken("early-durable") ? seq - 1 : Atomic::load(&durable_seq_);
  h.epoch = epoch;
  h.type = type;
  uint64_t at = PersistentLogFormat::RingOffset + appended_lsn % ring_size;
  if (type == PersistentRecordHeader::pad) {
    PersistentLogFormat::seal(&h, nullptr);     // of the header with length 0
    h.length = length;
  } else {
    h.length = length;
    PersistentLogFormat::seal(&h, payload);
    PersistentMedia::write_log(at + sizeof(h), payload, length);
  }
  PersistentMedia::write_log(at, &h, sizeof(h));
  Atomic::release_store(&appended_lsn, appended_lsn + sizeof(h) + length);
}

// Waits, if need be, until the applier has freed that much.
static void wait_for_space(size_t bytes) {
  if (ring_size - (appended_lsn - Atomic::load_acquire(&trimmed_lsn)) >= bytes) return;
  sync_monitor->lock();
  while (ring_size - (appended_lsn - trimmed_lsn) < bytes) {
    PersistentApplier::demand_space();
    sync_monitor->wait(10);
  }
  sync_monitor->unlock();
}

uint64_t PersistentLog::append(const PersistentLogRecord* record, char* errbuf, size_t errlen) {
  assert(owned_by_self(), "the lock orders appends");
  assert(!record->is_empty(), "nothing to append");
  uint64_t seq = appended_seq + 1;
  const void* payload = record->bytes();
  size_t length = record->length();
  PersistentRecordHeader::Type type = PersistentRecordHeader::writes;
  PersistentOverflow overflow;
  if (sizeof(PersistentRecordHeader) + length > ring_size / 4) {
    overflow.length = length;
    overflow.crc = PersistentLogFormat::crc(0, payload, length);
    overflow.reserved = 0;
    if (!PersistentMedia::write_overflow(seq, payload, length, errbuf, errlen)) return 0;
    Atomic::inc(&overflow_records);
    type = PersistentRecordHeader::overflow;
    payload = &overflow;
    length = sizeof(overflow);
  }
  size_t total = sizeof(PersistentRecordHeader) + length;
  wait_for_space(total * 2 + 2 * sizeof(PersistentRecordHeader));
  size_t rest = PersistentLogFormat::rest_of_lap(ring_size, appended_lsn);
  if (rest < total) {
    wait_for_space(rest + total);
    if (rest >= sizeof(PersistentRecordHeader)) {
      write_record(PersistentRecordHeader::pad, seq, nullptr, rest - sizeof(PersistentRecordHeader));
    } else {
      Atomic::release_store(&appended_lsn, appended_lsn + rest);
    }
  }
  PersistentTrace::append(seq, record->bytes(), record->length());
  write_record(type, seq, payload, length);
  if (is_mapped()) {
    if (!PersistentTrace::is_broken("log-fence")) PersistentMedia::sync_log();      // the one fence
    PersistentTrace::durable(seq);
    Atomic::release_store(&durable_lsn, appended_lsn);
    Atomic::release_store(&appended_seq, seq);
    Atomic::release_store_fence(&durable_seq_, seq);
  } else {
    Atomic::release_store_fence(&appended_seq, seq);
  }
  return seq;
}

uint64_t PersistentLog::last_seq()    { return Atomic::load_acquire(&appended_seq); }
uint64_t PersistentLog::durable_seq() { return Atomic::load_acquire(&durable_seq_); }

// Group commit: the first one to wait syncs for everybody who has appended by then.
void PersistentLog::wait_durable(uint64_t seq) {
  if (durable_seq() >= seq) return;
  sync_monitor->lock();
  while (durable_seq_ < seq) {
    if (syncing) {
      sync_monitor->wait(0);
      continue;
    }
    syncing = true;
    sync_monitor->unlock();
    // In this order: what lies before the position of this sequence number is covered.
    uint64_t target_seq = Atomic::load_acquire(&appended_seq);
    uint64_t target_lsn = Atomic::load_acquire(&appended_lsn);
    if (!PersistentTrace::is_broken("log-sync")) PersistentMedia::sync_log();
    PersistentTrace::durable(target_seq);
    sync_monitor->lock();
    syncing = false;
    durable_lsn = target_lsn;
    Atomic::release_store(&durable_seq_, target_seq);
    sync_monitor->notify_all();
  }
  sync_monitor->unlock();
}

// ---- For the applier ----

const PersistentRecordHeader* PersistentLog::next_record(uint64_t* lsn, uint64_t seq) {
  while (true) {
    *lsn = PersistentLogFormat::skip_short_rest(ring_size, *lsn);
    // Only what is durable may reach home.
    if (seq > durable_seq()) return nullptr;
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
