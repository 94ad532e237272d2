/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

#include "persistent/persistentTrace.hpp"

#include "persistent/persistentMedia.hpp"
#include "runtime/mutex.hpp"
#include "runtime/os.inline.hpp"
#include "utilities/align.hpp"
#include "utilities/debug.hpp"

#include <errno.h>
#include <fcntl.h>
#include <sys/uio.h>
#include <unistd.h>

bool PersistentTrace::_enabled = false;

static int            trace_fd = -1;
static PlatformMutex* trace_lock = nullptr;

// In front of the bytes, which are padded to 8.
struct TraceEvent {
  uint32_t type;
  uint32_t thread;
  uint64_t file;            // or the sequence number
  uint64_t offset;          // or the size
  uint32_t length;          // of what the event is about
  uint32_t payload;         // of that, bytes that follow
};

void PersistentTrace::start() {
  if (PersistentHeapTrace == nullptr || _enabled) return;
  trace_fd = PersistentMedia::open_at(AT_FDCWD, PersistentHeapTrace, O_WRONLY | O_CREAT | O_TRUNC);
  if (trace_fd < 0) {
    fatal("-XX:PersistentHeapTrace=%s cannot be written: %s", PersistentHeapTrace, os::strerror(errno));
  }
  trace_lock = new PlatformMutex();
  _enabled = true;
}

bool PersistentTrace::is_named(const char* step) {
  size_t length = strlen(step);
  for (const char* p = PersistentHeapBreak; p != nullptr; p = strchr(p, ',')) {
    if (*p == ',') p++;
    if (strncmp(p, step, length) == 0 && (p[length] == 0 || p[length] == ',')) return true;
  }
  return false;
}

// Unbuffered: the process may end at any time.
void PersistentTrace::event(uint32_t type, uint64_t file, uint64_t offset, const void* bytes, size_t length, size_t payload) {
  static const char zeros[8] = {0};
  TraceEvent e = {type, (uint32_t)os::current_thread_id(), file, offset, checked_cast<uint32_t>(length), checked_cast<uint32_t>(payload)};
  struct iovec parts[] = {
    {&e, sizeof(e)}, {const_cast<void*>(bytes), payload}, {const_cast<char*>(zeros), align_up(payload, (size_t)8) - payload}
  };
  size_t total = parts[0].iov_len + parts[1].iov_len + parts[2].iov_len;
  trace_lock->lock();
  ssize_t n = ::writev(trace_fd, parts, 3);
  trace_lock->unlock();
  guarantee(n == (ssize_t)total, "-XX:PersistentHeapTrace=%s cannot be written: %s", PersistentHeapTrace, os::strerror(errno));
}
