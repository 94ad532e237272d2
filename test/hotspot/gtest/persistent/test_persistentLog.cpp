/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

#include "memory/allocation.inline.hpp"
#include "persistent/persistentLog.hpp"
#include "persistent/persistentLogFormat.hpp"
#include "persistent/persistentMedia.hpp"
#include "unittest.hpp"

// A ring in memory and a writer that does what PersistentLog::append does, so that
// every torn or stale state can be made.
class TestRing {
 public:
  static const size_t Size = 4096;
  char ring[Size];
  uint64_t lsn;
  uint64_t seq;
  uint32_t epoch;

  TestRing() : lsn(0), seq(0), epoch(1) { memset(ring, 0, sizeof(ring)); }

  void put(PersistentRecordHeader::Type type, uint64_t record_seq, uint64_t durable, const void* payload, size_t length) {
    PersistentRecordHeader h;
    memset(&h, 0, sizeof(h));
    h.lsn = lsn;
    h.seq = record_seq;
    h.durable = durable;
    h.epoch = epoch;
    h.type = type;
    if (type == PersistentRecordHeader::pad) {
      PersistentLogFormat::seal(&h, nullptr);
      h.length = length;
    } else {
      h.length = length;
      PersistentLogFormat::seal(&h, payload);
      memcpy(ring + lsn % Size + sizeof(h), payload, length);
    }
    memcpy(ring + lsn % Size, &h, sizeof(h));
    lsn += sizeof(h) + length;
  }

  uint64_t append(const PersistentLogRecord& r, uint64_t durable) {
    size_t total = sizeof(PersistentRecordHeader) + r.length();
    size_t rest = PersistentLogFormat::rest_of_lap(Size, lsn);
    if (rest < total) {
      if (rest >= sizeof(PersistentRecordHeader)) {
        put(PersistentRecordHeader::pad, seq + 1, durable, nullptr, rest - sizeof(PersistentRecordHeader));
      } else {
        lsn += rest;
      }
    }
    uint64_t at = lsn;
    put(PersistentRecordHeader::writes, ++seq, durable, r.bytes(), r.length());
    return at;
  }

  // Records that recovery would accept from `from` on, where `after` is the last applied.
  uint64_t last_valid(uint64_t from, uint64_t after, uint64_t* end = nullptr) {
    uint64_t at = from;
    while (true) {
      at = PersistentLogFormat::skip_short_rest(Size, at);
      const PersistentRecordHeader* h = PersistentLogFormat::record_at(ring, Size, at, after + 1, epoch);
      if (h == nullptr) break;
      if (h->type != PersistentRecordHeader::pad) after = h->seq;
      at += sizeof(*h) + h->length;
    }
    if (end != nullptr) *end = at;
    return after;
  }
};

static void fill(PersistentLogRecord* r, uint64_t offset, size_t bytes) {
  char* p = r->add(offset, (uint32_t)bytes);
  for (size_t i = 0; i < bytes; i++) p[i] = (char)(offset + i + 1);
}

TEST_VM(PersistentLog, record_holds_its_writes) {
  PersistentLogRecord r;
  ASSERT_TRUE(r.is_empty());
  fill(&r, 5000, 3);
  fill(&r, 6000, 8);
  fill(&r, 7000, 4000);
  PersistentWrites w(r.bytes(), r.length());
  uint64_t offset;
  uint32_t length;
  const char* bytes;
  const uint64_t offsets[] = {5000, 6000, 7000};
  const uint32_t lengths[] = {3, 8, 4000};
  for (int i = 0; i < 3; i++) {
    ASSERT_TRUE(w.next(&offset, &length, &bytes));
    ASSERT_EQ(offsets[i], offset);
    ASSERT_EQ(lengths[i], length);
    for (uint32_t b = 0; b < length; b++) ASSERT_EQ((char)(offset + b + 1), bytes[b]);
  }
  ASSERT_FALSE(w.next(&offset, &length, &bytes));
  ASSERT_TRUE(w.at_end());
  ASSERT_TRUE(PersistentLogFormat::are_valid_writes(r.bytes(), r.length(), 4096, 1 * M));
  ASSERT_FALSE(PersistentLogFormat::are_valid_writes(r.bytes(), r.length(), 5500, 1 * M)) << "before the first byte allowed";
  ASSERT_FALSE(PersistentLogFormat::are_valid_writes(r.bytes(), r.length(), 4096, 10999)) << "over the end";
  ASSERT_FALSE(PersistentLogFormat::are_valid_writes(r.bytes(), r.length() - 8, 4096, 1 * M)) << "cut short";
}

