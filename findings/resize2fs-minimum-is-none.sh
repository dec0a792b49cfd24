#!/bin/sh
# resize2fs -M: "shrink the file system to its minimum size".
# Versions: e2fsprogs 1.47.0 (Debian 12).
# Guess:    once is enough.
# Seen:     a 4 GiB file system that holds 150 MB comes down to some 256 MiB; the second run, after a check, takes away tens of
#           MiB more, and so does the third; only the fourth or fifth says that there is nothing to do.
# Matters:  images for bare metal are shrunk with it once and sent to every machine with room that nobody needs.
# Anneal:   does not shrink; where it makes a file system smaller for another disk, it counts what is in use.
# Short:    e2fsprogs 1.47.0 | `resize2fs -M` shrinks to the minimum | each further run shrinks further
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

need mke2fs 1.47.0 mke2fs -V
guess 'the second run has nothing to do'

cd "$dir"
mkdir from
head -c 150000000 /dev/zero | tr '\0' x >from/data
mke2fs -q -t ext4 -d from disk 4G >/dev/null
rm -r from
shrink() {
  e2fsck -fy disk >/dev/null 2>&1 || true
  resize2fs -M disk 2>/dev/null | sed -n 's/.* \([0-9]*\) (4k) blocks long.*/\1/p'
}
first=$(shrink) second=$(shrink)
printf 'seen:     blocks of 4 KiB: %s, then %s\n' "$first" "$second"
[ "$second" -lt $((first * 97 / 100)) ] && again=shrinks || again=stays
seen 'the second run' shrinks "$again"
