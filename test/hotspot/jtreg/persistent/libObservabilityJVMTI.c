/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

/* JVMTI's walks over the heap. */

#include <jvmti.h>
#include <string.h>

static jvmtiEnv* jvmti;

JNIEXPORT jint JNICALL JNI_OnLoad(JavaVM* vm, void* reserved) {
    jvmtiCapabilities capabilities;
    if ((*vm)->GetEnv(vm, (void**) &jvmti, JVMTI_VERSION_9) != JNI_OK) return JNI_ERR;
    memset(&capabilities, 0, sizeof(capabilities));
    capabilities.can_tag_objects = 1;
    if ((*jvmti)->AddCapabilities(jvmti, &capabilities) != JVMTI_ERROR_NONE) return JNI_ERR;
    return JNI_VERSION_9;
}

typedef struct {
    jint count;
    jlong tag;
} Seen;

static jint JNICALL object(jlong class_tag, jlong size, jlong* tag, jint length, void* data) {
    Seen* seen = data;
    seen->count++;
    *tag = seen->tag;
    return 0;
}

/* An object is called back for once per reference to it. */
static jint JNICALL reference(jvmtiHeapReferenceKind kind, const jvmtiHeapReferenceInfo* info, jlong class_tag,
        jlong referrer_class_tag, jlong size, jlong* tag, jlong* referrer_tag, jint length, void* data) {
    Seen* seen = data;
    if (*tag != seen->tag) {
        seen->count++;
        *tag = seen->tag;
    }
    return JVMTI_VISIT_OBJECTS;
}

static jint result(jvmtiError error, const Seen* seen) {
    return error == JVMTI_ERROR_NONE ? seen->count : -(jint) error;
}

JNIEXPORT jint JNICALL Java_ObservabilityJVMTI_iterate(JNIEnv* env, jclass unused, jclass type, jlong tag) {
    jvmtiHeapCallbacks callbacks;
    Seen seen = {0, tag};
    memset(&callbacks, 0, sizeof(callbacks));
    callbacks.heap_iteration_callback = object;
    return result((*jvmti)->IterateThroughHeap(jvmti, 0, type, &callbacks, &seen), &seen);
}

JNIEXPORT jint JNICALL Java_ObservabilityJVMTI_follow(JNIEnv* env, jclass unused, jclass type, jlong tag) {
    jvmtiHeapCallbacks callbacks;
    Seen seen = {0, tag};
    memset(&callbacks, 0, sizeof(callbacks));
    callbacks.heap_reference_callback = reference;
    return result((*jvmti)->FollowReferences(jvmti, 0, type, NULL, &callbacks, &seen), &seen);
}

JNIEXPORT jobjectArray JNICALL Java_ObservabilityJVMTI_tagged(JNIEnv* env, jclass unused, jlong tag) {
    jint count, i;
    jobject* objects;
    jobjectArray array;
    if ((*jvmti)->GetObjectsWithTags(jvmti, 1, &tag, &count, &objects, NULL) != JVMTI_ERROR_NONE) return NULL;
    array = (*env)->NewObjectArray(env, count, (*env)->FindClass(env, "java/lang/Object"), NULL);
    for (i = 0; i < count; i++) {
        (*env)->SetObjectArrayElement(env, array, i, objects[i]);
        (*env)->DeleteLocalRef(env, objects[i]);
    }
    (*jvmti)->Deallocate(jvmti, (unsigned char*) objects);
    return array;
}
