/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

#include "persistent/persistentMedia.hpp"

#include "jvm_io.h"
#include "logging/log.hpp"
#include "persistent/persistentHeap.hpp"
#include "persistent/persistentLog.hpp"
#include "persistent/persistentLogFormat.hpp"
#include "persistent/persistentTrace.hpp"
#include "persistent/persistent_globals.hpp"
#include "runtime/globals.hpp"
#include "runtime/java.hpp"
#include "runtime/mutex.hpp"
#include "runtime/os.hpp"
#include "utilities/align.hpp"
#include "utilities/growableArray.hpp"
#include "utilities/macros.hpp"
#include "utilities/ostream.hpp"

#include CPU_HEADER_INLINE(persistentCacheLine)

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <unistd.h>

#ifndef MAP_SYNC
#define MAP_SYNC 0x80000
#endif
#ifndef MAP_SHARED_VALIDATE
#define MAP_SHARED_VALIDATE 0x03
#endif

static const long   TmpfsMagic     = 0x01021994;
static const size_t DefaultSize    = 1 * G;
static const size_t DefaultInitialSize = 64 * M;
static const size_t DefaultLogSize = 64 * M;
static const size_t MinSize        = 32 * M;
static const size_t MinLogSize     = 1 * M;

static char   directory_name[JVM_MAXPATHLEN];     // as it was given: it may be moved
static int    directory_fd = -1;
static int    data_fd = -1;
static int    log_fd  = -1;
static int    checkpoint_fd = -1;     // the log, too: the kernel tells each opener of a file once that it could not be written
static int    lock_fd = -1;
static bool   created = false;
static PersistentMedia::Kind media_kind = PersistentMedia::Kind::file;
static PersistentSuperblock super;
static size_t data_size = 0;          // of the file
static size_t object_size = 0;        // of the part that is mapped
static size_t file_log_size = 0;
static char*  data_map = nullptr;     // dax, memory: `data`, shared
static char*  log_map = nullptr;      // dax, memory: `log`, shared; file: read-only
static char*  table_map = nullptr;

static bool refuse(char* err, size_t len, const char* format, ...) ATTRIBUTE_PRINTF(3, 4);
static bool refuse(char* err, size_t len, const char* format, ...) {
  va_list ap;
  va_start(ap, format);
  os::vsnprintf(err, len, format, ap);
  va_end(ap);
  return false;
}

uint32_t PersistentSuperblock::compute_crc() const {
  return PersistentLogFormat::crc(0, this, offsetof(PersistentSuperblock, crc));
}

int PersistentMedia::open_at(int directory, const char* path, int flags) {
  int fd = ::openat(directory, path, flags | O_CLOEXEC, 0600);
  if (fd < 0 || fd > STDERR_FILENO) return fd;
  int higher = ::fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
  int e = errno;
  ::close(fd);
  errno = e;
  return higher;
}

int PersistentMedia::open_file(const char* name, int flags) { return open_at(directory_fd, name, flags); }

bool PersistentMedia::read_fully(int fd, void* to, size_t n, off_t at) {
  char* p = (char*)to;
  while (n > 0) {
    ssize_t r = ::pread(fd, p, n, at);
    if (r < 0 && errno == EINTR) continue;
    if (r == 0) errno = EIO;        // the file has become shorter
    if (r <= 0) return false;
    p += r; n -= (size_t)r; at += r;
  }
  return true;
}

bool PersistentMedia::write_fully(int fd, const void* from, size_t n, off_t at) {
  const char* p = (const char*)from;
  while (n > 0) {
    ssize_t r = ::pwrite(fd, p, n, at);
    if (r < 0 && errno == EINTR) continue;
    if (r == 0) errno = ENOSPC;
    if (r <= 0) return false;
    p += r; n -= (size_t)r; at += r;
  }
  return true;
}

static const char* error_text(int e) {
  return e == EDQUOT ? "Disk quota exceeded" : os::strerror(e);      // HotSpot's own table says "Reserved"
}

