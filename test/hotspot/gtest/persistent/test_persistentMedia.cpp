/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

#include "jvm_io.h"
#include "memory/allocation.inline.hpp"
#include "persistent/persistentHeap.hpp"
#include "persistent/persistentLog.hpp"
#include "persistent/persistentLogFormat.hpp"
#include "persistent/persistentMedia.hpp"
#include "persistent/persistent_globals.hpp"
#include "runtime/os.hpp"
#include "concurrentTestRunner.inline.hpp"
#include "unittest.hpp"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

// Heaps in real directories. The state of PersistentMedia and PersistentLog is static, so
// every test runs in a VM of its own. A crash is a copy of the files as they are at
// that moment, opened in another directory.

static const size_t HeapSize = PHeap::Alignment;
static const size_t LogSize = 1 * M;
static const uint64_t Objects = PersistentLayout::ObjectOffset;

static char error[2 * K];

static void require(bool condition, const char* what) {
  if (!condition) {
    // The child's exit code and output tell the parent.
    fprintf(stderr, "FAILED: %s (last error: %s)\n", what, error);
    os::_exit(99);
  }
}

static void file_of(const char* dir, const char* name, char* path) {
  os::snprintf(path, JVM_MAXPATHLEN, "%s/%s", dir, name);
}

static int open_file(const char* dir, const char* name) {
  char path[JVM_MAXPATHLEN];
  file_of(dir, name, path);
  int fd = ::open(path, O_RDWR | O_CREAT, 0600);
  require(fd >= 0, path);
  return fd;
}

static bool exists(const char* dir, const char* name) {
  char path[JVM_MAXPATHLEN];
  file_of(dir, name, path);
  return ::access(path, F_OK) == 0;
}

static void remove_file(const char* dir, const char* name) {
  char path[JVM_MAXPATHLEN];
  file_of(dir, name, path);
  ::unlink(path);
}

static size_t size_of(const char* dir, const char* name) {
  char path[JVM_MAXPATHLEN];
  struct stat st;
  file_of(dir, name, path);
  return ::stat(path, &st) == 0 ? (size_t)st.st_size : 0;
}

static void resize(const char* dir, const char* name, size_t size) {
  int fd = open_file(dir, name);
  require(::ftruncate(fd, (off_t)size) == 0, "ftruncate");
  ::close(fd);
}

static void read_bytes(const char* dir, const char* name, size_t at, void* to, size_t n) {
  int fd = open_file(dir, name);
  require(::pread(fd, to, n, (off_t)at) == (ssize_t)n, "read");
  ::close(fd);
}

static void write_bytes(const char* dir, const char* name, size_t at, const void* from, size_t n) {
  int fd = open_file(dir, name);
  require(::pwrite(fd, from, n, (off_t)at) == (ssize_t)n, "write");
  ::close(fd);
}

static void flip(const char* dir, const char* name, size_t at) {
  char c;
  read_bytes(dir, name, at, &c, 1);
  c ^= 1;
  write_bytes(dir, name, at, &c, 1);
}

static void zero(const char* dir, const char* name, size_t at, size_t n) {
  char* zeros = NEW_C_HEAP_ARRAY(char, n, mtTest);
  memset(zeros, 0, n);
  write_bytes(dir, name, at, zeros, n);
  FREE_C_HEAP_ARRAY(char, zeros);
}

static void copy_file(const char* from, const char* to, const char* name) {
  const size_t block = 64 * K;
  static char buffer[block];
  size_t size = size_of(from, name);
  int in = open_file(from, name);
  int out = open_file(to, name);
  require(::ftruncate(out, 0) == 0 && ::ftruncate(out, (off_t)size) == 0, "ftruncate");
  for (size_t at = 0; at < size; at += block) {
    ssize_t n = ::pread(in, buffer, block, (off_t)at);
    require(n > 0, "read");
    bool zeros = buffer[0] == 0 && memcmp(buffer, buffer + 1, (size_t)n - 1) == 0;
    if (!zeros) require(::pwrite(out, buffer, (size_t)n, (off_t)at) == n, "write");
  }
  ::close(in);
  ::close(out);
}

