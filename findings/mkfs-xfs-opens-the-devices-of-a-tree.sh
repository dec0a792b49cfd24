#!/bin/sh
# A tree with device nodes that mkfs.xfs makes a file system of (-p directory, new in 6.17).
# Versions: xfsprogs 7.2.0 with its libraries (Debian sid); mke2fs 1.47.0 makes the same tree into ext4.
# Guess:    a device node is copied by its numbers, and not touched, as mke2fs, mksquashfs and tar have it.
# Seen:     each is opened: a node whose device this machine does not have ends mkfs.xfs, with "No such device or address". A node of
#           /dev/null is right.
# Matters:  a root file system of another machine is not made, and its nodes act on the machine that builds it, if it has such devices:
#           to open a watchdog starts it, to open a tape rewinds it.
# Anneal:   makes no XFS.
# Short:    xfsprogs 7.2.0 (sid) | `mkfs.xfs -p directory` copies device nodes by their numbers | it opens each: one that this machine does not have ends it
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

need mke2fs 1.47.0 mke2fs -V
[ "$(id -u)" = 0 ] || skip 'root is needed'
debian_files x/xfsprogs/xfsprogs_7.2.0-1_amd64.deb libi/libinih/libinih1_61-1+b2_amd64.deb libu/liburcu/liburcu8t64_0.15.7-1_amd64.deb \
  u/util-linux/libblkid1_2.42.4-1_amd64.deb u/util-linux/libuuid1_2.42.4-1_amd64.deb g/glibc/libc6_2.43-7_amd64.deb
unset LD_LIBRARY_PATH
guess '0 for each tree'

cd "$dir"
mkdir -p root/usr/bin
ln -s ../sbin/mkfs.xfs root/usr/bin/mkfs.xfs
mkdir -p tree/dev
mknod tree/dev/null c 1 3 2>log || skip "no device node can be made here: $(cat log)"
make() {
  rm -f image
  truncate -s 400M image
  own_libc mkfs.xfs -q -p tree image && status=0 || status=$?
}
make
[ "$status" = 0 ] || skip "mkfs.xfs does not run here: $(tail -n 1 log)"
seen 'exit code with /dev/null' 0 "$status"
mknod tree/dev/nvme62n1p8 b 259 1000
make
seen 'exit code with a disk that is not here' 1 "$status"
seen 'message' 'mkfs.xfs: cannot open tree/dev/nvme62n1p8: No such device or address' "$(sed 's,^.*/mkfs.xfs:,mkfs.xfs:,' log | tail -n 1)"
truncate -s 16M ext4
mke2fs -q -t ext4 -d tree ext4 && status=0 || status=$?
seen 'exit code of mke2fs -d' 0 "$status"
