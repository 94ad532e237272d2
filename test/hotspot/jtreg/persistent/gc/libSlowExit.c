/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

/* The end of the VM takes a while, in which other threads go on. */

#include <jvmti.h>
#include <string.h>
#include <unistd.h>

static void JNICALL vm_death(jvmtiEnv* jvmti, JNIEnv* env) {
  usleep(1500000);
}

JNIEXPORT jint JNICALL Agent_OnLoad(JavaVM* vm, char* options, void* reserved) {
  jvmtiEnv* jvmti;
  jvmtiEventCallbacks callbacks;
  if ((*vm)->GetEnv(vm, (void**)&jvmti, JVMTI_VERSION_1_2) != JNI_OK) return JNI_ERR;
  memset(&callbacks, 0, sizeof(callbacks));
  callbacks.VMDeath = vm_death;
  (*jvmti)->SetEventCallbacks(jvmti, &callbacks, sizeof(callbacks));
  (*jvmti)->SetEventNotificationMode(jvmti, JVMTI_ENABLE, JVMTI_EVENT_VM_DEATH, NULL);
  return JNI_OK;
}