// Nothing that was acknowledged may depend on what comes after a failed write: stop.
static void media_failure(const char* what) {
  fatal("persistent heap %s: %s failed: %s; what was acknowledged is safe, restart after mending the media",
        directory_name, what, error_text(errno));
}

// fsync or fdatasync; a signal does not end it.
static bool sync_fully(int fd, int sync(int)) {
  int r;
  do { r = sync(fd); } while (r != 0 && errno == EINTR);
  return r == 0;
}

// EBADF: O_PATH, of a directory that may not be read.
static bool sync_directory(int fd) {
  return sync_fully(fd, ::fsync) || errno == EINVAL || errno == ENOSYS || errno == ENOTSUP || errno == EBADF;
}

bool PersistentMedia::sync_directory(int directory, const char* path) {
  int fd = open_at(directory, path, O_RDONLY | O_DIRECTORY);
  if (fd < 0) return errno == EACCES;
  bool ok = ::sync_directory(fd);
  int e = errno;
  ::close(fd);
  errno = e;
  return ok;
}

// The names in the heap's directory are there for good.
static bool sync_names() {
  if (!sync_directory(directory_fd)) return false;
  PersistentTrace::directory_sync();
  return true;
}

// The name of the heap's directory is.
static bool sync_parent() { return PersistentMedia::sync_directory(directory_fd, ".."); }

static PersistentTrace::File file_of(int fd) { return fd == data_fd ? PersistentTrace::data : PersistentTrace::log; }

// Data or log through its descriptor, at any kind of media.
static bool write_file(int fd, const void* bytes, size_t length, off_t at) {
  if (!PersistentMedia::write_fully(fd, bytes, length, at)) return false;
  PersistentTrace::write(file_of(fd), (uint64_t)at, bytes, length);
  return true;
}

static bool sync_file(int fd) {
  PersistentTrace::sync_begin(file_of(fd));
  if (!sync_fully(fd, ::fsync)) return false;
  PersistentTrace::sync_end(file_of(fd));
  return true;
}

static bool sync_contents(int fd) {
  PersistentTrace::sync_begin(file_of(fd));
  if (!sync_fully(fd, ::fdatasync)) return false;
  PersistentTrace::sync_end(file_of(fd));
  return true;
}

// Gives the file its space from old_size on, so that a full disk is an error now and no SIGBUS later. Not what it has already: where
// the file system cannot do it, glibc reads a byte of each block and writes it, while the applier may be writing another.
static bool allocate(int fd, size_t old_size, size_t size, const char* what, const char* flag, char* err, size_t len) {
  assert(old_size < size, "must be");
  struct stat st;
  struct statvfs fs;
  if (::fstat(fd, &st) == 0 && ::fstatvfs(fd, &fs) == 0) {
    uint64_t have = (uint64_t)st.st_blocks * 512;
    uint64_t available = (uint64_t)fs.f_bavail * fs.f_frsize;
    if (size > have && size - have > available) {
      return refuse(err, len, "%s/%s needs %zu bytes but only " UINT64_FORMAT " are free on its disk; use a smaller -XX:%s",
                    directory_name, what, size, available, flag);
    }
  }
  int e;
  do { e = ::posix_fallocate(fd, (off_t)old_size, (off_t)(size - old_size)); } while (e == EINTR);
  if (e != 0) {
    return refuse(err, len, "%s/%s cannot be given %zu bytes: %s; use a smaller -XX:%s",
                  directory_name, what, size, error_text(e), flag);
  }
  PersistentTrace::resize(file_of(fd), size);
  return true;
}

// A copy may have holes, which would be a SIGBUS, or an error that is fatal, once the disk is full. Nobody else writes yet.
static bool fill_holes(int fd, size_t size, const char* what, char* err, size_t len) {
  struct stat st;
  if (::fstat(fd, &st) != 0 || (uint64_t)st.st_blocks * 512 >= size) return true;
  int r;
  do { r = ::fallocate(fd, 0, 0, (off_t)size); } while (r != 0 && errno == EINTR);
  return r == 0 || (errno != ENOSPC && errno != EDQUOT) ||
         refuse(err, len, "%s/%s has holes, and its disk has no space to fill them; make room", directory_name, what);
}

