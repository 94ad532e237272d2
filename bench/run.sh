#!/usr/bin/env bash
# Copyright (c) 2026, the Everheap authors.
# SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
#
# Builds and runs the benchmarks; report in build/bench/report.md, charts beside it. Set to change:
#   JDK      an Everheap image with the release VM  (default: build/smoke/jdk, which make/smoke-image.sh makes)
#   STOCK    a JDK of the same version without our changes   (JAVA_HOME or one of /usr/lib/jvm; "none")
#   MEMORY   a directory on tmpfs    (/dev/shm)
#   DISK     a directory on a disk   (build/bench)
#   ONLY     sections to run: volatile pmemobj disk durable process programs unused upstream opening growth   (all)
#   FULL     1: longer runs, more rounds and sizes, OpenJDK's micro benchmarks
#   ROUNDS   rounds of most comparisons   (3; FULL: 7)
. "$(cd "$(dirname "$0")/.." && pwd)/make/common.sh"
HERE=$ROOT/bench
OUT=$BUILD/bench
JDK=${JDK:-$BUILD/smoke/jdk}
MEMORY=${MEMORY:-/dev/shm}
DISK=${DISK:-$OUT}
ONLY=${ONLY:-}
[ -x "$JDK/bin/javac" ] || die "no JDK in $JDK: run 'make bench', or set JDK to an Everheap image with the release VM"
[ -d "$MEMORY" ] && [ -w "$MEMORY" ] || die "$MEMORY is no directory to write in: set MEMORY to one on tmpfs"
mkdir -p "$OUT/peers" "$DISK"

# package PACKAGE: installs it, if it can be.
package() {
    [ "$(id -u)" = 0 ] && command -v apt-get > /dev/null || return 1
    echo "installing $1"
    { apt-get update -qq || true; DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$1"; } > "$OUT/packages.log" 2>&1
}

# ---- Jars: JMH and the Java peers ----
if ! (cd "$OUT/jars" 2>/dev/null && sha256sum --quiet -c "$HERE/jars.sha256" > /dev/null 2>&1); then
    command -v mvn > /dev/null || package maven || die "Maven is missing, which fetches JMH: install it, e.g. as root: apt-get install maven"
    rm -rf "$OUT/jars"
    mvn -q -B -f "$HERE/pom.xml" dependency:copy-dependencies -DoutputDirectory="$OUT/jars" > "$OUT/maven.log" 2>&1 ||
        { tail -5 "$OUT/maven.log" >&2; die "Maven could not fetch what bench/pom.xml names; see build/bench/maven.log"; }
    (cd "$OUT/jars" && sha256sum --quiet -c "$HERE/jars.sha256") || die "a jar differs from bench/jars.sha256"
    [ "$(ls "$OUT/jars" | wc -l)" -eq "$(wc -l < "$HERE/jars.sha256")" ] || die "Maven fetched jars that bench/jars.sha256 does not list"
fi
JARS=$(printf '%s:' "$OUT"/jars/*.jar)

# ---- OpenJDK's own micro benchmarks, a few that stand alone ----
MICRO=$JDK_TREE/test/micro
UPSTREAM=() UPSTREAM_SOURCES=()
while read -r benchmark source; do
    [ -f "$MICRO/$source" ] || { echo "no $source in this JDK source: $benchmark is skipped" >&2; continue; }
    UPSTREAM+=("$benchmark")
    case " ${UPSTREAM_SOURCES[*]} " in *" $MICRO/$source "*) ;; *) UPSTREAM_SOURCES+=("$MICRO/$source") ;; esac
done < "$HERE/upstream.txt"

# ---- Classes ----
STAMP=$OUT/classes/compiled
SOURCES=$(find "$HERE/src" -name '*.java')
NEWER=$(find "$HERE/src" "$HERE/jars.sha256" "$HERE/upstream.txt" "$JDK/release" -newer "$STAMP" 2>/dev/null || echo all)
if [ ! -f "$STAMP" ] || [ -n "$NEWER" ]; then
    rm -rf "$OUT/classes"
    mkdir -p "$OUT/classes"
    "$JDK/bin/javac" -nowarn -processor org.openjdk.jmh.generators.BenchmarkProcessor -cp "$JARS" -d "$OUT/classes" \
        $SOURCES "${UPSTREAM_SOURCES[@]}" > "$OUT/javac.log" 2>&1 ||
        { cat "$OUT/javac.log" >&2; die "the benchmarks do not compile"; }
    touch "$STAMP"
fi

# ---- Programs on libpmemobj ----
PEERS=
[ -f /usr/include/libpmemobj.h ] || package libpmemobj-dev || true
if [ -f /usr/include/libpmemobj.h ] && command -v cc > /dev/null; then
    for p in micro programs recover floor group; do
        cc -O2 -std=gnu11 -Wall -Wno-clobbered -o "$OUT/peers/$p" "$HERE/peers/$p.c" -lpmemobj -lm || die "bench/peers/$p.c does not compile"
    done
    PEERS=$OUT/peers
else
    echo "libpmemobj is missing, so everything beside it is skipped: install libpmemobj-dev, e.g. as root: apt-get install libpmemobj-dev" >&2
fi
PMEMOBJ=$(dpkg-query -W -f='${Version}' libpmemobj-dev 2>/dev/null || echo none)

# ---- A JDK of the same version without our changes ----
java_version() { sed -n 's/^JAVA_VERSION="\(.*\)"/\1/p' "$1/release" 2>/dev/null; }
if [ -z "${STOCK:-}" ]; then
    for d in "${JAVA_HOME:-}" /usr/lib/jvm/*; do
        [ -x "$d/bin/java" ] && [ "$(java_version "$d")" = "$(java_version "$JDK")" ] && ! grep -q Everheap "$d/release" && { STOCK=$d; break; }
    done
fi
[ "${STOCK:-none}" != none ] || STOCK=

JAVABASE=$JDK_TREE/src/java.base/share/classes
[ -d "$JAVABASE/java/text" ] || JAVABASE=

exec "$JDK/bin/java" -Xmx256m --enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow -cp "$OUT/classes:$JARS" \
    -Dbench.jdk="$JDK" -Dbench.stock="$STOCK" -Dbench.root="$ROOT" -Dbench.out="$OUT" -Dbench.memory="$MEMORY" -Dbench.disk="$DISK" \
    -Dbench.peers="$PEERS" -Dbench.pmemobj="$PMEMOBJ" -Dbench.javabase="$JAVABASE" -Dbench.upstream="${UPSTREAM[*]}" \
    -Dbench.only="$ONLY" -Dbench.full="$([ "${FULL:-0}" = 0 ] && echo false || echo true)" ${ROUNDS:+-Dbench.rounds="$ROUNDS"} bench.driver.Main
