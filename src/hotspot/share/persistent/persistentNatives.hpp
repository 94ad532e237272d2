/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

#ifndef SHARE_PERSISTENT_PERSISTENTNATIVES_HPP
#define SHARE_PERSISTENT_PERSISTENTNATIVES_HPP

#include "jni.h"

// Registers the natives of java.lang.persistent.PersistentVM (see prims/nativeLookup.cpp).
extern "C" void JNICALL JVM_RegisterPersistentMethods(JNIEnv* env, jclass cls);

#endif // SHARE_PERSISTENT_PERSISTENTNATIVES_HPP