// Checksum of a whole file: a refused heap must be left as it was.
static uint32_t sum_of(const char* dir, const char* name) {
  static char buffer[64 * K];
  int fd = open_file(dir, name);
  uint32_t sum = 0;
  ssize_t n;
  for (off_t at = 0; (n = ::pread(fd, buffer, sizeof(buffer), at)) > 0; at += n) {
    sum = PersistentLogFormat::crc(sum, buffer, (size_t)n);
  }
  ::close(fd);
  return sum;
}

class Directory {
  char _path[JVM_MAXPATHLEN];
 public:
  Directory(const char* name) {
    os::snprintf(_path, sizeof(_path), "%s/eh-gtest-%d-%s", os::get_temp_directory(), os::current_process_id(), name);
  }
  ~Directory() { clear(); ::rmdir(_path); }
  void clear() {
    DIR* dir = os::opendir(_path);
    if (dir == nullptr) return;
    while (struct dirent* e = os::readdir(dir)) {
      remove_file(_path, e->d_name);
    }
    os::closedir(dir);
  }
  operator const char*() const { return _path; }

  // As if the machine had stopped now. The lock is not copied: its owner is dead.
  void copy_crashed(const char* from) {
    ::mkdir(_path, 0700);
    clear();
    DIR* dir = os::opendir(from);
    while (struct dirent* e = os::readdir(dir)) {
      if (e->d_name[0] != '.' && strcmp(e->d_name, "lock") != 0) copy_file(from, _path, e->d_name);
    }
    os::closedir(dir);
  }
};

static bool open(const char* dir, size_t size = 0) {
  error[0] = 0;
  return PersistentMedia::open(dir, size, LogSize, error, sizeof(error));
}

static bool open_and_recover(const char* dir, size_t size = 0) {
  return open(dir, size) && PersistentMedia::map_and_recover(error, sizeof(error));
}

static void require_refused(const char* dir, const char* expected, size_t size = 0) {
  uint32_t data = sum_of(dir, "data");
  uint32_t log = sum_of(dir, "log");
  require(!open_and_recover(dir, size), expected);
  if (strstr(error, expected) == nullptr) require(false, expected);
  if (strchr(error, '\n') != nullptr) require(false, "one sentence");
  require(data == sum_of(dir, "data"), "data left as it was");
  require(log == sum_of(dir, "log"), "log left as it was");
  remove_file(dir, "lock");
}

static void create_heap(const char* dir) {
  require(open_and_recover(dir, HeapSize), "new heap");
}

static void fill(char* p, uint64_t seed, size_t n) {
  for (size_t i = 0; i < n; i++) p[i] = (char)(seed * 131 + i * 7 + 1);
}

static uint64_t append(PersistentLogRecord* r) {
  PersistentLog::lock();
  uint64_t seq = PersistentLog::append(r, error, sizeof(error));
  PersistentLog::unlock();
  require(seq != 0, "append");
  return seq;
}

// Writes n bytes that depend on seed, durably.
static uint64_t store(uint64_t offset, uint64_t seed, size_t n) {
  PersistentLogRecord r;
  fill(r.add(offset, (uint32_t)n), seed, n);
  uint64_t seq = append(&r);
  PersistentLog::wait_durable(seq);
  require(PersistentLog::durable_seq() >= seq, "durable after wait_durable");
  return seq;
}

static bool holds(uint64_t offset, uint64_t seed, size_t n) {
  char* expected = NEW_C_HEAP_ARRAY(char, n, mtTest);
  char* found = NEW_C_HEAP_ARRAY(char, n, mtTest);
  fill(expected, seed, n);
  PersistentMedia::read_data(offset, found, n);
  bool same = memcmp(expected, found, n) == 0;
  FREE_C_HEAP_ARRAY(char, expected);
  FREE_C_HEAP_ARRAY(char, found);
  return same;
}

static bool is_zero(uint64_t offset, size_t n) {
  char c;
  for (size_t i = 0; i < n; i++) {
    PersistentMedia::read_data(offset + i, &c, 1);
    if (c != 0) return false;
  }
  return true;
}

// ---- Opening ----

