#!/usr/bin/env bash
# A disk of 6 GiB of which about 1 GiB is in use, for `npm run bench:metal`:
#
#     metal-disk.sh TEST-SYSTEM TREE.tar DISK
#
# TEST-SYSTEM is disk.raw of lab/openstack/test-system/make.sh: its partition boots on BIOS and UEFI. TREE.tar is the tree of a
# Debian, which fills an ext4 behind it. Needs root, fdisk and e2fsprogs; no mount.
set -euo pipefail
system=$1 tree=$2 disk=$3
work=$(mktemp -d "$(dirname "$disk")/tree.XXXXXX")
trap 'rm -rf "$work"' EXIT
tar -C "$work" --numeric-owner --exclude='./dev/*' -xpf "$tree"
rm -f "$disk.part"
truncate -s 6G "$disk.part"
# The boot code of the test system, then a table of our own with the same first partition.
dd if="$system" of="$disk.part" bs=440 count=1 conv=notrunc status=none
printf 'label: gpt\nstart=2048, size=126976, type=uefi, attrs=LegacyBIOSBootable\nstart=131072, type=linux\n' |
  sfdisk -q "$disk.part"
dd if="$system" of="$disk.part" bs=1M skip=1 seek=1 count=62 conv=notrunc,sparse status=none
mke2fs -q -t ext4 -L data -d "$work" -E offset=67108864 "$disk.part" 6079M
mv "$disk.part" "$disk"
