#!/bin/sh
# btrfs-convert, and room on ext4 that was set aside (fallocate) and not written.
# Versions: btrfs-progs 6.2 (Debian 12), e2fsprogs 1.47.0; 6.14 writes zeros.
# Guess:    the file reads as zeros before and after: that is what ext4 marks such extents for.
# Seen:     after the conversion it holds what lay on the disk before: data of files that were removed long ago. Exit code 0,
#           `btrfs check` finds nothing; checksums are made for the wrong data.
# Matters:  disks of guests that libvirt preallocates, journals and databases are such files. A guest whose disk was empty there has
#           other people's data in it, and the file system that it makes there is damaged where it counts on zeros.
# Anneal:   reads such extents as zeros, on ext4 and on btrfs.
# Short:    btrfs-progs 6.2 (not 6.14), e2fsprogs 1.47.0 | room that was set aside (fallocate) reads as zeros after the conversion | what lay on the disk before; exit code 0
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

need btrfs 'v6.2' btrfs --version
need mke2fs 'mke2fs 1.47.0' mke2fs -V
command -v btrfs-convert >/dev/null || skip 'btrfs-convert is missing'
guess 'zeros'

cd "$dir"
head -c 314572800 /dev/zero | tr '\0' S >disk
mke2fs -q -t ext4 -b 4096 -E nodiscard disk >log 2>&1
: >empty
debugfs -w -R 'write empty guest.raw' disk >log 2>&1
debugfs -w -R 'fallocate guest.raw 0 15' disk >>log 2>&1
debugfs -w -R 'set_inode_field guest.raw size 65536' disk >>log 2>&1
e2fsck -fn disk >log 2>&1 && status=0 || status=$?
seen 'exit code of e2fsck' 0 "$status"
bytes() { od -An -c "$1" | tr -d ' ' | sort -u | tr -d '*\n'; }
debugfs -R 'dump guest.raw before' disk 2>/dev/null
seen 'the file on ext4' '\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0' "$(bytes before)"
btrfs-convert disk >log 2>&1 && status=0 || status=$?
seen 'exit code of btrfs-convert' 0 "$status"
btrfs check disk >log 2>&1 && status=0 || status=$?
seen 'exit code of btrfs check' 0 "$status"
mkdir after
btrfs restore disk after >log 2>&1 || true
seen 'its size' 65536 "$(stat -c %s after/guest.raw)"
seen 'the file on btrfs' SSSSSSSSSSSSSSSS "$(bytes after/guest.raw)"
