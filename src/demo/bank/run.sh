#!/bin/sh
# Copyright (c) 2026, the Everheap authors.
# SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
#
# The bank demo. Set to change:
#   JAVA     the java command of an Everheap JDK   (default: the one built here)
#   HEAP     directory of the persistent heap      (default: build/demo/heap)
#   ROUNDS   how often the bank is killed          (5)
#   SECONDS_PER_ROUND   how long it runs at most before that   (3)
#   OPTIONS  more JVM options, for example "-Xint -XX:PersistentHeapSize=4g"
set -e
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../.." && pwd)
if [ -z "$JAVA" ]; then
    for candidate in "$root"/build/*/images/jdk/bin/java "$root"/build/*/jdk/bin/java; do
        if [ -x "$candidate" ]; then JAVA=$candidate; break; fi
    done
fi
if [ -z "$JAVA" ]; then
    echo "No JDK found under $root/build: run 'make images' first, or set JAVA." >&2
    exit 1
fi
HEAP=${HEAP:-$root/build/demo/heap}
classes=$root/build/demo/classes
mkdir -p "$classes" "$(dirname "$HEAP")"
"$(dirname "$JAVA")/javac" -d "$classes" "$here"/Bank.java "$here"/BankDemo.java
exec "$JAVA" -cp "$classes" BankDemo "$HEAP" "${ROUNDS:-5}" "${SECONDS_PER_ROUND:-3}" $OPTIONS