TEST_VM(PersistentLog, values_side_by_side_are_one_write) {
  PersistentLogRecord r;
  struct { uint64_t offset; uint32_t length; } values[] = {
    {5000, 8}, {5008, 8}, {5016, 4}, {5020, 4},       // the last: what it follows is padded
    {6000, 8}, {6008, 1}, {6009, 1}, {5992, 8}, {5992, 8}, {6000, 2}
  };
  for (auto& v : values) r.add_value(v.offset, v.length, (v.offset * 3 + 5) & (v.length == 8 ? ~(uint64_t)0 : right_n_bits(v.length * 8)));
  fill(&r, 8000, 8);
  r.add_value(8008, 8, 9);                            // not to what was no value
  for (int i = 0; i < 1000; i++) r.add_value(10000 + i * 8, 8, i);
  PersistentWrites w(r.bytes(), r.length());
  const struct { uint64_t offset; uint32_t length; } writes[] = {
    {5000, 20}, {5020, 4}, {6000, 9}, {6009, 1}, {5992, 8}, {5992, 10}, {8000, 8}, {8008, 8}, {10000, 8000}
  };
  for (auto& expected : writes) {
    uint64_t offset;
    uint32_t length;
    const char* bytes;
    ASSERT_TRUE(w.next(&offset, &length, &bytes));
    ASSERT_EQ(expected.offset, offset);
    ASSERT_EQ(expected.length, length) << "at " << offset;
    for (uint32_t b = 0; b < length && offset < 7000; b++) {
      // The value that byte is of.
      uint64_t at = offset + b;
      for (auto& v : values) {
        if (at >= v.offset && at < v.offset + v.length) {
          ASSERT_EQ((char)((v.offset * 3 + 5) >> ((at - v.offset) * 8)), bytes[b]) << "byte " << at;
          break;
        }
      }
    }
    for (uint32_t b = length; b % 8 != 0; b++) ASSERT_EQ(0, bytes[b]) << "behind the bytes";
    if (offset == 10000) {
      for (int i = 0; i < 1000; i++) ASSERT_EQ(i, ((const int64_t*)bytes)[i]);
    }
  }
  ASSERT_TRUE(w.at_end());
}

TEST_VM(PersistentLog, torn_at_every_byte_is_a_torn_tail) {
  for (int garbage = 0; garbage < 2; garbage++) {
    TestRing pristine;
    PersistentLogRecord a, b;
    fill(&a, 5000, 100);
    fill(&b, 6000, 37);
    pristine.append(a, 0);
    uint64_t at = pristine.append(b, 1);
    ASSERT_EQ((uint64_t)2, pristine.last_valid(0, 0));
    size_t length = (size_t)(pristine.lsn - at);
    for (size_t cut = 0; cut < length; cut++) {
      TestRing torn = pristine;
      // What comes from cut on never reached the media.
      for (size_t i = cut; i < length; i++) torn.ring[at + i] = garbage ? (char)(torn.ring[at + i] ^ 0xA5) : 0;
      bool same = memcmp(torn.ring, pristine.ring, TestRing::Size) == 0;
      uint64_t end;
      ASSERT_EQ((uint64_t)(same ? 2 : 1), torn.last_valid(0, 0, &end)) << "cut at byte " << cut;
      if (!same) {
        ASSERT_FALSE(PersistentLogFormat::is_damage(torn.ring, TestRing::Size, end, 2, 1)) << "cut at byte " << cut;
      }
    }
  }
}

