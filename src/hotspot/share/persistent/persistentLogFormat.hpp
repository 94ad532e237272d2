/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

#ifndef SHARE_PERSISTENT_PERSISTENTLOGFORMAT_HPP
#define SHARE_PERSISTENT_PERSISTENTLOGFORMAT_HPP

#include "memory/allStatic.hpp"
#include "memory/allocation.hpp"
#include "utilities/align.hpp"
#include "utilities/globalDefinitions.hpp"

// The bytes of the file `log`, and how to tell good ones from bad. Works on memory
// only, so that tests can give it any image. See doc/file-format.md.

// Where the log begins and ends. Two slots, in the first two pages, written in turn:
// the valid one with the higher generation counts.
struct PersistentCheckpoint {
  static const uint64_t Magic = 0x3174706b63686576;     // "vehckpt1"
  uint64_t magic;
  uint8_t  uuid[16];          // of the superblock
  uint64_t generation;
  uint64_t lsn;               // first byte that is not applied
  uint64_t seq;               // of the last record that is applied
  uint32_t epoch;             // changes when the heap is opened; records carry it
  uint32_t crc;               // of everything before

  void fill(const uint8_t* uuid, uint64_t generation, uint64_t lsn, uint64_t seq, uint32_t epoch);
  uint32_t compute_crc() const;
  bool is_valid(const uint8_t* expected_uuid) const;
};

// In front of a record's payload. Positions in the log (lsn) only grow; the byte at
// lsn is at lsn modulo the ring's size. A record does not wrap: what is left at the
// end of the ring is skipped by a pad, or by everybody if no header fits there.
struct PersistentRecordHeader {
  static const uint32_t Magic = 0x52485645;             // "EVHR"
  enum Type : uint32_t { writes = 1, pad = 2, overflow = 3 };
  uint32_t magic;
  uint32_t crc;               // of what follows this field, and of the payload
  uint64_t lsn;
  uint64_t seq;
  uint64_t durable;           // every record up to this one was durable when this was written
  uint64_t length;            // of the payload, a multiple of 8
  uint32_t epoch;
  uint32_t type;
};

// Payload of an overflow record.
struct PersistentOverflow {
  uint64_t length;
  uint32_t crc;
  uint32_t reserved;
};

class PersistentLogFormat : public AllStatic {
 public:
  static const size_t SlotSize   = 4 * K;
  static const size_t RingOffset = 2 * SlotSize;

  static uint32_t crc(uint32_t crc, const void* p, size_t length);
  // Sets the checksum; payload follows in memory or not.
  static void seal(PersistentRecordHeader* h, const void* payload);

  // The valid record at lsn, or null: it must be the one with sequence number seq.
  static const PersistentRecordHeader* record_at(const char* ring, size_t size, uint64_t lsn,
                                                 uint64_t seq, uint32_t epoch);
  // Bytes from lsn to the end of the ring.
  static size_t rest_of_lap(size_t size, uint64_t lsn) { return size - (size_t)(lsn % size); }
  // Behind the record at lsn, or behind a rest without room for a header.
  static uint64_t skip_short_rest(size_t size, uint64_t lsn);

  // The log ends before lsn. The header of a record that was being written there, or
  // null if not even that is whole.
  static const PersistentRecordHeader* torn_record(const char* ring, size_t size, uint64_t lsn, uint32_t epoch);

  // The log ends before lsn, where seq was expected. Whether a valid record behind
  // it proves that seq was durable once, or that a later checkpoint was: then this is
  // damage and no torn tail.
  static bool is_damage(const char* ring, size_t size, uint64_t lsn, uint64_t seq, uint32_t epoch);

  // Whether payload is a list of writes within [first, limit) of the data file.
  static bool are_valid_writes(const char* payload, size_t length, uint64_t first, uint64_t limit);
};

// The list of writes that is a record's payload.
class PersistentWrites : public StackObj {
  const char* _p;
  const char* _end;
 public:
  static const size_t HeaderSize = 16;      // u64 offset, u32 length, u32 zero
  PersistentWrites(const char* payload, size_t length) : _p(payload), _end(payload + length) {}
  bool next(uint64_t* offset, uint32_t* length, const char** bytes) {
    if (_end - _p < (ptrdiff_t)HeaderSize) return false;
    memcpy(offset, _p, sizeof(*offset));
    memcpy(length, _p + 8, sizeof(*length));
    *bytes = _p + HeaderSize;
    _p += HeaderSize + align_up((size_t)*length, (size_t)8);
    return true;
  }
  // Whether the last write ended where the list does.
  bool at_end() const { return _p == _end; }
};

#endif // SHARE_PERSISTENT_PERSISTENTLOGFORMAT_HPP
