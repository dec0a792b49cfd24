#!/bin/sh
# sfdisk --dump and a larger disk: copying a partition table.
# Versions: util-linux 2.38 (Debian 12).
# Guess:    the dump names partitions; on a disk of twice the size the rest is free, and `,+` grows the last one into it.
# Seen:     the dump's `last-lba` line comes along: the new GPT says that the disk ends where the old one did. sfdisk -F finds
#           0 bytes free, `,+` grows nothing, --verify says "No errors detected". Without that line all is as guessed.
# Matters:  replacing a disk, or deploying a table by its dump, loses the rest of every larger disk, and no check says so.
# Anneal:   writes no partition tables on disks; whole images are written, and their GPT is grown by what boots from it.
# Short:    util-linux 2.38 | `sfdisk --dump` onto a larger disk leaves the rest free | the table ends where the old disk did: 0 bytes free, no errors
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

need sfdisk 2.38 sfdisk --version
guess '65 MiB of 128 are free'

cd "$dir"
truncate -s 64M small
truncate -s 128M large edited
printf '%s\n' 'label: gpt' '2048,20M' ',,' | sfdisk -q small
sfdisk --dump small >dump
sfdisk -q large <dump
free() { sfdisk -F "$1" 2>/dev/null | sed -n 's/^Unpartitioned space .* \([0-9]*\) bytes.*/\1/p'; }
seen 'bytes free' 0 "$(free large)"
echo ', +' | sfdisk -q -N 2 large
seen 'end of the disk, in the table' 131038 "$(sfdisk --dump large | sed -n 's/last-lba: //p')"
seen 'verification' 'No errors detected.' "$(sfdisk --verify large | sed -n 2p)"
grep -v '^last-lba' dump | sfdisk -q edited
seen 'bytes free without the line last-lba' 68140544 "$(free edited)"