static bool create(size_t requested, size_t requested_log, char* err, size_t len) {
  if (ObjectAlignmentInBytes != 8) {
    return refuse(err, len, "-XX:ObjectAlignmentInBytes=%d contradicts -XX:PersistentHeap=%s, which needs 8: remove the flag",
                  (int)ObjectAlignmentInBytes, directory_name);
  }
  if (requested != 0 && requested < MinSize) {
    return refuse(err, len, "-XX:PersistentHeapSize=%zu is too small: use at least %zu bytes", requested, MinSize);
  }
  if (requested_log != 0 && requested_log < MinLogSize) {
    return refuse(err, len, "-XX:PersistentHeapLogSize=%zu is too small: use at least %zu bytes", requested_log, MinLogSize);
  }
  object_size   = align_up(requested == 0 ? DefaultSize : requested, PHeap::Alignment);
  file_log_size = align_up(requested_log == 0 ? DefaultLogSize : requested_log, (size_t)64 * K);
  size_t initial = PersistentHeapInitialSize == 0 ? DefaultInitialSize : PersistentHeapInitialSize;
  data_size     = PersistentLayout::ObjectOffset + align_up(MIN2(object_size, initial), PHeap::Alignment);
  // Nothing of an attempt before may show through.
  if (::ftruncate(data_fd, 0) != 0 || ::ftruncate(log_fd, 0) != 0) {
    return refuse(err, len, "%s cannot be written: %s", directory_name, error_text(errno));
  }
  PersistentTrace::resize(PersistentTrace::data, 0);
  PersistentTrace::resize(PersistentTrace::log, 0);
  if (!allocate(data_fd, 0, data_size, "data", "PersistentHeapSize", err, len) ||
      !allocate(log_fd, 0, file_log_size, "log", "PersistentHeapLogSize", err, len)) {
    // Leave no half heap behind.
    ::unlinkat(directory_fd, "data", 0);
    ::unlinkat(directory_fd, "log", 0);
    return false;
  }
  memset(&super, 0, sizeof(super));
  super.magic              = PersistentSuperblock::Magic;
  super.version            = PersistentSuperblock::Version;
  super.header_size        = sizeof(super);
  int random = PersistentMedia::open_at(AT_FDCWD, "/dev/urandom", O_RDONLY);
  if (random < 0 || !PersistentMedia::read_fully(random, super.uuid, sizeof(super.uuid), 0)) {
    jlong now = os::javaTimeNanos();
    memcpy(super.uuid, &now, sizeof(now));
  }
  if (random >= 0) ::close(random);
  super.reference_base     = 4 * (uint64_t)G;
  super.reference_shift    = 3;
  super.object_alignment   = (uint32_t)ObjectAlignmentInBytes;
  super.compact_strings    = CompactStrings;
  super.line_size          = PersistentLayout::LineSize;
  super.meta_offset[0]     = PersistentLayout::LineTableOffset;
  super.meta_size[0]       = PersistentLayout::LineTableSize;
  super.meta_offset[1]     = PersistentLayout::ClassTableOffset;
  super.meta_size[1]       = PersistentLayout::ClassTableSize;
  super.meta_size[2]       = file_log_size;
  super.meta_size[3]       = object_size;
  super.object_offset      = PersistentLayout::ObjectOffset;
  super.created_millis     = (uint64_t)os::javaTimeMillis();
  super.crc                = super.compute_crc();
  if (PersistentTrace::is_broken("superblock-first")) write_file(data_fd, &super, sizeof(super), PersistentLayout::SuperblockOffset);
  // The log first, the superblock last: a heap without one was never finished.
  if (!PersistentLog::format(log_fd, file_log_size, super.uuid) || !sync_file(log_fd) || !sync_file(data_fd)) {
    return refuse(err, len, "%s/log cannot be written: %s", directory_name, error_text(errno));
  }
  // And both files are there for good before one says that the other is.
  if (!sync_names() || !sync_parent()) {
    return refuse(err, len, "%s cannot be written: fsync of the directory: %s", directory_name, error_text(errno));
  }
  if (!write_file(data_fd, &super, sizeof(super), PersistentLayout::SuperblockOffset) || !sync_file(data_fd)) {
    return refuse(err, len, "%s/data cannot be written: %s", directory_name, error_text(errno));
  }
  created = true;
  return true;
}