TEST_OTHER_VM(PersistentMedia, new_heap) {
  Directory d("new");
  create_heap(d);
  require(PersistentMedia::is_new(), "is new");
  require(PersistentMedia::object_area_size() == HeapSize, "object area");
  require(size_of(d, "data") == Objects + HeapSize, "size of data");
  require(size_of(d, "log") == LogSize, "size of log");
  struct stat st;
  require(::stat(d, &st) == 0 && (st.st_mode & 0777) == 0700, "mode of the directory");
  char path[JVM_MAXPATHLEN];
  file_of(d, "data", path);
  require(::stat(path, &st) == 0 && (st.st_mode & 0777) == 0600, "mode of data");
  require((size_t)st.st_blocks * 512 >= Objects + HeapSize, "data has its space");
  for (size_t i = PersistentLayout::RootOffset; i < 1 * M; i++) {
    require(PersistentMedia::tables()[i] == 0, "tables are empty");
  }
}

TEST_OTHER_VM(PersistentMedia, one_vm_at_a_time) {
  Directory d("locked");
  create_heap(d);
  char expected[64];
  os::snprintf(expected, sizeof(expected), "is in use by process %d", os::current_process_id());
  require(!open(d), "second open");
  require(strstr(error, expected) != nullptr, expected);
}

TEST_OTHER_VM(PersistentMedia, bad_paths_and_sizes) {
  Directory d("bad");
  require(!open(""), "empty path");
  require(!open(d, 1 * M), "too small");
  require(strstr(error, "too small") != nullptr, "says too small");
  d.clear();
  PersistentHeapInitialSize = (size_t)1 << 50;
  require(!open(d, (size_t)1 << 50), "larger than any disk");
  PersistentHeapInitialSize = 0;
  require(strstr(error, "free on its disk") != nullptr, "says what is free");
  require(!exists(d, "data") && !exists(d, "log"), "leaves no half heap");
  d.clear();
  char path[JVM_MAXPATHLEN];
  ::mkdir(d, 0700);
  write_bytes(d, "file", 0, "x", 1);
  file_of(d, "file", path);
  require(!open(path), "a file");
  require(strstr(error, "is a file") != nullptr, "says so");
  file_of(d, "missing/heap", path);
  require(!open(path), "no parent");
  require(strstr(error, "cannot be created") != nullptr, "says so");
}

TEST_OTHER_VM(PersistentMedia, every_flipped_superblock_byte_is_refused) {
  Directory d("super");
  Directory c("super-copy");
  create_heap(d);
  c.copy_crashed(d);
  for (size_t i = 0; i < sizeof(PersistentSuperblock); i++) {
    if (i >= offsetof(PersistentSuperblock, crc) + sizeof(uint32_t)) break;     // padding
    flip(c, "data", i);
    require(!open(c), "flipped superblock");
    require(strstr(error, "/data") != nullptr, "names the file");
    remove_file(c, "lock");
    flip(c, "data", i);
  }
  require(open(c), "unharmed again");
}

TEST_OTHER_VM(PersistentMedia, other_version_and_truncation_are_refused) {
  Directory d("version");
  Directory c("version-copy");
  create_heap(d);
  c.copy_crashed(d);
  uint32_t version = PersistentSuperblock::Version + 1;
  write_bytes(c, "data", offsetof(PersistentSuperblock, version), &version, sizeof(version));
  require_refused(c, "format version 3 but this JVM knows version 2");
  c.copy_crashed(d);
  resize(c, "data", Objects + HeapSize - 4 * K);
  require_refused(c, "data is truncated");
  resize(c, "data", 100);
  require_refused(c, "data is truncated");
  c.copy_crashed(d);
  resize(c, "log", LogSize / 2);
  require_refused(c, "/log has");
  c.copy_crashed(d);
  for (int slot = 0; slot < 2; slot++) flip(c, "log", slot * PersistentLogFormat::SlotSize + 8);
  require_refused(c, "belongs to another heap");
}

TEST_OTHER_VM(PersistentMedia, creation_cut_short_is_done_again) {
  Directory d("cut");
  // Nothing but space yet; with and without the log.
  require(open(d, HeapSize), "new heap");       // not recovered: the log was never used
  Directory c("cut-copy");
  c.copy_crashed(d);
  zero(c, "data", 0, 4 * K);
  require(open_and_recover(c, HeapSize), "unfinished");
  c.copy_crashed(d);
  zero(c, "data", 0, 4 * K);
  remove_file(c, "log");
  require(open_and_recover(c, HeapSize), "unfinished, no log");
  c.copy_crashed(d);
  resize(c, "data", 0);
  resize(c, "log", 100);
  require(open_and_recover(c, HeapSize), "unfinished, short log");
}

