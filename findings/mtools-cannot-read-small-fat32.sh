#!/bin/sh
# A small EFI system partition: mkfs.fat makes it, mtools cannot read it.
# Versions: dosfstools 4.2, mtools 4.0.32 (Debian 12).
# Guess:    firmware wants FAT32, so `mkfs.fat -F 32` on 20 MiB; mkfs.fat warns of few clusters, and every reader goes by the
#           layout in the boot sector.
# Seen:     mtools goes by the number of clusters, takes it for FAT16 and fails: "Error reading FAT". fsck.fat finds it in order.
# Matters:  image builders make the partition with the one and fill it with the other. By Microsoft's specification the
#           number of clusters decides; firmware differs.
# Anneal:   src/formats/fat reads it as what the boot sector's layout says.
# Short:    mtools 4.0.32, dosfstools 4.2 | what `mkfs.fat -F 32` makes, mtools reads | "Error reading FAT" below 65525 clusters
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

need mkfs.fat 4.2 sh -c 'mkfs.fat -C "$0" 64' "$dir/probe"
need mcopy 4.0.32 mcopy --version
guess 'the file lands on the partition'

cd "$dir"
echo loader >BOOTX64.EFI
truncate -s 20M esp.img
warning=$(mkfs.fat -F 32 esp.img 2>&1 | grep -c 'less then suggested minimum') || true
seen 'warnings of mkfs.fat' 1 "$warning"
seen 'mcopy' 'Error reading FAT' "$(mcopy -i esp.img BOOTX64.EFI :: 2>&1 | head -n 1)"
fsck.fat -n esp.img >/dev/null 2>&1 && status=0 || status=$?
seen 'exit code of fsck.fat' 0 "$status"
truncate -s 40M enough.img
mkfs.fat -F 32 enough.img >/dev/null
mcopy -i enough.img BOOTX64.EFI :: && status=0 || status=$?
seen 'exit code of mcopy, 40 MiB' 0 "$status"
