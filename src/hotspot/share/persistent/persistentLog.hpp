/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

#ifndef SHARE_PERSISTENT_PERSISTENTLOG_HPP
#define SHARE_PERSISTENT_PERSISTENTLOG_HPP

#include "memory/allStatic.hpp"
#include "memory/allocation.hpp"
#include "persistent/persistentLogFormat.hpp"
#include "utilities/align.hpp"
#include "utilities/globalDefinitions.hpp"

class outputStream;

// A record under construction: a list of writes (offset in `data`, bytes), with room for
// the record's header in front. Plain C-heap memory; grows as needed.
class PersistentLogRecord : public CHeapObj<mtPersistent> {
  friend class PersistentLog;
  char*  _buffer;           // the header, then the writes
  size_t _length;           // of the writes
  size_t _capacity;
  size_t _last;             // the last write, if it is of values
  uint64_t _next_offset;    // behind it, if that can be made longer; or none
  static const uint64_t NoOffset = ~(uint64_t)0;
  static const uint32_t MaxMerged = 1 * G;
  static const size_t SmallCapacity = 2 * K;
  static const size_t LargeCapacity = 16 * K;     // of others, at least
  char   _small[sizeof(PersistentRecordHeader) + SmallCapacity];     // the buffer of most records
  NONCOPYABLE(PersistentLogRecord);
  void grow(size_t needed);
  char* writes() const          { return _buffer + sizeof(PersistentRecordHeader); }
 public:
  PersistentLogRecord();
  ~PersistentLogRecord();
  void   reset()                { _length = 0; _next_offset = NoOffset; }
  bool   is_empty() const       { return _length == 0; }
  // Appends a write; returns where its `length` bytes are to be put. The pointer is
  // good until the next add.
  inline char* add(uint64_t offset, uint32_t length);
  void   add(uint64_t offset, const void* bytes, uint32_t length);
  // A write of 1 to 8 bytes, the lowest of value. What follows the value before becomes part of its write.
  inline void add_value(uint64_t offset, uint32_t length, uint64_t value);
  // The next adds, of so many bytes in all, need not grow the buffer.
  void   reserve(size_t writes, size_t bytes);
  const char* bytes() const     { return writes(); }
  size_t length() const         { return _length; }
};

inline char* PersistentLogRecord::add(uint64_t offset, uint32_t length) {
  size_t padded = align_up((size_t)length, (size_t)8);
  size_t needed = _length + PersistentWrites::HeaderSize + padded;
  if (needed > _capacity) grow(needed);
  char* p = writes() + _length;
  uint32_t zero = 0;
  memcpy(p, &offset, sizeof(offset));
  memcpy(p + 8, &length, sizeof(length));
  memcpy(p + 12, &zero, sizeof(zero));
  if (padded != length) {
    memset(p + PersistentWrites::HeaderSize + padded - 8, 0, 8);
  }
  _length = needed;
  _next_offset = NoOffset;
  return p + PersistentWrites::HeaderSize;
}

inline void PersistentLogRecord::add_value(uint64_t offset, uint32_t length, uint64_t value) {
  assert(length == 8 || value >> (length * 8) == 0, "what follows the bytes is zero");
  size_t needed = _length + PersistentWrites::HeaderSize + sizeof(value);
  if (needed > _capacity) grow(needed);
  char* p = writes() + _length;
  if (offset == _next_offset) {
    uint32_t* total = (uint32_t*)(writes() + _last + sizeof(offset));
    if (*total <= MaxMerged) {
      *total += length;
      memcpy(p, &value, sizeof(value));
      _length += sizeof(value);
      _next_offset = length == sizeof(value) ? offset + length : NoOffset;
      return;
    }
  }
  uint64_t second = length;         // and the zeros behind it
  memcpy(p, &offset, sizeof(offset));
  memcpy(p + sizeof(offset), &second, sizeof(second));
  memcpy(p + PersistentWrites::HeaderSize, &value, sizeof(value));
  _last = _length;
  _length = needed;
  _next_offset = length == sizeof(value) ? offset + length : NoOffset;
}

// The redo log: one, in commit order. A record is applied whole or not at all, and
// only after all records before it. Record format: doc/file-format.md.
class PersistentLog : public AllStatic {
 public:
  // Writes the header of a new log file.
  static bool format(int fd, size_t size, const uint8_t* uuid);
  // Whether a heap with this log was ever opened after its creation.
  static bool was_used(int fd);
  // Whether it was formatted and nothing more.
  static bool is_fresh(int fd);
  static bool open(char* errbuf, size_t errlen);    // reads and checks the header
  static bool recover(char* errbuf, size_t errlen); // applies what is whole; stops at a torn tail; refuses damage

  // The log's lock orders everything that becomes durable: captures, appends,
  // stores outside transactions. A no-safepoint lock.
  static void lock();
  static void unlock();
  static bool try_lock();
  static bool owned_by_self();

  // dax, memory: what is appended is durable at once.
  static bool is_mapped();

  // Appends under the lock; the record's sequence number. It is durable once
  // wait_durable(seq) returns. Records too large for the log go to a file of their
  // own (overflow-<seq>) that the log refers to. Returns 0 with errbuf set if there
  // is no space for that (disk full); any other failure stops the VM.
  static uint64_t append(const PersistentLogRecord* record, char* errbuf, size_t errlen);

  // Whether a record of so many bytes can be appended and is durable then, without waiting for space, a file, or a disk.
  static bool has_room(size_t length);
  // Appends if it need not wait for that: 0 otherwise.
  static uint64_t try_append(const PersistentLogRecord* record);

  // dax, memory: returns at once (append has fenced). file: group commit, one of those who wait
  // syncs for all. Leaf-safe: never safepoints; callers in VM state should wrap it in
  // ThreadBlockInVM themselves. returns: the caller will most likely commit again before long.
  static void wait_durable(uint64_t seq, bool returns = true);
  static uint64_t last_seq();       // of the last append
  static uint64_t durable_seq();

  // ---- The applier thread and the flusher ----
  static void start_threads();      // after the VM can start threads
  static void stop_threads();       // at exit: everything appended is durable, threads stopped
  // Waits until every appended record is applied and home is durable (tests, audit).
  static void drain();

  // The applier's side. next_record: the record with that sequence number, which is
  // durable; *lsn is moved to it, past a pad.
  static const struct PersistentRecordHeader* next_record(uint64_t* lsn, uint64_t seq);
  static void     trim(uint64_t lsn, uint64_t seq);      // home is durable up to here
  static uint64_t trimmed(uint64_t* seq);
  static size_t   size();

  // The last record in the ring, applied or not, that writes the byte at offset of
  // the data file; 0 if there is none. Under the lock (audit).
  static uint64_t last_writer(uint64_t offset);

  static void print_on(outputStream* st);
};

#endif // SHARE_PERSISTENT_PERSISTENTLOG_HPP
