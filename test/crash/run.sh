#!/bin/sh
# Copyright (c) 2026, the Everheap authors.
# SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
#
# The crash tests: processes killed (CrashTest.java), and states that power loss can leave
# (CrashStates.java, doc/crash-states.md). Set to change:
#   JAVA     the java command of an Everheap JDK   (default: the one built here)
#   KILLS    kills per program and kind of media    (25, that is 100 in all)
#   STATES   full, or small: a minute's sample      (full)
#   MEMORY   a directory on tmpfs                   (/dev/shm)
#   FILE     a directory on a disk                  (build/test/crash)
#   SEED     repeats a run
#   OPTIONS  more JVM options
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
MEMORY=${MEMORY:-/dev/shm}
out=$(mktemp)
trap 'rm -f "$out"' EXIT
mkdir -p "$classes" "$FILE" &&
"$(dirname "$JAVA")/javac" -d "$classes" "$root"/src/demo/bank/Bank.java "$here"/*.java || exit 1

# Of the checker itself, which a debug VM runs slowly.
checker="-Xmx1g -XX:+UseSerialGC -XX:TieredStopAtLevel=1"

passed=0
failed=0
# Adds up the counts in the last line of each part.
part() {
    "$@" > "$out" 2>&1
    rc=$?
    line=$(grep -E '^[0-9]+ passed, [0-9]+ failed$' "$out" | tail -1)
    grep -vE '^[0-9]+ passed, [0-9]+ failed$' "$out"
    p=${line%% passed*}
    f=${line##*, }
    f=${f%% failed}
    if [ -z "$line" ] || { [ "$rc" -ne 0 ] && [ "$f" -eq 0 ]; }; then
        echo "ended with exit code $rc: $*"
        p=0
        f=1
    fi
    passed=$((passed + p))
    failed=$((failed + f))
}

part "$JAVA" -Dkills="${KILLS:-25}" ${SEED:+-Dseed=$SEED} -cp "$classes" CrashTest \
    "memory=$MEMORY" "file=$FILE" ${OPTIONS:+-- $OPTIONS}
if [ "${STATES:-full}" = small ]; then
    part "$JAVA" $checker -Dimages=1500 -Dsamples=5 -Dseed="${SEED:-1}" -Dbreaks=false \
        "-Donly=/memory many applier-eager/file many applier-eager/memory wrap/file outside/file gc/" \
        -cp "$classes" CrashStates "$MEMORY" ${OPTIONS:+-- $OPTIONS}
else
    part "$JAVA" $checker ${SEED:+-Dseed=$SEED} -cp "$classes" CrashStates "$MEMORY" ${OPTIONS:+-- $OPTIONS}
fi
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
