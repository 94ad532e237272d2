#!/usr/bin/env bash
# Fails if a patch applies with fuzz or at another place than it says, or if the
# repository's overlay differs from what 'make refresh' would write.
. "$(dirname "$0")/common.sh"
bad=0
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
while read -r f; do
    case $f in *.patch) ;; *) continue ;; esac
    jdk_git show "pristine:${f%.patch}" > "$tmp/file" || { bad=1; continue; }
    out=$(patch --fuzz=0 --no-backup-if-mismatch "$tmp/file" "$ROOT/$f" 2>&1) || { echo "$f: does not apply"; bad=1; continue; }
    if grep -q -E 'fuzz|offset' <<< "$out"; then echo "$f: $out"; bad=1; fi
done < <(overlay_files)
mkdir "$tmp/out"
bash "$ROOT/make/refresh.sh" "$tmp/out"
for r in $OVERLAY_ROOTS; do
    [ -d "$ROOT/$r" ] || [ -d "$tmp/out/$r" ] || continue
    mkdir -p "$tmp/out/$r" "$ROOT/$r"
    diff -r -q "$ROOT/$r" "$tmp/out/$r" || bad=1
done
[ "$bad" -eq 0 ] && echo "overlay is clean" || { echo "overlay differs: run 'make refresh'"; exit 1; }
