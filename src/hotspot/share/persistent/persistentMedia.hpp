/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

#ifndef SHARE_PERSISTENT_PERSISTENTMEDIA_HPP
#define SHARE_PERSISTENT_PERSISTENTMEDIA_HPP

#include "memory/allStatic.hpp"
#include "utilities/globalDefinitions.hpp"

class outputStream;

// The first page of the file `data`. Little endian; crc is zlib's crc32 of
// everything before it. What cannot change while the heap lives.
struct PersistentSuperblock {
  static const uint64_t Magic = 0x3170616568726576;     // the bytes "verheap1"
  static const uint32_t Version = 2;
  uint64_t magic;
  uint32_t version;
  uint32_t header_size;         // sizeof(PersistentSuperblock)
  uint8_t  uuid[16];            // the log carries the same
  uint64_t reference_base;      // address the media form of references counts from: 4 GB
  uint32_t reference_shift;     // 3
  uint32_t object_alignment;
  uint32_t compact_headers;     // 0: objects have a class id of their own
  uint32_t compact_strings;
  uint32_t array_base_offsets;  // of byte[] | Object[] << 16
  uint32_t line_size;           // 256
  uint64_t meta_offset[4];      // line table, class table; 0, 0
  uint64_t meta_size[4];        // of these; of the log; the object area's maximum when created
  uint64_t object_offset;       // first byte of the object area in the file
  uint64_t created_millis;
  uint32_t reserved[8];
  uint32_t crc;                 // of everything before

  uint32_t compute_crc() const;
};

// Where things stand in `data`. Offsets are from the start of the file. The log
// speaks in these offsets, so the applier needs to know nothing else.
class PersistentLayout : public AllStatic {
 public:
  static const size_t LineSize         = 256;        // of the object area, see persistentSpace.hpp
  static const size_t SuperblockOffset = 0;          // one page
  static const size_t RootOffset       = 4 * K;      // u64: reference (media form) of the root directory
  static const size_t LineTableOffset  = 64 * K;     // bit per line: taken
  static const size_t LineTableSize    = 8 * M;      // 64 M lines = 16 GB
  static const size_t ClassTableOffset = 8 * M + 512 * K;    // records, see persistentClassTable.hpp
  static const size_t ClassTableSize   = 7 * M + 512 * K;
  static const size_t ObjectOffset     = 16 * M;     // the object area follows
};

// The heap's files and how to write them. Knows nothing of objects.
class PersistentMedia : public AllStatic {
 public:
  enum class Kind { dax, memory, file };

  // ---- Opening: false with one sentence in errbuf ----
  // Creates the directory and the files if missing, takes the lock, checks the
  // superblock. requested_size 0: as is, or the default for a new heap.
  static bool open(const char* directory, size_t requested_size, size_t requested_log_size, char* errbuf, size_t errlen);
  // Maps the tables, and for dax and memory data and log, shared; then opens the log
  // (PersistentLog::open) and replays it.
  static bool map_and_recover(char* errbuf, size_t errlen);

  static bool is_new();                     // the heap was created by open()
  static Kind kind();
  static const char* kind_name();
  static const char* directory();
  static const PersistentSuperblock* superblock();
  static size_t object_area_size();         // bytes, a multiple of PHeap::Alignment: the most there may be
  static size_t committed_size();           // of it, what the file has so far
  // Gives the file space for that many bytes of objects; false if the disk has none.
  static bool   grow(size_t size, char* errbuf, size_t errlen);

  // Maps the object area privately at addr (MAP_PRIVATE | MAP_FIXED | MAP_NORESERVE).
  static bool map_objects(char* addr, size_t size, char* errbuf, size_t errlen);
  // A part of it, the same way but at any address; null: see errno.
  static char* map_objects_anywhere(size_t offset, size_t size);

  // The tables as they are on the media (root, lines, classes): a read-only view
  // of the first ObjectOffset bytes of `data`.
  static const char* tables();

  // ---- Writing; by the log and the applier only ----
  // Home location of an applied write: durable after the next sync_data().
  static void write_data(uint64_t offset, const void* bytes, size_t length);
  static void sync_data();
  // Reads the media itself (not the private mapping).
  static void read_data(uint64_t offset, void* bytes, size_t length);

  static size_t data_file_size();

  // ---- Files of ours, the heap's and others ----

  // openat with O_CLOEXEC. Never descriptor 0, 1 or 2, which are free if the process was started with them closed:
  // what the program prints would go to the file.
  static int  open_at(int directory, const char* path, int flags);
  // One in the heap's directory, which may have been moved since it was opened.
  static int  open_file(const char* name, int flags);
  // The names in a directory are there for good. True too where there is no such thing: file systems that cannot
  // say so, directories that may not be read.
  static bool sync_directory(int directory, const char* path);

  // pread and pwrite of all n bytes of any file; false: see errno.
  static bool read_fully(int fd, void* to, size_t n, off_t at);
  static bool write_fully(int fd, const void* from, size_t n, off_t at);

  // The file `log`; the log's own business.
  static size_t      log_size();
  static const char* log_view();
  static void        write_log(uint64_t offset, const void* bytes, size_t length);
  static void        sync_log();
  static void        sync_checkpoint();     // the same for what is not a commit's: neither takes an error for the other
  // Keeps it mapped for who applies it, which then needs no descriptor: the process may have none left.
  static bool        write_overflow(uint64_t seq, const void* bytes, size_t length, char* err, size_t len);
  static const char* map_overflow(uint64_t seq, size_t length);      // null: see errno; ENOENT: missing or of another length
  static void        unmap_overflow(const char* p, size_t length);
  // Whether there is room for another file of that size.
  static bool        has_room(size_t bytes);
  static void        delete_overflow(uint64_t seq);
  static void        delete_all_overflow();

  static void print_on(outputStream* st);
};

#endif // SHARE_PERSISTENT_PERSISTENTMEDIA_HPP
