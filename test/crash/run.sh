#!/bin/sh
# Copyright (c) 2026, the Everheap authors.
# SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
#
# The crash test; see CrashTest.java. Set to change:
#   JAVA     the java command of an Everheap JDK   (default: the one built here)
#   KILLS    kills per program and kind of media    (25, that is 100 in all)
#   MEMORY   a directory on tmpfs                   (/dev/shm)
#   FILE     a directory on a disk                  (build/test/crash)
#   OPTIONS  more JVM options
set -e
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
if [ -z "$JAVA" ]; then
    for candidate in "$root"/build/*/images/jdk/bin/java "$root"/build/*/jdk/bin/java; do
        if [ -x "$candidate" ]; then JAVA=$candidate; break; fi
    done
fi
if [ -z "$JAVA" ]; then
    echo "No JDK found under $root/build: run 'make images' first, or set JAVA." >&2
    exit 1
fi
classes=$root/build/test/crash/classes
FILE=${FILE:-$root/build/test/crash}
mkdir -p "$classes" "$FILE"
"$(dirname "$JAVA")/javac" -d "$classes" "$root"/src/demo/bank/Bank.java "$here"/*.java
exec "$JAVA" -Dkills="${KILLS:-25}" ${SEED:+-Dseed=$SEED} -cp "$classes" CrashTest \
    "memory=${MEMORY:-/dev/shm}" "file=$FILE" ${OPTIONS:+-- $OPTIONS}
