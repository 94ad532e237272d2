#!/usr/bin/env bash
# Writes the edits made in build/jdk back: new files as they are, changed files of the
# JDK as one patch each. With a directory as argument, writes there instead of into the
# repository (make/check-overlay.sh).
. "$(dirname "$0")/common.sh"
OUT=${1:-$ROOT}

declare -A keep
roots=()
for r in $OVERLAY_ROOTS; do [ -d "$JDK_TREE/$r" ] && roots+=("$r"); done

while read -r p; do
    [ -n "$p" ] || continue
    mkdir -p "$OUT/$(dirname "$p")"
    # One line of context is enough: patches apply to a pinned source.
    jdk_git diff -U1 --no-color --no-ext-diff pristine -- "$p" |
        sed -e '/^index /d' -e '/^diff --git /d' > "$OUT/$p.patch.tmp"
    if cmp -s "$OUT/$p.patch.tmp" "$OUT/$p.patch"; then rm "$OUT/$p.patch.tmp"; else mv "$OUT/$p.patch.tmp" "$OUT/$p.patch"; fi
    keep[$p.patch]=1
done < <(jdk_git diff --name-only --diff-filter=M pristine -- "${roots[@]}")

while read -r p; do
    [ -n "$p" ] || continue
    mkdir -p "$OUT/$(dirname "$p")"
    cmp -s "$JDK_TREE/$p" "$OUT/$p" || cp -p "$JDK_TREE/$p" "$OUT/$p"
    keep[$p]=1
done < <(jdk_git ls-files --others -- "${roots[@]}")

deleted=$(jdk_git diff --name-only --diff-filter=D pristine)
[ -z "$deleted" ] || die "files of the JDK were deleted, which a patch cannot say: $deleted"
outside=$(jdk_git status --porcelain -uall | cut -c4- | grep -v -E "^($(echo $OVERLAY_ROOTS | tr ' ' '|'))/" || true)
[ -z "$outside" ] || die "changed outside the overlay's folders (see make/common.sh): $outside"

if [ "$OUT" = "$ROOT" ]; then
    while read -r f; do
        [ -n "$f" ] || continue
        [ -n "${keep[$f]:-}" ] || rm -f "$ROOT/$f"
    done < <(overlay_files)
    : > "$MANIFEST"
    for f in "${!keep[@]}"; do
        echo "$(sum "$ROOT/$f") $(sum "$JDK_TREE/${f%.patch}") $f" >> "$MANIFEST"
    done
    echo "refresh: ${#keep[@]} overlay files"
fi
