/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

#include "persistent/persistentBackup.hpp"

#include "jvm_io.h"
#include "persistent/persistentLog.hpp"
#include "persistent/persistentLogFormat.hpp"
#include "persistent/persistentMedia.hpp"
#include "runtime/atomic.hpp"
#include "runtime/mutex.hpp"
#include "runtime/os.inline.hpp"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const size_t PieceSize = 64 * K;
static const size_t SyncSize  = 16 * M;       // the copy's dirty pages, so that no write has to wait for long

// Held for a piece, and for a batch of records by the applier.
static PlatformMutex* lock = nullptr;
static volatile int   applier_waits = 0;
static volatile bool  copier_waits = false;
static const int      BatchesPerPiece = 4;    // while a backup is made
// Under the lock:
static uint64_t applied_lsn = 0;
static uint64_t applied_seq = 0;
static volatile bool active = false;
static int      copy_fd = -1;
static uint64_t copied = 0;                   // up to this offset of `data`
static int      copy_error = 0;

static volatile bool running = false;

// ---- The applier's side ----

void PersistentBackup::initialize(uint64_t lsn, uint64_t seq) {
  lock = new PlatformMutex();
  applied_lsn = lsn;
  applied_seq = seq;
}

void PersistentBackup::begin_batch() {
  // An applier with much to do has the lock again before a thread that sleeps for it is awake.
  static int batches = 0;
  if (Atomic::load(&copier_waits) && ++batches >= BatchesPerPiece) {
    while (Atomic::load(&copier_waits)) os::naked_yield();
    batches = 0;
  }
  Atomic::inc(&applier_waits);
  lock->lock();
  Atomic::dec(&applier_waits);
}

void PersistentBackup::end_batch(uint64_t lsn, uint64_t seq) {
  applied_lsn = lsn;
  applied_seq = seq;
  lock->unlock();
}

void PersistentBackup::written(uint64_t offset, const void* bytes, size_t length) {
  // Also recovery applies records; then no backup is active.
  if (!active || copy_error != 0 || offset >= copied) return;
  size_t part = (size_t)MIN2((uint64_t)length, copied - offset);
  if (!PersistentMedia::write_fully(copy_fd, bytes, part, (off_t)offset)) copy_error = errno;
}

// ---- The copier's side ----

class Backup : public StackObj {
  const char* const _directory;
  char* const  _err;
  const size_t _errlen;
  int _from;
  int _data;
  int _log;
  char* _piece;
  PersistentSuperblock _super;

  bool fail(const char* what) {
    os::snprintf(_err, _errlen, "the backup to %s failed: %s: %s", _directory, what, os::strerror(errno));
    return false;
  }

  int open(const char* name, int flags) {
    char path[JVM_MAXPATHLEN];
    int n = os::snprintf(path, sizeof(path), "%s/%s", _directory, name);
    if (n < 0 || (size_t)n >= sizeof(path)) {
      errno = ENAMETOOLONG;
      return -1;
    }
    return PersistentMedia::open_at(AT_FDCWD, path, flags);
  }