// A heap that was in use and lost its superblock is no unfinished creation.
TEST_OTHER_VM(PersistentMedia, lost_superblock_is_not_created_again) {
  Directory d("lost");
  Directory c("lost-copy");
  create_heap(d);
  store(Objects, 1, 64);
  c.copy_crashed(d);
  zero(c, "data", 0, 4 * K);
  require_refused(c, "superblock is gone");
  c.copy_crashed(d);
  resize(c, "data", 0);
  require_refused(c, "superblock is gone");
  c.copy_crashed(d);
  remove_file(c, "data");
  require(!open(c), "no data, but a log that was used");
  require(strstr(error, "superblock is gone") != nullptr, "says so");
}

TEST_OTHER_VM(PersistentMedia, grows_and_refuses_to_cut_off_objects) {
  Directory d("grow");
  Directory c("grow-copy");
  create_heap(d);
  c.copy_crashed(d);
  require(open_and_recover(c, 2 * HeapSize), "grown");
  require(PersistentMedia::object_area_size() == 2 * HeapSize, "object area");
  require(PersistentMedia::committed_size() == HeapSize, "the file grows when there is need");
  require(PersistentMedia::grow(2 * HeapSize, error, sizeof(error)), "grows");
  require(PersistentMedia::committed_size() == 2 * HeapSize, "has grown");
  require(size_of(c, "data") == Objects + 2 * HeapSize, "size of data");
  require(is_zero(Objects + HeapSize, 64), "new space is empty");
  // Something in the last lines.
  PersistentLogRecord r;
  uint64_t taken = 1;
  size_t word = 2 * HeapSize / PersistentLayout::LineSize / 64 - 1;
  r.add(PersistentLayout::LineTableOffset + word * 8, &taken, sizeof(taken));
  PersistentLog::wait_durable(append(&r));
  Directory e("grow-again");
  e.copy_crashed(c);
  require(!open_and_recover(e, HeapSize), "too small for what it holds");
  require(strstr(error, "needs at least 67108864 bytes") != nullptr, "says how much");
  remove_file(e, "lock");
  require(open_and_recover(e, 0), "as it is");
  require(PersistentMedia::object_area_size() == 2 * HeapSize, "file length is the truth");
  e.copy_crashed(c);
  resize(e, "data", Objects + HeapSize);
  require(!open_and_recover(e, 0), "grown heap, truncated");
  require(strstr(error, "truncated") != nullptr, "says so");
}

// ---- Recovery ----

static void check_recovery() {
  Directory d("recover");
  Directory c("recover-copy");
  create_heap(d);
  const int n = 200;
  for (int i = 0; i < n; i++) store(Objects + i * 128, i, 100);
  store(Objects, 1000, 100);                      // the last value counts
  c.copy_crashed(d);
  require(open_and_recover(c), "recovered");
  require(PersistentLog::last_seq() == (uint64_t)n + 1, "sequence number");
  require(holds(Objects, 1000, 100), "last value");
  for (int i = 1; i < n; i++) require(holds(Objects + i * 128, i, 100), "value");
  // Recovery that is cut short is done again; what was recovered goes on.
  uint64_t seq = store(Objects + 128, 2000, 100);
  require(seq == (uint64_t)n + 2, "sequence goes on");
  Directory e("recover-again");
  e.copy_crashed(c);
  require(open_and_recover(e), "recovered again");
  require(holds(Objects + 128, 2000, 100) && holds(Objects + 256, 2, 100), "values");
}

TEST_OTHER_VM(PersistentMedia, recovery_file)   { PersistentHeapMedia = "file";   check_recovery(); }
TEST_OTHER_VM(PersistentMedia, recovery_memory) { PersistentHeapMedia = "memory"; check_recovery(); }

// Positions of the records of a fresh log: all 64 bytes long.
static const size_t RecordBytes = sizeof(PersistentRecordHeader) + PersistentWrites::HeaderSize + 64;
static size_t record_position(int i) { return PersistentLogFormat::RingOffset + (size_t)i * RecordBytes; }

