#!/bin/sh
# mke2fs -d and times behind 2038.
# Versions: e2fsprogs 1.47.0 (Debian 12). 1.47.4 makes 2038-01-19 of each, and its debugfs shows a time of 1965 as 2101.
# Guess:    inodes of 256 bytes, the default, hold times until 2446: a file of 2040 is one of 2040, as if Linux had written it.
# Seen:     the bits above the 32nd are not written: Linux and debugfs see 1904. A time of 1965 is right, and `ls -l` of debugfs
#           shows it as 2101. No message, exit code 0.
# Matters:  a machine whose clock runs ahead dates its files so. In the image the newest files are the oldest, for make, rsync
#           and caches.
# Anneal:   makes no file systems from directories outside of its tests.
# Short:    e2fsprogs 1.47.0 (and 1.47.4) | `mke2fs -d` keeps a time behind 2038, which ext4 holds | 2040 is 1904, 2200 is 1928; by the newer one 2038 is the end
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

need mke2fs 1.47.0 mke2fs -V
need debugfs 1.47.0 debugfs -V
guess '1965, 2026, 2040 and 2200'
export TZ=UTC

cd "$dir"
mkdir tree
for year in 1965 2026 2040 2200; do : >"tree/$year" && touch -d "$year-06-01" "tree/$year"; done
mke2fs -q -t ext4 -I 256 -d tree volume 8M >/dev/null 2>&1
seen 'the year of 2040 in the directory' 2040 "$(date -r tree/2040 +%Y)"
of() { debugfs -R "stat /$1" volume 2>/dev/null | sed -n "s/.*mtime: .*:\($2\) -- .* \([0-9]*\)\$/\2/p"; }
for years in 1965=1965 2026=2026 2040=1904 2200=1928; do
  seen "the year of ${years%=*}, its upper bits 0" "${years#*=}" "$(of "${years%=*}" 00000000)"
done
seen 'the year of 1965 by ls -l' 2101 "$(debugfs -R 'ls -l /' volume 2>/dev/null | sed -n 's/.*-\([0-9]*\) [0-9:]* 1965 *$/\1/p')"