static bool check(size_t requested, char* err, size_t len) {
  const char* backup = "restore the heap from a backup";
  if (super.magic != PersistentSuperblock::Magic) {
    return refuse(err, len, "%s/data is not a persistent heap or its superblock is damaged; %s", directory_name, backup);
  }
  if (super.version != PersistentSuperblock::Version) {
    return refuse(err, len, "%s/data has format version %u but this JVM knows version %u; use the JVM that wrote it",
                  directory_name, super.version, PersistentSuperblock::Version);
  }
  if (super.header_size != sizeof(super) || super.crc != super.compute_crc()) {
    return refuse(err, len, "%s/data is damaged: the superblock's checksum is wrong; %s", directory_name, backup);
  }
  // The checksum says that this is what was written, not that it makes sense.
  if (super.reference_base != 4 * (uint64_t)G || super.reference_shift != 3 || super.line_size != PersistentLayout::LineSize ||
      super.compact_headers != 0 ||
      super.meta_offset[0] != PersistentLayout::LineTableOffset || super.meta_size[0] != PersistentLayout::LineTableSize ||
      super.meta_offset[1] != PersistentLayout::ClassTableOffset || super.meta_size[1] != PersistentLayout::ClassTableSize ||
      super.meta_size[2] < MinLogSize || super.meta_size[3] == 0 || !is_aligned(super.meta_size[3], PHeap::Alignment) ||
      super.meta_size[3] > PersistentLayout::LineTableSize * BitsPerByte * PersistentLayout::LineSize ||
      super.object_offset != PersistentLayout::ObjectOffset) {
    return refuse(err, len, "%s/data is damaged: the superblock has values that no heap has; %s", directory_name, backup);
  }
  if (data_size < PersistentLayout::ObjectOffset + PHeap::Alignment) {
    return refuse(err, len, "%s/data is truncated: it has %zu bytes; %s", directory_name, data_size, backup);
  }
  if (file_log_size != super.meta_size[2]) {
    return refuse(err, len, "%s/log has %zu bytes instead of " UINT64_FORMAT "; %s", directory_name, file_log_size,
                  (uint64_t)super.meta_size[2], backup);
  }
  if (!fill_holes(data_fd, data_size, "data", err, len) || !fill_holes(log_fd, file_log_size, "log", err, len)) return false;
  object_size = MAX2(align_down(data_size - PersistentLayout::ObjectOffset, PHeap::Alignment), (size_t)super.meta_size[3]);
  if (requested != 0) {
    if (requested < MinSize) {
      return refuse(err, len, "-XX:PersistentHeapSize=%zu is too small: use at least %zu bytes", requested, MinSize);
    }
    // Smaller is possible if nothing lies beyond: known once the log is replayed.
    object_size = align_up(requested, PHeap::Alignment);
  }
  return true;
}

static bool find_kind(char* err, size_t len) {
  struct statfs fs;
  bool tmpfs = ::fstatfs(data_fd, &fs) == 0 && (long)fs.f_type == TmpfsMagic;
  bool sync = false;
  void* p = ::mmap(nullptr, os::vm_page_size(), PROT_READ, MAP_SHARED_VALIDATE | MAP_SYNC, data_fd, 0);
  if (p != MAP_FAILED) {
    sync = true;
    ::munmap(p, os::vm_page_size());
  }
  if (strcmp(PersistentHeapMedia, "auto") == 0) {
    media_kind = sync ? PersistentMedia::Kind::dax : tmpfs ? PersistentMedia::Kind::memory : PersistentMedia::Kind::file;
  } else if (strcmp(PersistentHeapMedia, "dax") == 0) {
    if (!sync) {
      return refuse(err, len, "-XX:PersistentHeapMedia=dax: %s is not on a DAX file system (MAP_SYNC failed); use auto", directory_name);
    }
    media_kind = PersistentMedia::Kind::dax;
  } else if (strcmp(PersistentHeapMedia, "memory") == 0) {
    media_kind = PersistentMedia::Kind::memory;
  } else if (strcmp(PersistentHeapMedia, "file") == 0) {
    media_kind = PersistentMedia::Kind::file;
  } else {
    return refuse(err, len, "-XX:PersistentHeapMedia=%s: use auto, dax, memory or file", PersistentHeapMedia);
  }
  return true;
}