TEST_OTHER_VM(PersistentMedia, torn_tail_is_dropped_for_good) {
  Directory d("torn");
  Directory c("torn-copy");
  create_heap(d);
  for (int i = 0; i < 3; i++) store(Objects + i * 64, i, 64);
  for (size_t cut = 0; cut < RecordBytes; cut += 13) {
    c.copy_crashed(d);
    zero(c, "log", record_position(2) + cut, RecordBytes - cut);
    require(open_and_recover(c), "torn tail is normal");
    require(PersistentLog::last_seq() == 2, "two are whole");
    require(holds(Objects, 0, 64) && holds(Objects + 64, 1, 64) && is_zero(Objects + 128, 64), "and applied");
    remove_file(c, "lock");
    // The rest of the record comes back, as if it had been in a slow cache.
    copy_file(d, c, "data");
    char record[RecordBytes];
    read_bytes(d, "log", record_position(2), record, sizeof(record));
    write_bytes(c, "log", record_position(2), record, sizeof(record));
    require(open_and_recover(c), "opened again");
    require(PersistentLog::last_seq() == 2, "the torn record is never accepted later");
    require(is_zero(Objects + 128, 64), "nor applied");
    remove_file(c, "lock");
  }
}

TEST_OTHER_VM(PersistentMedia, damage_in_the_middle_is_refused) {
  Directory d("damage");
  Directory c("damage-copy");
  create_heap(d);
  for (int i = 0; i < 4; i++) store(Objects + i * 64, i, 64);
  for (size_t at = 0; at < RecordBytes; at += 5) {
    c.copy_crashed(d);
    flip(c, "log", record_position(1) + at);
    require_refused(c, "record 2 at offset 8320 was durable and is gone");
  }
}

TEST_OTHER_VM(PersistentMedia, damaged_checkpoint_loses_nothing_silently) {
  Directory d("slots");
  Directory c("slots-copy");
  create_heap(d);           // checkpoint 0 by creation in slot 0, 1 by recovery in slot 1
  c.copy_crashed(d);
  flip(c, "log", PersistentLogFormat::SlotSize + 40);
  require(open_and_recover(c), "torn while opening: nothing was written after it");
  for (int i = 0; i < 4; i++) store(Objects + i * 64, i, 64);
  Directory e("slots-again");
  e.copy_crashed(c);
  // This log has had a recovery more: the newest checkpoint is in slot 1 again.
  flip(e, "log", 0 * PersistentLogFormat::SlotSize + 40);
  require(open_and_recover(e), "the older one is not needed");
  require(PersistentLog::last_seq() == 4 && holds(Objects + 3 * 64, 3, 64), "all there");
  e.copy_crashed(c);
  flip(e, "log", 1 * PersistentLogFormat::SlotSize + 40);
  require_refused(e, "was durable and is gone");
}

TEST_OTHER_VM(PersistentMedia, writes_outside_data_are_refused) {
  const uint64_t offsets[] = {0, 100, Objects + HeapSize - 32, Objects + HeapSize + 4096, ~(uint64_t)0 - 16};
  for (size_t i = 0; i < ARRAY_SIZE(offsets); i++) {
    Directory d("outside");
    Directory c("outside-copy");
    create_heap(d);
    store(Objects, 7, 64);
    store(offsets[i], 8, 64);
    c.copy_crashed(d);
    require_refused(c, "record 2 is not what it should be");
  }
}

TEST_OTHER_VM(PersistentMedia, overflow_records) {
  Directory d("overflow");
  Directory c("overflow-copy");
  create_heap(d);
  const size_t large = 3 * M;
  store(Objects + 8 * M, 1, 64);
  uint64_t seq = store(Objects, 2, large);
  store(Objects + 64, 3, 64);
  require(seq == 2 && size_of(d, "overflow-2") > large, "in a file of its own");
  c.copy_crashed(d);
  write_bytes(c, "overflow-77", 0, "orphan", 6);
  require(open_and_recover(c), "recovered");
  require(holds(Objects + 8 * M, 1, 64) && holds(Objects + 64, 3, 64), "around it");
  require(is_zero(Objects + large, 64), "no further");
  require(holds(Objects, 2, 64), "before what came later");
  require(!exists(c, "overflow-2") && !exists(c, "overflow-77"), "files are deleted");
  c.copy_crashed(d);
  flip(c, "overflow-2", 100000);
  require_refused(c, "record 2 is not what it should be");
  c.copy_crashed(d);
  resize(c, "overflow-2", large);
  require_refused(c, "record 2 is not what it should be");
  c.copy_crashed(d);
  remove_file(c, "overflow-2");
  require_refused(c, "record 2 is not what it should be");
}

