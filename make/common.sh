# Sourced by the scripts in make/. SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
set -euo pipefail
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
BUILD=${EVERHEAP_BUILD:-$ROOT/build}
JDK_TREE=$BUILD/jdk                    # the JDK source tree with the overlay on it
JDK_GIT=$BUILD/jdk.git                 # its pristine state, for diffs
MANIFEST=$BUILD/overlay.manifest       # what was laid: repo-file hash, laid-file hash, path

# Where overlay files live, in the repository and in the JDK alike.
OVERLAY_ROOTS="src/hotspot src/java.base src/jdk.compiler src/jdk.jcmd src/jdk.jheap make/modules make/hotspot src/jdk.jfr src/jdk.hotspot.agent test/hotspot test/jdk test/langtools test/lib"

die() { echo "$(basename "$0"): $*" >&2; exit 1; }
jdk_git() { git --git-dir="$JDK_GIT" --work-tree="$JDK_TREE" -c core.quotepath=off "$@"; }
sum() { sha256sum "$1" 2>/dev/null | cut -d' ' -f1 || true; }

# The harness and its javac run on the JDK we build with: a debug VM takes minutes for it.
boot_jdk() {                           # configuration, what to take if it names none
    local boot
    boot=$(sed -n 's/^BOOT_JDK *:= *//p' "$1/spec.gmk" 2>/dev/null || true)
    if [ -x "$boot/bin/javac" ]; then echo "$boot"; else echo "$2"; fi
}

overlay_files() {                      # repository paths of all overlay files
    local roots=() r
    for r in $OVERLAY_ROOTS; do [ -d "$ROOT/$r" ] && roots+=("$r"); done
    [ ${#roots[@]} -eq 0 ] || (cd "$ROOT" && find "${roots[@]}" -type f | LC_ALL=C sort)
}