bool PersistentMedia::open(const char* directory, size_t requested, size_t requested_log, char* err, size_t len) {
  PersistentTrace::start();
  if (strlen(directory) == 0 || strlen(directory) > sizeof(directory_name) - 64) {
    return refuse(err, len, "-XX:PersistentHeap needs the path of a directory");
  }
  os::snprintf(directory_name, sizeof(directory_name), "%s", directory);
  struct stat st;
  if (::stat(directory_name, &st) != 0) {
    if (::mkdir(directory_name, 0700) != 0) {
      return refuse(err, len, "-XX:PersistentHeap=%s: the directory cannot be created: %s", directory_name, error_text(errno));
    }
  } else if (!S_ISDIR(st.st_mode)) {
    return refuse(err, len, "-XX:PersistentHeap=%s is a file; name a directory", directory_name);
  }
  directory_fd = open_at(AT_FDCWD, directory_name, O_RDONLY | O_DIRECTORY);
  if (directory_fd < 0 && errno == EACCES) directory_fd = open_at(AT_FDCWD, directory_name, O_PATH | O_DIRECTORY);
  if (directory_fd < 0) {
    return refuse(err, len, "-XX:PersistentHeap=%s: the directory cannot be opened: %s", directory_name, error_text(errno));
  }
  lock_fd = open_file("lock", O_RDWR | O_CREAT);
  if (lock_fd < 0) {
    return refuse(err, len, "-XX:PersistentHeap=%s: the directory cannot be written: %s", directory_name, error_text(errno));
  }
  char pid[32] = {0};
  if (::flock(lock_fd, LOCK_EX | LOCK_NB) != 0) {
    ssize_t n = ::pread(lock_fd, pid, sizeof(pid) - 1, 0);
    (void)n;
    return refuse(err, len, "Persistent heap %s is in use by process %s; stop that first", directory_name, pid[0] == 0 ? "unknown" : pid);
  }
  os::snprintf(pid, sizeof(pid), "%d", os::current_process_id());
  if (::ftruncate(lock_fd, 0) == 0) write_fully(lock_fd, pid, strlen(pid), 0);

  data_fd = open_file("data", O_RDWR | O_CREAT);
  log_fd  = open_file("log", O_RDWR | O_CREAT);
  PersistentTrace::create(PersistentTrace::data);
  PersistentTrace::create(PersistentTrace::log);
  checkpoint_fd = open_file("log", O_RDWR);
  if (data_fd < 0 || log_fd < 0 || checkpoint_fd < 0) {
    return refuse(err, len, "%s/%s cannot be opened: %s", directory_name, data_fd < 0 ? "data" : "log", error_text(errno));
  }
  ::fstat(data_fd, &st);
  data_size = (size_t)st.st_size;
  ::fstat(log_fd, &st);
  file_log_size = (size_t)st.st_size;

  // A page of zeros where the superblock should be: creation was cut short.
  char page[4 * K];
  memset(page, 0, sizeof(page));
  bool unfinished = true;
  if (data_size >= sizeof(page)) {
    if (!read_fully(data_fd, page, sizeof(page), 0)) {
      return refuse(err, len, "%s/data cannot be read: %s", directory_name, error_text(errno));
    }
    for (size_t i = 0; i < sizeof(page) && unfinished; i++) unfinished = page[i] == 0;
    memcpy(&super, page, sizeof(super));
  } else if (data_size != 0) {
    return refuse(err, len, "%s/data is truncated: it has %zu bytes; restore the heap from a backup", directory_name, data_size);
  }
  // On dax the superblock itself may be there in part. A log that is formatted and was never used tells.
  bool other_version = super.magic == PersistentSuperblock::Magic && super.version != 0 && super.version != PersistentSuperblock::Version;
  bool whole = super.magic == PersistentSuperblock::Magic && super.crc == super.compute_crc();
  if (!unfinished && !whole && !other_version) {
    unfinished = PersistentLog::is_fresh(log_fd);
  }
  // The superblock is older than the first use of the log.
  if (unfinished && PersistentLog::was_used(log_fd)) {
    return refuse(err, len, "%s/data is damaged: its superblock is gone although %s/log was in use; restore the heap from a backup",
                  directory_name, directory_name);
  }
  bool ok = unfinished ? create(requested, requested_log, err, len) : check(requested, err, len);
  if (!ok || !find_kind(err, len)) return false;
  PersistentTrace::kind((uint64_t)media_kind);
  return true;
}

