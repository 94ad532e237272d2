/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

#include "persistent/persistentDCmd.hpp"

#include "gc/shared/collectedHeap.hpp"
#include "memory/universe.hpp"
#include "persistent/persistentHistogram.hpp"
#include "persistent/persistentSpace.hpp"
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