TEST_VM(PersistentLog, every_flipped_byte_is_noticed) {
  TestRing pristine;
  PersistentLogRecord a;
  fill(&a, 5000, 64);
  uint64_t at = pristine.append(a, 0);
  for (uint64_t i = at; i < pristine.lsn; i++) {
    TestRing damaged = pristine;
    damaged.ring[i] ^= 1;
    ASSERT_EQ((uint64_t)0, damaged.last_valid(0, 0)) << "byte " << i;
  }
}

// Three records, the second damaged. What the third one knew durable decides: a record
// of a group commit may be written before its predecessor is synced.
static bool hole_is_damage(uint64_t durable) {
  TestRing t;
  PersistentLogRecord r;
  fill(&r, 5000, 64);
  t.append(r, 0);
  uint64_t second = t.append(r, 1);
  t.append(r, durable);
  t.ring[second + 60] ^= 1;
  uint64_t end;
  EXPECT_EQ((uint64_t)1, t.last_valid(0, 0, &end));
  return PersistentLogFormat::is_damage(t.ring, TestRing::Size, end, 2, 1);
}

TEST_VM(PersistentLog, hole_before_a_record_that_knew_it_durable_is_damage) {
  ASSERT_TRUE(hole_is_damage(2));
}

TEST_VM(PersistentLog, hole_before_an_unacknowledged_record_is_a_torn_tail) {
  ASSERT_FALSE(hole_is_damage(1));
}

TEST_VM(PersistentLog, torn_record_is_named_by_its_header) {
  TestRing t;
  PersistentLogRecord r;
  fill(&r, 5000, 64);
  t.append(r, 0);
  uint64_t second = t.append(r, 1);
  ASSERT_TRUE(PersistentLogFormat::torn_record(t.ring, TestRing::Size, t.lsn, 1) == nullptr) << "nothing was begun behind the end";
  t.ring[second + sizeof(PersistentRecordHeader) + 20] ^= 1;
  const PersistentRecordHeader* h = PersistentLogFormat::torn_record(t.ring, TestRing::Size, second, 1);
  ASSERT_TRUE(h != nullptr);
  ASSERT_EQ((uint64_t)2, h->seq);
  ASSERT_TRUE(PersistentLogFormat::torn_record(t.ring, TestRing::Size, second, 2) == nullptr) << "of an earlier run";
  t.ring[second] ^= 1;
  ASSERT_TRUE(PersistentLogFormat::torn_record(t.ring, TestRing::Size, second, 1) == nullptr) << "not even the header is whole";
}

TEST_VM(PersistentLog, laps_with_pads_and_stale_records) {
  TestRing t;
  uint64_t checkpoint_lsn = 0;
  uint64_t checkpoint_seq = 0;
  for (int i = 0; i < 500; i++) {
    PersistentLogRecord r;
    fill(&r, 5000, 8 + (i * 37) % 400);
    uint64_t at = t.append(r, t.seq);
    // What the checkpoint frees is overwritten: only what lies behind it counts.
    ASSERT_EQ(t.seq, t.last_valid(at, t.seq - 1)) << "record " << i;
    if (t.lsn - checkpoint_lsn > TestRing::Size / 2) {
      checkpoint_lsn = t.lsn;
      checkpoint_seq = t.seq;
    }
    ASSERT_EQ(t.seq, t.last_valid(checkpoint_lsn, checkpoint_seq)) << "record " << i;
    ASSERT_EQ(t.seq, t.last_valid(t.lsn, t.seq)) << "a record of an earlier lap was taken";
  }
}