static char* map(int fd, size_t size, int prot, bool sync) {
  int flags = sync ? (MAP_SHARED_VALIDATE | MAP_SYNC) : MAP_SHARED;
  void* p = ::mmap(nullptr, size, prot, flags, fd, 0);
  return p == MAP_FAILED ? nullptr : (char*)p;
}

// Overflow files that this process has written and not yet applied, in this order.
class MappedOverflows : public AllStatic {
  struct Mapping { uint64_t seq; char* p; };
  static PlatformMutex* _lock;      // of those who append and the applier; a leaf
  static GrowableArrayCHeap<Mapping, mtPersistent>* _mappings;

 public:
  static void initialize() {
    _lock = new PlatformMutex();
    _mappings = new GrowableArrayCHeap<Mapping, mtPersistent>();
  }

  static void put(uint64_t seq, char* p) {
    _lock->lock();
    _mappings->append(Mapping{seq, p});
    _lock->unlock();
  }

  // Null if it was written by a process before.
  static char* take(uint64_t seq) {
    char* p = nullptr;
    _lock->lock();
    if (_mappings->is_nonempty() && _mappings->first().seq == seq) {
      p = _mappings->first().p;
      _mappings->remove_at(0);
    }
    _lock->unlock();
    return p;
  }
};

PlatformMutex* MappedOverflows::_lock = nullptr;
GrowableArrayCHeap<MappedOverflows::Mapping, mtPersistent>* MappedOverflows::_mappings = nullptr;

bool PersistentMedia::map_and_recover(char* err, size_t len) {
  bool mapped = media_kind != Kind::file;
  bool sync = media_kind == Kind::dax;
  table_map = map(data_fd, PersistentLayout::ObjectOffset, PROT_READ, false);
  log_map   = map(log_fd, file_log_size, mapped ? (PROT_READ | PROT_WRITE) : PROT_READ, sync);
  // Beyond the end of the file too: it may grow.
  if (mapped) data_map = map(data_fd, MAX2(data_size, PersistentLayout::ObjectOffset + object_size), PROT_READ | PROT_WRITE, sync);
  if (table_map == nullptr || log_map == nullptr || (mapped && data_map == nullptr)) {
    return refuse(err, len, "%s cannot be mapped: %s", directory_name, error_text(errno));
  }
  MappedOverflows::initialize();
  if (!PersistentLog::open(err, len) || !PersistentLog::recover(err, len)) return false;

  const uint64_t* taken = (const uint64_t*)(table_map + PersistentLayout::LineTableOffset);
  size_t words = PersistentLayout::LineTableSize / sizeof(uint64_t);
  while (words > 0 && taken[words - 1] == 0) words--;
  size_t end = words * 64 * PersistentLayout::LineSize;
  if (PersistentLayout::ObjectOffset + end > data_size) {
    return refuse(err, len, "%s/data is truncated: objects reach up to %zu of %zu bytes; restore the heap from a backup",
                  directory_name, PersistentLayout::ObjectOffset + end, data_size);
  }
  if (end > object_size) {
    return refuse(err, len, "-XX:PersistentHeapSize=%zu is too small for persistent heap %s, which needs at least %zu bytes",
                  PersistentHeapSize, directory_name, align_up(end, PHeap::Alignment));
  }
  return true;
}

