#!/bin/sh
# sfdisk --verify and sgdisk --verify on a disk with a damaged GPT.
# Versions: util-linux 2.38, gdisk 1.0.9 (Debian 12).
# Guess:    they find it, and end with another code than 0, as fsck and qemu-img check do.
# Seen:     sfdisk warns, says "No errors detected." and ends with 0, whichever of the two tables is damaged, and also for a disk that is
#           half there. sgdisk finds a damaged first table, and ends with 0; of a damaged second header it says "No problems found.".
# Matters:  `sfdisk --verify disk && …` and `sgdisk --verify disk && …` go on for every disk that can be read at all.
# Anneal:   checks both tables itself, and names `sgdisk -v` for a person to read.
# Short:    util-linux 2.38, gdisk 1.0.9 | `sfdisk --verify` and `sgdisk --verify` fail for a damaged GPT | "No errors detected." and "Identified 1 problems!", exit code 0 of both; half a disk has no errors
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

need sfdisk 2.38 sfdisk --version
need sgdisk 1.0.9 sgdisk --version
guess 'a code other than 0 of both, each time but the first'

cd "$dir"
sectors=131072
truncate -s 64M disk
sgdisk -n 1:2048:+8M disk >log
head -c 33554432 disk >half
damaged() { # damaged NAME BYTE
  cp disk "$1"
  printf XXXX | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}
damaged first 1100
damaged second $(((sectors - 1) * 512 + 16))
by_sfdisk() { sfdisk --verify "$1" >said 2>&1 && echo "0, $(grep -o 'No errors detected.' said)" || echo $?; }
by_sgdisk() { sgdisk --verify "$1" >said 2>&1 && echo "0, $(grep -oE 'No problems found.|Identified .*' said)" || echo $?; }
seen 'whole disk, sfdisk' '0, No errors detected.' "$(by_sfdisk disk)"
seen 'whole disk, sgdisk' '0, No problems found.' "$(by_sgdisk disk)"
seen 'first table damaged, sfdisk' '0, No errors detected.' "$(by_sfdisk first)"
seen 'first table damaged, sgdisk' '0, Identified 1 problems!' "$(by_sgdisk first)"
seen 'second header damaged, sfdisk' '0, No errors detected.' "$(by_sfdisk second)"
seen 'second header damaged, sgdisk' '0, No problems found.' "$(by_sgdisk second)"
seen 'half a disk, sfdisk' '0, No errors detected.' "$(by_sfdisk half)"
