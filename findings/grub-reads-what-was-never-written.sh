#!/bin/sh
# GRUB reads a file with room that was set aside and not written, on ext4 and XFS.
# Versions: GRUB 2.06 (Debian 12). 2.14 does the same.
# Guess:    zeros, as Linux reads them, as GRUB itself does for a hole; or an error, as on btrfs.
# Seen:     what lay on the disk before: parts of files that were deleted. No error. On ext4 a file that begins with a hole is
#           refused: "something wrong with extent".
# Matters:  a file that was made at its full size and not written to its end (a disk for loopback, an initrd padded to a size)
#           is another one for GRUB: what should be zeros is garbage, or signed contents do not verify.
# Anneal:   reads zeros in both; for a netboot GRUB reads none of them.
# Short:    GRUB 2.06 (and 2.14), e2fsprogs 1.47.0, xfsprogs 6.1 | room that was set aside (fallocate) reads as zeros | what lay on the disk before; on ext4 a hole at the start is an error
set -eu
dir=$(mktemp -d)
trap 'umount "$dir/mounted" 2>/dev/null || true; rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

[ "$(id -u)" = 0 ] || skip 'it needs root, to mount a file system'
need grub-fstest 2.06 grub-fstest --version
need mke2fs 1.47.0 mke2fs -V
need mkfs.xfs 'version 6.1' mkfs.xfs -V
guess 'zeros for all'

cd "$dir"
mkdir mounted
# make IMAGE SIZE MKFS...: on a disk full of Z, with a file of 64 KiB room, a byte in its middle, and one with a hole.
make() {
  image=$1
  head -c "$2" /dev/zero | tr '\0' Z >"$image"
  shift 2
  "$@" "$image" >log 2>&1
  mount -o loop "$image" mounted 2>log || skip "no file system can be mounted here: $(tail -n 1 log)"
  fallocate -l 65536 mounted/room
  printf x | dd of=mounted/room bs=1 seek=32768 conv=notrunc status=none
  truncate -s 65536 mounted/hole
  printf end >>mounted/hole
  umount mounted
}
make ext4 67108864 mke2fs -q -F -t ext4 -b 4096 -E nodiscard
make xfs 335544320 mkfs.xfs -q -f -K
byte() { head -c "$(($2 + 1))" "$1" | tail -c 1 | tr '\0' 0; }
for image in ext4 xfs; do
  mount -o ro,loop "$image" mounted
  seen "$image, by Linux, first and last byte" 00 "$(byte mounted/room 0)$(byte mounted/room 65535)"
  umount mounted
  grub-fstest "$dir/$image" cat '(loop0)/room' >out 2>log && status=0 || status=$?
  seen "$image, by GRUB, exit code and bytes" '0 65536' "$status $(stat -c %s out)"
  seen "$image, by GRUB, the byte that was written" x "$(byte out 32768)"
  seen "$image, by GRUB, last byte" Z "$(byte out 65535)"
done
grub-fstest "$dir/xfs" cat '(loop0)/hole' >out 2>log || true
seen 'xfs, a hole, by GRUB, first byte and end' 0end "$(byte out 0)$(tail -c 3 out)"
grub-fstest "$dir/ext4" cat '(loop0)/hole' >out 2>log || true
seen 'ext4, a hole, by GRUB' 'something wrong with extent' "$(grep -o 'something wrong with extent' log)"
