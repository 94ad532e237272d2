/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

#ifndef SHARE_PERSISTENT_PERSISTENTTRACE_HPP
#define SHARE_PERSISTENT_PERSISTENTTRACE_HPP

#include "memory/allStatic.hpp"
#include "persistent/persistent_globals.hpp"
#include "utilities/globalDefinitions.hpp"

// -XX:PersistentHeapTrace=<file>: what happens to the heap's files, in an order in which it can have
// happened, for the crash tests (doc/crash-states.md). A write is recorded after it was done, a sync
// before and after.
//
// -XX:PersistentHeapBreak=<step>,... leaves out (or misplaces) steps, in debug VMs, to see that those
// tests find it:
//
//   log-fence         the fence behind a record (dax, memory)
//   log-flush         the write back of the log's cache lines (dax, memory)
//   log-sync          group commit's fdatasync (file)
//   early-durable     record headers take the record before for durable
//   data-flush        the write back of data's cache lines (dax, memory)
//   data-sync         data is not made durable before a checkpoint
//   checkpoint-first  the checkpoint, then data: two steps swapped
//   early-trim        log space is free before the checkpoint is durable
//   checksum          recovery does not look at records' checksums
//   epoch             recovery goes on with the old epoch
//   overflow-sync     the fdatasync of an overflow file
//   overflow-delete   an overflow file is deleted before the checkpoint
//   superblock-first  a new heap's superblock before its log
//   grow-sync         the fsync of a file that has grown
//
// These break nothing:
//
//   applier-eager     the applier writes a checkpoint each time it has applied something
//   applier-idle      it does nothing until it must
//   open-idle         the thread that opens beside the program does nothing, only faults do
class PersistentTrace : public AllStatic {
  static bool _enabled;
  static bool is_named(const char* step);
  static void event(uint32_t type, uint64_t file, uint64_t offset, const void* bytes, size_t length, size_t payload);

 public:
  // Which file: overflow-<seq> is overflow + seq.
  enum File : uint64_t { data = 0, log = 1, overflow = 16 };
  enum Type : uint32_t {
    opened = 1, stored, flushed, fenced, written, sync_begun, sync_ended, resized_, created_, deleted_,
    directory_synced_, appended_, durable_, acknowledged_
  };

  static void start();
  static bool is_enabled()                        { return _enabled; }

  static void kind(uint64_t kind)                 { if (_enabled) event(opened, kind, 0, nullptr, 0, 0); }
  // Through a mapping: store, write back, fence. The fence is the thread's own.
  static void store(File f, uint64_t offset, const void* bytes, size_t n) { if (_enabled) event(stored, f, offset, bytes, n, n); }
  static void flush(File f, uint64_t offset, size_t n) { if (_enabled) event(flushed, f, offset, nullptr, n, 0); }
  static void fence()                             { if (_enabled) event(fenced, 0, 0, nullptr, 0, 0); }
  // Through the file: pwrite, fsync or fdatasync, ftruncate or fallocate.
  static void write(uint64_t f, uint64_t offset, const void* bytes, size_t n) { if (_enabled) event(written, f, offset, bytes, n, n); }
  static void sync_begin(uint64_t f)              { if (_enabled) event(sync_begun, f, 0, nullptr, 0, 0); }
  static void sync_end(uint64_t f)                { if (_enabled) event(sync_ended, f, 0, nullptr, 0, 0); }
  static void resize(uint64_t f, uint64_t size)   { if (_enabled) event(resized_, f, size, nullptr, 0, 0); }
  static void create(uint64_t f)                  { if (_enabled) event(created_, f, 0, nullptr, 0, 0); }
  static void remove(uint64_t f)                  { if (_enabled) event(deleted_, f, 0, nullptr, 0, 0); }
  static void directory_sync()                    { if (_enabled) event(directory_synced_, 0, 0, nullptr, 0, 0); }
  // What is meant: the record handed to the log; its writes, wherever they are put.
  static void append(uint64_t seq, const void* bytes, size_t n) { if (_enabled) event(appended_, seq, 0, bytes, n, n); }
  // What is claimed: durable up to seq; and that a commit or force has returned.
  static void durable(uint64_t seq)               { if (_enabled) event(durable_, seq, 0, nullptr, 0, 0); }
  static void acknowledge(uint64_t seq)           { if (_enabled) event(acknowledged_, seq, 0, nullptr, 0, 0); }

  static bool is_broken(const char* step)         { return PersistentHeapBreak != nullptr && is_named(step); }
};

#endif // SHARE_PERSISTENT_PERSISTENTTRACE_HPP
