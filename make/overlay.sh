#!/usr/bin/env bash
# Lays the repository's files and patches over the JDK source in build/jdk. Only what
# changed in the repository since the last time is touched; a file that was edited in
# build/jdk and not written back is refused.
. "$(dirname "$0")/common.sh"

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
    if [ -n "${laid_sum[$f]:-}" ] && [ -e "$target" ] && [ "$(sum "$target")" != "${laid_sum[$f]}" ]; then
        edited+=("$f")
        continue
    fi
    mkdir -p "$(dirname "$target")"
    case $f in
        *.patch)
            jdk_git cat-file -e "pristine:${f%.patch}" 2>/dev/null ||
                die "$f patches a file that the JDK does not have"
            tmp=$(mktemp)
            jdk_git show "pristine:${f%.patch}" > "$tmp"
            patch --quiet --fuzz=0 --no-backup-if-mismatch "$tmp" "$ROOT/$f" ||
                die "$f does not apply to the JDK's file"
            chmod --reference="$target" "$tmp" 2>/dev/null || chmod 644 "$tmp"
            mv "$tmp" "$target" ;;
        *)  cp -p "$ROOT/$f" "$target"; touch "$target" ;;
    esac
    changed=$((changed + 1))
    echo "$r $(sum "$target") $f" >> "$new"
done < <(overlay_files)

[ ${#edited[@]} -eq 0 ] || die "edited in build/jdk and in the repository: ${edited[*]}; run 'make refresh' or restore one side"

# Gone from the repository: back to the JDK's own state.
for f in "${!laid_sum[@]}"; do
    [ -z "${present[$f]:-}" ] || continue
    if jdk_git cat-file -e "pristine:${f%.patch}" 2>/dev/null; then
        jdk_git show "pristine:${f%.patch}" > "$JDK_TREE/${f%.patch}"
    else
        rm -f "$JDK_TREE/$f"
    fi
    changed=$((changed + 1))
done
mv "$new" "$MANIFEST"
trap - EXIT
[ "$changed" -eq 0 ] || echo "overlay: $changed files laid"
