/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

#ifndef SHARE_PERSISTENT_PERSISTENTHEAP_INLINE_HPP
#define SHARE_PERSISTENT_PERSISTENTHEAP_INLINE_HPP

#include "persistent/persistentHeap.hpp"

#include "oops/oopsHierarchy.hpp"

inline bool PHeap::contains(oop obj) { return contains(cast_from_oop<void*>(obj)); }

#endif // SHARE_PERSISTENT_PERSISTENTHEAP_INLINE_HPP
