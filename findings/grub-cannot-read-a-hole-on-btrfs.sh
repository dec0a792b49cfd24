#!/bin/sh
# GRUB reads a file with a hole, or with room that was set aside and not written, on btrfs.
# Versions: GRUB 2.06, btrfs-progs 6.2 (Debian 12).
# Guess:    it reads zeros there, as Linux does.
# Seen:     "extent not found" for the hole, and "unsupported extent type 0x2" for the room; with explicit holes
#           (-O ^no-holes, the default before btrfs-progs 5.15) the hole reads as zeros.
# Matters:  a kernel, an initrd or a grub.cfg that was copied with `cp --sparse=always` or `rsync --sparse`, or made with
#           fallocate, boots on ext4 and XFS, and not on a btrfs of today.
# Anneal:   reads both as the kernel does; for a netboot GRUB reads none of them.
# Short:    GRUB 2.06, btrfs-progs 6.2 | GRUB reads zeros in a hole of a boot file, as Linux does | "extent not found"; the file does not load
set -eu
dir=$(mktemp -d)
trap 'umount "$dir/mounted" 2>/dev/null || true; rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

[ "$(id -u)" = 0 ] || skip 'it needs root, to mount a file system'
need grub-fstest 2.06 grub-fstest --version
need mkfs.btrfs v6.2 mkfs.btrfs --version
guess 'the same bytes as Linux reads'

cd "$dir"
mkdir mounted
# make IMAGE MKFS-OPTION...: with two files, of which each has 4 KiB that were never written.
make() {
  image=$1
  shift
  truncate -s 128M "$image"
  mkfs.btrfs -q "$@" "$image" >/dev/null 2>&1
  mount -o loop "$image" mounted || skip 'no btrfs can be mounted here'
  for file in hole room; do head -c 4096 /dev/zero | tr '\0' 'a' >"mounted/$file"; done
  fallocate --length 8192 mounted/room
  printf end | dd of=mounted/hole bs=1 seek=8192 conv=notrunc status=none
  sha256sum <mounted/hole >hole.sum
  umount mounted
}
# grub IMAGE FILE: what GRUB says, or `as Linux`.
grub() {
  grub-fstest "$1" cat "(loop0)/$2" >got 2>error || true
  if [ "$(sha256sum <got)" = "$(cat hole.sum)" ]; then echo 'as Linux'; else sed 's/.*: //' error | head -n 1; fi
}

make today
seen 'a hole' 'extent not found.' "$(grub today hole)"
seen 'room that was not written' 'unsupported extent type 0x2.' "$(grub today room)"
make before -O '^no-holes'
seen 'an explicit hole' 'as Linux' "$(grub before hole)"