// ---- The applier ----

// Many laps of the log with the applier running.
static void check_applier() {
  Directory d("applier");
  Directory c("applier-copy");
  create_heap(d);
  PersistentLog::start_threads();
  const int slots = 64;
  const size_t bytes = 4096;
  const int n = 3000;
  PersistentLogRecord large;                      // does not fit into the log
  fill(large.add(Objects + 4 * M, 2 * M), 5, 2 * M);
  PersistentLog::wait_durable(append(&large));
  PersistentLog::drain();
  require(holds(Objects + 4 * M, 5, 2 * M), "applied");
  uint64_t base = PersistentLog::last_seq();
  for (int i = 0; i < n; i++) {
    PersistentLogRecord r;
    size_t length = 8 + (size_t)(i * 997) % (bytes - 8);
    fill(r.add(Objects + (i % slots) * bytes, (uint32_t)length), i, length);
    uint64_t seq = append(&r);
    require(seq == base + i + 1, "sequence number");
    if (i % 10 == 9) PersistentLog::wait_durable(seq);
  }
  PersistentLog::wait_durable(PersistentLog::last_seq());
  uint64_t last = PersistentLog::last_seq();
  PersistentLog::drain();
  for (int i = n - slots; i < n; i++) {
    size_t length = 8 + (size_t)(i * 997) % (bytes - 8);
    require(holds(Objects + (i % slots) * bytes, i, length), "home");
  }
  store(Objects + 16 * M, 9, 64);
  PersistentLog::stop_threads();
  require(!exists(d, "overflow-1"), "deleted once applied");
  c.copy_crashed(d);
  require(open_and_recover(c), "recovered");
  require(PersistentLog::last_seq() == last + 1, "nothing is lost");
  require(holds(Objects + 16 * M, 9, 64), "the last one");
  for (int i = n - slots; i < n; i++) {
    size_t length = 8 + (size_t)(i * 997) % (bytes - 8);
    require(holds(Objects + (i % slots) * bytes, i, length), "home after recovery");
  }
}

TEST_OTHER_VM(PersistentMedia, applier_file)   { PersistentHeapMedia = "file";   check_applier(); }
TEST_OTHER_VM(PersistentMedia, applier_memory) { PersistentHeapMedia = "memory"; check_applier(); }

// ---- Group commit ----

// What has been waited for is durable, whichever group it was in. Four threads, each with a word of its own.
class CommitInGroups : public TestRunnable {
  static volatile int _next;
 public:
  void runUnitTest() const override {
    static thread_local int mine = Atomic::fetch_then_add(&_next, 1);
    static thread_local uint64_t value = 0;
    for (int i = 0; i < 20; i++) {
      value++;
      PersistentLogRecord r;
      r.add_value(Objects + mine * 64, sizeof(value), value);
      uint64_t seq = append(&r);
      PersistentLog::wait_durable(seq);
      require(PersistentLog::durable_seq() >= seq, "durable after wait_durable");
    }
    PersistentLogRecord r;
    r.add_value(Objects + mine * 64 + 8, sizeof(value), value);
    PersistentLog::wait_durable(append(&r));
  }
  static int threads() { return _next; }
};

volatile int CommitInGroups::_next = 0;

TEST_OTHER_VM(PersistentMedia, commit_in_groups) {
  PersistentHeapMedia = "file";
  Directory d("groups");
  Directory c("groups-copy");
  create_heap(d);
  PersistentLog::start_threads();
  CommitInGroups test;
  ConcurrentTestRunner runner(&test, 4, 200);
  runner.run();
  require(CommitInGroups::threads() == 4, "threads");
  require(PersistentLog::durable_seq() == PersistentLog::last_seq(), "durable");
  PersistentLog::stop_threads();
  c.copy_crashed(d);
  require(open_and_recover(c), "recovered");
  for (int i = 0; i < CommitInGroups::threads(); i++) {
    uint64_t words[2];
    PersistentMedia::read_data(Objects + i * 64, words, sizeof(words));
    require(words[0] == words[1] && words[0] % 20 == 0 && words[0] > 0, "last value");
  }
}