bool PersistentMedia::is_new()            { return created; }
PersistentMedia::Kind PersistentMedia::kind() { return media_kind; }
const char* PersistentMedia::kind_name() {
  return media_kind == Kind::dax ? "dax" : media_kind == Kind::memory ? "memory" : "file";
}
const char* PersistentMedia::directory()  { return directory_name; }
const PersistentSuperblock* PersistentMedia::superblock() { return &super; }
size_t PersistentMedia::object_area_size() { return object_size; }
size_t PersistentMedia::data_file_size()  { return data_size; }
size_t PersistentMedia::committed_size() {
  return MIN2(object_size, align_down(data_size - PersistentLayout::ObjectOffset, PHeap::Alignment));
}

bool PersistentMedia::grow(size_t size, char* err, size_t len) {
  assert(is_aligned(size, PHeap::Alignment) && size <= object_size, "must be");
  if (!allocate(data_fd, data_size, PersistentLayout::ObjectOffset + size, "data", "PersistentHeapSize", err, len)) return false;
  // Before any record speaks of what lies there.
  if (!PersistentTrace::is_broken("grow-sync") && !sync_file(data_fd)) media_failure("fsync of data");
  data_size = PersistentLayout::ObjectOffset + size;
  return true;
}
const char* PersistentMedia::tables()     { return table_map; }

bool PersistentMedia::map_objects(char* addr, size_t size, char* err, size_t len) {
  void* p = ::mmap(addr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED | MAP_NORESERVE,
                   data_fd, PersistentLayout::ObjectOffset);
  if (p != (void*)addr) {
    return refuse(err, len, "%s/data cannot be mapped: %s", directory_name, error_text(errno));
  }
  return true;
}

char* PersistentMedia::map_objects_anywhere(size_t offset, size_t size) {
  void* p = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_NORESERVE, data_fd,
                   (off_t)(PersistentLayout::ObjectOffset + offset));
  return p == MAP_FAILED ? nullptr : (char*)p;
}

// Copies into a mapping and starts writing the lines back. A trace is always of a dax heap.
static void write_mapped(PersistentTrace::File file, char* map, uint64_t offset, const void* from, size_t length) {
  char* to = map + offset;
  if (length == sizeof(uint64_t)) {
    memcpy(to, from, sizeof(uint64_t));       // most are
  } else {
    memcpy(to, from, length);
  }
  PersistentTrace::store(file, offset, from, length);
  if (PersistentTrace::is_broken(file == PersistentTrace::log ? "log-flush" : "data-flush")) return;
  if (media_kind == PersistentMedia::Kind::dax || PersistentTrace::is_enabled()) {
    char* line = align_down(to, 64);
    uint64_t first = (uint64_t)(line - map);
    for ( ; line < to + length; line += 64) {
      persistent_write_back_line(line);
    }
    PersistentTrace::flush(file, first, (uint64_t)(line - map) - first);
  }
}

static void fence() {
  persistent_store_fence();
  PersistentTrace::fence();
}

void PersistentMedia::write_data(uint64_t offset, const void* bytes, size_t length) {
  if (data_map != nullptr) {
    write_mapped(PersistentTrace::data, data_map, offset, bytes, length);
  } else if (!write_file(data_fd, bytes, length, (off_t)offset)) {
    media_failure("writing data");
  }
}

void PersistentMedia::sync_data() {
  if (PersistentTrace::is_broken("data-sync")) return;
  if (data_map != nullptr) {
    fence();
  } else if (!sync_contents(data_fd)) {
    media_failure("fdatasync of data");
  }
}

void PersistentMedia::read_data(uint64_t offset, void* bytes, size_t length) {
  if (!read_fully(data_fd, bytes, length, (off_t)offset)) {
    media_failure("reading data");
  }
}

size_t PersistentMedia::log_size()      { return file_log_size; }
const char* PersistentMedia::log_view() { return log_map; }

