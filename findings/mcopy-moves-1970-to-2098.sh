#!/bin/sh
# mcopy -m, which keeps the time of a file, and a file from before 1980, as in a tree of OSTree or of a reproducible build (time 0).
# Versions: mtools 4.0.32.
# Guess:    FAT holds 1980 to 2107; an earlier time becomes the first of these, a later one the last.
# Seen:     the year is cut to 7 bits: 1970 is 2098, 1979 is 2107, 2108 is 1980. No message, exit code 0.
# Matters:  the files of an EFI system partition come from the future: what copies newer files only (`cp -u`, `rsync -u`, make) never
#           replaces them.
# Anneal:   writes its boot partitions by mcopy without -m.
# Short:    mtools 4.0.32 | `mcopy -m` of a file with time 0 gives 1980, the first that FAT holds | 1970 is 2098, 1979 is 2107, 2108 is 1980; exit code 0
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

need mcopy 4.0.32 mcopy -V
command -v mkfs.fat >/dev/null || skip 'mkfs.fat is missing'
guess '1980, 1980, 2024, 2107, 2107'

cd "$dir"
export TZ=UTC
truncate -s 4M image
mkfs.fat image >log
for year in 1970 1979 2024 2107 2108; do
  touch -d "$year-01-02T03:04:06Z" "y$year"
  mcopy -m -i image "y$year" :: >said 2>&1 && status=0 || status=$?
  case $year in 1970) want=2098 ;; 1979) want=2107 ;; 2108) want=1980 ;; *) want=$year ;; esac
  seen "y$year: exit code, messages, year" "0, , $want" "$status, $(cat said), $(mdir -i image "::y$year" | sed -n "s/^y$year .* \([0-9]*\)-01-02 .*/\1/p")"
done
