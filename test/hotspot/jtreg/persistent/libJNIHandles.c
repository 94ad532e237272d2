/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

/* What native code may hold of a Java object while the heap is collected. */

#include <jni.h>

JNIEXPORT jlong JNICALL Java_JNIHandles_global(JNIEnv* env, jclass unused, jobject obj, jboolean weak) {
    return (jlong) (weak ? (*env)->NewWeakGlobalRef(env, obj) : (*env)->NewGlobalRef(env, obj));
}

JNIEXPORT jobject JNICALL Java_JNIHandles_get(JNIEnv* env, jclass unused, jlong ref) {
    return (*env)->NewLocalRef(env, (jobject) ref);
}

JNIEXPORT void JNICALL Java_JNIHandles_delete(JNIEnv* env, jclass unused, jlong ref, jboolean weak) {
    if (weak) (*env)->DeleteWeakGlobalRef(env, (jweak) ref); else (*env)->DeleteGlobalRef(env, (jobject) ref);
}

static void call(JNIEnv* env, jclass cls, const char* name) {
    (*env)->CallStaticVoidMethod(env, cls, (*env)->GetStaticMethodID(env, cls, name, "()V"));
}

/* Local references only, while Java code collects; the last one is returned. */
JNIEXPORT jobject JNICALL Java_JNIHandles_locals(JNIEnv* env, jclass cls, jint n) {
    jmethodID make = (*env)->GetStaticMethodID(env, cls, "make", "()Ljava/lang/Object;");
    jmethodID verify = (*env)->GetStaticMethodID(env, cls, "verify", "(Ljava/lang/Object;)V");
    jobject refs[100];
    jobject last;
    int i;
    if ((*env)->PushLocalFrame(env, n + 20) != 0) return NULL;
    for (i = 0; i < n; i++) {
        refs[i] = (*env)->CallStaticObjectMethod(env, cls, make);
        if ((*env)->ExceptionCheck(env)) return NULL;
    }
    call(env, cls, "collect");
    for (i = 0; i < n && !(*env)->ExceptionCheck(env); i++) {
        (*env)->CallStaticVoidMethod(env, cls, verify, refs[i]);
    }
    last = (*env)->PopLocalFrame(env, refs[n - 1]);
    return last;
}

/* An array's elements, and its monitor, are held during collections. The number of elements that are not value. */
JNIEXPORT jint JNICALL Java_JNIHandles_elements(JNIEnv* env, jclass cls, jint value) {
    jmethodID make = (*env)->GetStaticMethodID(env, cls, "makeArray", "(I)[I");
    jintArray array = (jintArray) (*env)->CallStaticObjectMethod(env, cls, make, value);
    jint wrong = 0;
    jint* p;
    int i, length;
    if ((*env)->ExceptionCheck(env)) return -1;
    length = (*env)->GetArrayLength(env, array);
    p = (*env)->GetIntArrayElements(env, array, NULL);
    (*env)->MonitorEnter(env, array);
    call(env, cls, "collect");
    for (i = 0; i < length; i++) wrong += p[i] != value;
    for (i = 0; i < length; i++) p[i] = value + 1;
    if ((*env)->ExceptionCheck(env)) (*env)->ExceptionClear(env), wrong = -1;
    (*env)->ReleaseIntArrayElements(env, array, p, 0);
    call(env, cls, "collect");
    p = (jint*) (*env)->GetPrimitiveArrayCritical(env, array, NULL);
    for (i = 0; i < length; i++) wrong += p[i] != value + 1;
    (*env)->ReleasePrimitiveArrayCritical(env, array, p, JNI_ABORT);
    (*env)->MonitorExit(env, array);
    return wrong;
}
