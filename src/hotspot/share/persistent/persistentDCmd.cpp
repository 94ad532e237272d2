/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

#include "persistent/persistentDCmd.hpp"

#include "classfile/vmSymbols.hpp"
#include "gc/shared/collectedHeap.hpp"
#include "memory/universe.hpp"
#include "persistent/persistentBackup.hpp"
#include "persistent/persistentHistogram.hpp"
#include "persistent/persistentMedia.hpp"
#include "persistent/persistentSpace.hpp"
#include "runtime/interfaceSupport.inline.hpp"
#include "runtime/javaThread.hpp"
#include "runtime/os.hpp"
#include "utilities/ostream.hpp"

static bool has_heap(outputStream* st) {
  if (!PHeap::is_enabled()) {
    st->print_cr("No persistent heap; use -XX:PersistentHeap=<directory>.");
  }
  return PHeap::is_enabled();
}

PersistentHeapHistogramDCmd::PersistentHeapHistogramDCmd(outputStream* output, bool heap)
  : DCmdWithParser(output, heap),
    _all("-all", "Do without a collection: count also what only garbage of the Java heap refers to",
         "BOOLEAN", false, "false") {
  _dcmdparser.add_dcmd_option(&_all);
}

void PersistentHeapHistogramDCmd::execute(DCmdSource source, TRAPS) {
  if (has_heap(output())) {
    PersistentHistogram::print_on(output(), !_all.value());
  }
}

void PersistentHeapGCDCmd::execute(DCmdSource source, TRAPS) {
  if (!has_heap(output())) return;
  size_t before = PersistentSpace::used();
  Universe::heap()->collect(GCCause::_dcmd_gc_run);
  output()->print_cr("Persistent heap: %zuK used before, %zuK after, of %zuK",
                     before / K, PersistentSpace::used() / K, PersistentSpace::committed() / K);
}

PersistentHeapBackupDCmd::PersistentHeapBackupDCmd(outputStream* output, bool heap)
  : DCmdWithParser(output, heap),
    _directory("directory", "New or empty directory for the copy; a relative path is relative to the JVM's working directory",
               "STRING", true) {
  _dcmdparser.add_dcmd_argument(&_directory);
}

void PersistentHeapBackupDCmd::execute(DCmdSource source, TRAPS) {
  if (!has_heap(output())) return;
  uint64_t seq = 0;
  size_t bytes = 0;
  char err[1024];
  jlong started = os::javaTimeNanos();
  bool ok;
  {
    ThreadBlockInVM tbivm(THREAD);
    ok = PersistentBackup::run(_directory.value(), &seq, &bytes, err, sizeof(err));
  }
  if (ok) {
    output()->print_cr("Persistent heap %s copied to %s: everything up to sequence number " UINT64_FORMAT ", %zuM, in " JLONG_FORMAT " ms",
                       PersistentMedia::directory(), _directory.value(), seq, bytes / M,
                       (os::javaTimeNanos() - started) / NANOSECS_PER_MILLISEC);
  } else {
    THROW_MSG(vmSymbols::java_io_IOException(), err);
  }
}