  bool make_directory() {
    if (::mkdir(_directory, 0700) == 0) return true;
    if (errno != EEXIST) return fail("the directory cannot be created");
    DIR* dir = os::opendir(_directory);
    if (dir == nullptr) return fail("the directory cannot be read");
    bool empty = true;
    while (struct dirent* e = os::readdir(dir)) {
      if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0) empty = false;
    }
    os::closedir(dir);
    if (!empty) {
      os::snprintf(_err, _errlen, "%s is not empty: name a new directory for the backup", _directory);
    }
    return empty;
  }

  bool write_checkpoint(uint64_t generation, uint64_t lsn, uint64_t seq) {
    PersistentCheckpoint c;
    c.fill(_super.uuid, generation, lsn, seq, 1);
    return PersistentMedia::write_fully(_log, &c, sizeof(c), (off_t)((generation % 2) * PersistentLogFormat::SlotSize)) && ::fsync(_log) == 0;
  }

  // The same heap, but the files of the two are not to be mixed.
  bool make_superblock() {
    _super = *PersistentMedia::superblock();
    int random = PersistentMedia::open_at(AT_FDCWD, "/dev/urandom", O_RDONLY);
    bool ok = random >= 0 && PersistentMedia::read_fully(random, _super.uuid, sizeof(_super.uuid), 0);
    if (random >= 0) ::close(random);
    _super.crc = _super.compute_crc();
    return ok || fail("no random numbers");
  }

  // Everything is allocated here: a full disk is an error now.
  bool make_files() {
    _from = PersistentMedia::open_file("data", O_RDONLY);
    _log = open("log", O_RDWR | O_CREAT | O_EXCL);
    _data = open("data", O_RDWR | O_CREAT | O_EXCL);
    if (_from < 0 || _data < 0 || _log < 0) return fail("its files cannot be created");
    errno = ::posix_fallocate(_log, 0, (off_t)PersistentMedia::log_size());
    if (errno == 0) errno = ::posix_fallocate(_data, 0, (off_t)PersistentMedia::data_file_size());
    if (errno != 0) return fail("there is no space for it");
    // A log in use without a superblock is refused: nobody takes half a copy for a heap.
    return write_checkpoint(1, 0, 0) || fail("writing log");
  }

  bool sync() { return ::fdatasync(_data) == 0 || fail("fdatasync of data"); }

  // Up to the end of `data` as it is then.
  bool copy() {
    size_t unsynced = 0;
    while (true) {
      while (Atomic::load(&applier_waits) > 0) os::naked_yield();
      Atomic::store(&copier_waits, true);
      lock->lock();
      Atomic::store(&copier_waits, false);
      size_t n = (size_t)MIN2((uint64_t)PieceSize, (uint64_t)PersistentMedia::data_file_size() - copied);
      int error = copy_error;
      if (error == 0 && n > 0) {
        if (PersistentMedia::read_fully(_from, _piece, n, (off_t)copied) && PersistentMedia::write_fully(_data, _piece, n, (off_t)copied)) {
          copied += n;
        } else {
          error = errno;
        }
      }
      lock->unlock();
      if (error != 0) {
        errno = error;
        return fail("copying data");
      }
      if (n == 0) return true;
      unsynced += n;
      if (unsynced >= SyncSize) {
        if (!sync()) return false;
        unsynced = 0;
      }
    }
  }

  bool copy_all(uint64_t* lsn, uint64_t* seq) {
    lock->lock();
    copied = PersistentLayout::RootOffset;
    copy_fd = _data;
    copy_error = 0;
    active = true;
    lock->unlock();
    bool ok;
    bool whole = false;
    while (true) {
      ok = copy();
      // What was acknowledged before the backup began is in the log, if not home yet.
      if (ok) PersistentLog::drain();
      lock->lock();
      whole = copied == PersistentMedia::data_file_size();      // it may have grown
      if (!ok || whole || copy_error != 0) break;
      lock->unlock();
    }
    active = false;
    int error = copy_error;
    *lsn = applied_lsn;
    *seq = applied_seq;
    lock->unlock();
    if (ok && error != 0) {
      errno = error;
      return fail("copying data");
    }
    return ok;
  }

  // Both files are there for good, and the directory is, before one says that the other is.
  bool sync_names() {
    char parent[JVM_MAXPATHLEN];
    os::snprintf(parent, sizeof(parent), "%s/..", _directory);        // shorter than the files' names
    return PersistentMedia::sync_directory(AT_FDCWD, _directory) && PersistentMedia::sync_directory(AT_FDCWD, parent);
  }

  void remove(const char* name) {
    char path[JVM_MAXPATHLEN];
    os::snprintf(path, sizeof(path), "%s/%s", _directory, name);
    ::unlink(path);
  }

 public:
  Backup(const char* directory, char* err, size_t errlen)
    : _directory(directory), _err(err), _errlen(errlen), _from(-1), _data(-1), _log(-1) {
    _piece = NEW_C_HEAP_ARRAY(char, PieceSize, mtPersistent);
  }

  ~Backup() {
    if (_from >= 0) ::close(_from);
    if (_data >= 0) ::close(_data);
    if (_log >= 0) ::close(_log);
    FREE_C_HEAP_ARRAY(char, _piece);
  }

  bool run(uint64_t* seq, size_t* bytes) {
    if (!make_directory() || !make_superblock()) return false;
    uint64_t lsn;
    bool ok = make_files() && copy_all(&lsn, seq) && sync() &&
              (write_checkpoint(2, lsn, *seq) || fail("writing log")) &&
              (sync_names() || fail("fsync of the directory")) &&
              ((PersistentMedia::write_fully(_data, &_super, sizeof(_super), PersistentLayout::SuperblockOffset) && ::fsync(_data) == 0) ||
               fail("writing the superblock"));
    if (!ok) {
      if (_data >= 0) remove("data");
      if (_log >= 0) remove("log");
    }
    *bytes = (size_t)copied;
    return ok;
  }
};

bool PersistentBackup::run(const char* directory, uint64_t* seq, size_t* bytes, char* errbuf, size_t errlen) {
  if (lock == nullptr || Atomic::cmpxchg(&running, false, true)) {
    os::snprintf(errbuf, errlen, lock == nullptr ? "the persistent heap is not open yet" : "another backup is being made");
    return false;
  }
  bool ok;
  {
    Backup b(directory, errbuf, errlen);
    ok = b.run(seq, bytes);
  }
  Atomic::release_store(&running, false);
  return ok;
}