void PersistentMedia::write_log(uint64_t offset, const void* bytes, size_t length) {
  if (media_kind != Kind::file) {
    write_mapped(PersistentTrace::log, log_map, offset, bytes, length);
  } else if (!write_file(log_fd, bytes, length, (off_t)offset)) {
    media_failure("writing log");
  }
}

static void sync_log(int fd) {
  if (media_kind != PersistentMedia::Kind::file) {
    fence();
  } else if (!sync_contents(fd)) {
    media_failure("fdatasync of log");
  }
}

void PersistentMedia::sync_log()        { ::sync_log(log_fd); }
void PersistentMedia::sync_checkpoint() { ::sync_log(checkpoint_fd); }

// ---- Overflow files: records that are too large for the log ----

static void overflow_name(uint64_t seq, char* name, size_t len) {
  os::snprintf(name, len, "overflow-" UINT64_FORMAT, seq);
}

bool PersistentMedia::write_overflow(uint64_t seq, const void* bytes, size_t length, char* err, size_t len) {
  char name[64];
  overflow_name(seq, name, sizeof(name));
  const uint64_t file = PersistentTrace::overflow + seq;
  int fd = open_file(name, O_RDWR | O_CREAT | O_TRUNC);
  PersistentTrace::create(file);
  bool ok = fd >= 0 && write_fully(fd, bytes, length, 0);
  if (ok) PersistentTrace::write(file, 0, bytes, length);
  if (ok && !PersistentTrace::is_broken("overflow-sync")) {
    PersistentTrace::sync_begin(file);
    ok = sync_fully(fd, ::fdatasync);
    PersistentTrace::sync_end(file);
  }
  ok = ok && sync_names();
  char* mapping = ok ? map(fd, length, PROT_READ, false) : nullptr;
  ok = mapping != nullptr;
  if (!ok) {
    refuse(err, len, "a transaction of %zu bytes cannot be written to %s/%s: %s; nothing of it was stored",
           length, directory_name, name, error_text(errno));
  }
  if (fd >= 0) ::close(fd);
  if (ok) {
    MappedOverflows::put(seq, mapping);
  } else {
    delete_overflow(seq);
  }
  return ok;
}

bool PersistentMedia::has_room(size_t bytes) {
  struct statvfs fs;
  return ::fstatvfs(data_fd, &fs) == 0 && (uint64_t)fs.f_bavail * fs.f_frsize > bytes;
}

const char* PersistentMedia::map_overflow(uint64_t seq, size_t length) {
  char* p = MappedOverflows::take(seq);
  if (p != nullptr) return p;
  char name[64];
  overflow_name(seq, name, sizeof(name));
  int fd = open_file(name, O_RDONLY);
  if (fd < 0) return nullptr;
  struct stat st;
  int e = 0;
  if (::fstat(fd, &st) == 0 && (size_t)st.st_size != length) {
    e = ENOENT;
  } else if ((p = map(fd, length, PROT_READ, false)) == nullptr) {
    e = errno;
  }
  ::close(fd);
  errno = e;
  return p;
}

void PersistentMedia::unmap_overflow(const char* p, size_t length) {
  ::munmap((void*)p, length);
}

void PersistentMedia::delete_overflow(uint64_t seq) {
  char name[64];
  overflow_name(seq, name, sizeof(name));
  ::unlinkat(directory_fd, name, 0);
  PersistentTrace::remove(PersistentTrace::overflow + seq);
}

void PersistentMedia::delete_all_overflow() {
  int fd = open_file(".", O_RDONLY | O_DIRECTORY);
  DIR* dir = fd < 0 ? nullptr : ::fdopendir(fd);
  if (dir == nullptr) return;
  while (struct dirent* e = os::readdir(dir)) {
    if (strncmp(e->d_name, "overflow-", 9) == 0) {
      ::unlinkat(directory_fd, e->d_name, 0);
      PersistentTrace::remove(PersistentTrace::overflow + strtoull(e->d_name + 9, nullptr, 10));
    }
  }
  os::closedir(dir);
}

void PersistentMedia::print_on(outputStream* st) {
  st->print_cr("  media         : %s", kind_name());
  st->print_cr("  data          : %zu K, log %zu K", data_size / K, file_log_size / K);
}
