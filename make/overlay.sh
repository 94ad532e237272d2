#!/usr/bin/env bash
# Lays the repository's files and patches over the JDK source in build/jdk. Only what
# changed in the repository since the last time is touched; a file that was edited in
# build/jdk and not written back is refused.
. "$(dirname "$0")/common.sh"

pristine_sum() { jdk_git show "pristine:$1" 2>/dev/null | sha256sum | cut -d' ' -f1 || true; }

declare -A repo_sum laid_sum
if [ -f "$MANIFEST" ]; then
    while read -r r l p; do repo_sum[$p]=$r; laid_sum[$p]=$l; done < "$MANIFEST"
fi
new=$(mktemp)
trap 'rm -f "$new"' EXIT
edited=()
changed=0
declare -A present
while read -r f; do
    [ -n "$f" ] || continue
    present[$f]=1
    target=$JDK_TREE/${f%.patch}
    r=$(sum "$ROOT/$f")
    if [ "${repo_sum[$f]:-}" = "$r" ]; then
        echo "$r ${laid_sum[$f]} $f" >> "$new"
        continue
    fi
    tmp=$(mktemp)
    case $f in
        *.patch)
            jdk_git cat-file -e "pristine:${f%.patch}" 2>/dev/null ||
                die "$f patches a file that the JDK does not have"
            jdk_git show "pristine:${f%.patch}" > "$tmp"
            patch --quiet --fuzz=0 --no-backup-if-mismatch "$tmp" "$ROOT/$f" ||
                die "$f does not apply to the JDK's file"
            chmod --reference="$target" "$tmp" 2>/dev/null || chmod 644 "$tmp" ;;
        *)  cat "$ROOT/$f" > "$tmp"; chmod --reference="$ROOT/$f" "$tmp" ;;
    esac
    # Replaced only if it is what was laid, or the JDK's own; one that is right already stays as it is.
    have=$(sum "$target")
    if [ -n "$have" ] && [ "$have" = "$(sum "$tmp")" ]; then
        rm "$tmp"
        echo "$r $have $f" >> "$new"
        continue
    fi
    if [ -n "$have" ] && [ "$have" != "${laid_sum[$f]:-$(pristine_sum "${f%.patch}")}" ]; then
        rm "$tmp"
        edited+=("$f")
        [ -z "${laid_sum[$f]:-}" ] || echo "${repo_sum[$f]} ${laid_sum[$f]} $f" >> "$new"
        continue
    fi
    mkdir -p "$(dirname "$target")"
    mv "$tmp" "$target"
    changed=$((changed + 1))
    echo "$r $(sum "$target") $f" >> "$new"
done < <(overlay_files)

# Gone from the repository: back to the JDK's own state.
for f in "${!laid_sum[@]}"; do
    [ -z "${present[$f]:-}" ] || continue
    target=$JDK_TREE/${f%.patch}
    have=$(sum "$target")
    if [ -n "$have" ] && [ "$have" != "${laid_sum[$f]}" ] && [ "$have" != "$(pristine_sum "${f%.patch}")" ]; then
        edited+=("$f")
        echo "${repo_sum[$f]} ${laid_sum[$f]} $f" >> "$new"
        continue
    fi
    if jdk_git cat-file -e "pristine:${f%.patch}" 2>/dev/null; then
        jdk_git show "pristine:${f%.patch}" > "$JDK_TREE/${f%.patch}"
    else
        rm -f "$JDK_TREE/$f"
    fi
    changed=$((changed + 1))
done
mv "$new" "$MANIFEST"
trap - EXIT
[ ${#edited[@]} -eq 0 ] || die "edited in build/jdk and in the repository: ${edited[*]}; run 'make refresh' or restore one side"
[ "$changed" -eq 0 ] || echo "overlay: $changed files laid"
