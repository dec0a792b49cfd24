#!/bin/sh
# mksquashfs with blocks of 4 KiB, xz and a filter for machine code.
# Versions: squashfs-tools 4.5.1 and 4.7.5 (Debian 12 and sid), Linux 6.18.
# Guess:    an image that mksquashfs makes and unsquashfs unpacks is one that Linux mounts.
# Seen:     both end with 0, and Linux says "can't read superblock" (its log: "xz decompression failed, data probably corrupt").
#           mksquashfs writes into the image that the dictionary of xz has 4 KiB, as long as a block, and compresses metadata, which come
#           in 8 KiB, with one of 8 KiB. Without -Xbcj it writes nothing of a dictionary, and Linux takes 8 KiB. By name
#           (-Xdict-size 4096) mksquashfs refuses it.
# Matters:  a root image with small blocks, for quick random reads, and filters, for a smaller image, is found out at boot.
# Anneal:   reads it as unsquashfs does; its own live images have zstd or gzip, and no filters.
# Short:    squashfs-tools 4.7.5, Linux 6.18 | what `mksquashfs -comp xz -b 4096 -Xbcj x86` makes and unsquashfs reads, Linux mounts | "can't read superblock"; exit code 0
set -eu
dir=$(mktemp -d)
trap 'umount "$dir/mounted" 2>/dev/null || true; rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

[ "$(id -u)" = 0 ] || skip 'it needs root, to mount a file system'
need mksquashfs 'version 4.5.1' mksquashfs -version
need unsquashfs 'version 4.5.1' unsquashfs -version
grep -qw squashfs /proc/filesystems || skip 'this kernel has no squashfs'
guess 'Linux mounts what mksquashfs makes'

cd "$dir"
mkdir mounted tree
# So many inodes that their table is longer than 4 KiB, and does not become short.
i=0
while [ "$i" -lt 300 ]; do
  head -c $((i % 7 + 40)) /dev/urandom >"tree/$i"
  i=$((i + 1))
done
# mounts MKSQUASHFS MKSQUASHFS-OPTION...: whether Linux mounts such an image, and reads all of it.
mounts() {
  program=$1
  shift
  rm -rf image unpacked
  "$program" tree image -quiet -no-progress -comp xz "$@" >said 2>&1
  unsquashfs -no-progress -d unpacked image >said 2>&1
  diff -r tree unpacked >/dev/null || { echo 'unsquashfs cannot read it'; return; }
  truncate -s %4096 image
  if mount -t squashfs -o loop,ro image mounted 2>said && diff -r tree mounted >/dev/null 2>&1; then
    umount mounted
    echo yes
  else
    umount mounted 2>/dev/null || true
    echo no
  fi
}
seen 'blocks of 4 KiB and no filter, mounted' yes "$(mounts mksquashfs -b 4096)"
seen 'blocks of 4 KiB and the filter for x86, mounted' no "$(mounts mksquashfs -b 4096 -Xbcj x86)"
seen 'blocks of 8 KiB and the filter for x86, mounted' yes "$(mounts mksquashfs -b 8192 -Xbcj x86)"

here=$PATH
debian_files s/squashfs-tools/squashfs-tools_4.7.5-1_amd64.deb g/glibc/libc6_2.43-7_amd64.deb
# The programs of this machine have its own libc.
unset LD_LIBRARY_PATH
PATH=$here
newest() { own_libc mksquashfs "$@"; }
seen 'the same of 4.7.5' no "$(mounts newest -b 4096 -Xbcj x86)"
seen 'of 4.7.5 without the filter' yes "$(mounts newest -b 4096)"