TEST_VM(PersistentLog, other_epoch_is_not_accepted) {
  TestRing t;
  PersistentLogRecord r;
  fill(&r, 5000, 64);
  t.append(r, 0);
  t.epoch = 2;
  ASSERT_EQ((uint64_t)0, t.last_valid(0, 0));
  ASSERT_FALSE(PersistentLogFormat::is_damage(t.ring, TestRing::Size, 0, 1, 2));
}

TEST_VM(PersistentLog, checkpoint_is_checked) {
  uint8_t uuid[16] = {1, 2, 3};
  PersistentCheckpoint c;
  memset(&c, 0, sizeof(c));
  c.magic = PersistentCheckpoint::Magic;
  memcpy(c.uuid, uuid, sizeof(uuid));
  c.lsn = 12345;
  c.crc = c.compute_crc();
  ASSERT_TRUE(c.is_valid(uuid));
  for (size_t i = 0; i < sizeof(c); i++) {
    PersistentCheckpoint damaged = c;
    ((char*)&damaged)[i] ^= 4;
    ASSERT_FALSE(damaged.is_valid(uuid)) << "byte " << i;
  }
  uint8_t other[16] = {1, 2, 4};
  ASSERT_FALSE(c.is_valid(other)) << "log of another heap";
}

// Applying writes twice leaves what applying them once does: they carry values, not changes.
TEST_VM(PersistentLog, applying_is_idempotent) {
  PersistentLogRecord r;
  fill(&r, 16, 24);
  fill(&r, 20, 8);
  char once[64] = {};
  char twice[64] = {};
  for (int round = 0; round < 2; round++) {
    PersistentWrites w(r.bytes(), r.length());
    uint64_t offset;
    uint32_t length;
    const char* bytes;
    while (w.next(&offset, &length, &bytes)) {
      if (round == 0) memcpy(once + offset, bytes, length);
      memcpy(twice + offset, bytes, length);
    }
  }
  ASSERT_EQ(0, memcmp(once, twice, sizeof(once)));
}

// A record that was durable is found wherever the end of the log and it are: in any piece that the scan takes
// at a time, across two of them, before and behind the end of the ring, and as its last bytes.
TEST_VM(PersistentLog, damage_is_found_everywhere) {
  const size_t size = 3 * 4096 + 8;
  const size_t total = sizeof(PersistentRecordHeader) + 8;
  char* ring = NEW_C_HEAP_ARRAY(char, size, mtTest);
  const size_t last = size - sizeof(PersistentRecordHeader);
  for (uint64_t end = 2 * size - 4200; end < 3 * size + 4200; end += 8 * 127) {
    for (uint64_t at = end; at < end + size; at += at % size > last - 16 || at % 4096 < 64 || at % 4096 > 4000 || at < end + 64 ? 8 : 8 * 31) {
      // In the ring, a record of this lap or, before the end's place, of the next.
      memset(ring, 0, size);
      const size_t i = (size_t)(at % size);
      struct { PersistentRecordHeader header; uint64_t payload; } r;
      memset(&r, 0, sizeof(r));
      r.header.lsn = at;
      r.header.seq = 9;
      r.header.durable = 8;
      r.header.epoch = 1;
      r.header.type = PersistentRecordHeader::writes;
      r.header.length = i + total <= size ? 8 : 0;
      PersistentLogFormat::seal(&r.header, &r.payload);
      const bool fits = i <= last;
      if (fits) memcpy(ring + i, &r, sizeof(r.header) + r.header.length);
      ASSERT_EQ(fits, PersistentLogFormat::is_damage(ring, size, end, 8, 1)) << "end " << end << ", record at " << at;
      ASSERT_FALSE(PersistentLogFormat::is_damage(ring, size, end, 9, 1)) << "it did not know that durable";
      if (fits) {
        ring[i + 20] ^= 1;
        ASSERT_FALSE(PersistentLogFormat::is_damage(ring, size, end, 8, 1)) << "torn, at " << at;
      }
    }
  }
  FREE_C_HEAP_ARRAY(char, ring);
}
