#!/bin/sh
# sload.f2fs puts the tree of a system into an F2FS image, without a mount, as mke2fs -d does for ext4.
# Versions: f2fs-tools 1.15.0 (Debian 12); 1.16.0 (sid) does the same.
# Guess:    with `-P`, which keeps owners, all of the tree is there, or a message names what is not.
# Seen:     device nodes, pipes and file capabilities are left out: of five names two are there. "Done", exit code 0, no message, and
#           fsck.f2fs finds nothing. Setuid and two names of one file are kept.
# Matters:  an image for eMMC or SD cards without /dev/console boots without a console; ping and newuidmap lose their rights.
# Anneal:   does not read F2FS, and names it.
# Short:    f2fs-tools 1.15.0 (and 1.16.0) | `sload.f2fs -P -f tree` takes all of a tree, or names what it leaves out | devices, pipes and file capabilities are missing; no message, exit code 0
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

debian_files f/f2fs-tools/f2fs-tools_1.15.0-1_amd64.deb
[ "$(id -u)" = 0 ] || skip 'needs root, to make a device'
PATH=$dir/root/sbin:$PATH:/usr/sbin:/sbin
command -v setcap >/dev/null || skip 'setcap is missing'
guess '5 names, and the capability'

cd "$dir"
mkdir tree
echo ping >tree/ping
chmod 755 tree/ping
setcap cap_net_raw+ep tree/ping 2>log || skip "no file capabilities here: $(tail -n 1 log)"
echo su >tree/su
chmod 4755 tree/su
mknod tree/console c 5 1 2>log || skip "no device nodes here: $(tail -n 1 log)"
mknod tree/disk b 8 0
mkfifo tree/pipe
truncate -s 128M image
mkfs.f2fs -q image >log 2>&1 || skip "mkfs.f2fs does not run here: $(tail -n 1 log)"
sload.f2fs -P -f tree -t / image >log 2>&1 && status=0 || status=$?
seen 'exit code' 0 "$status"
seen 'words of it' 0 "$(grep -ciE 'console|disk |pipe|device|skip|ignor|unsupported|xattr|capab' log || true)"
fsck.f2fs image >fsck 2>&1 && status=0 || status=$?
seen 'fsck.f2fs' 0 "$status"
# Inode 3 is the root; the next ones are those of the tree.
for number in 4 5 6 7 8; do dump.f2fs -d 1 -i $number image </dev/null 2>/dev/null | tr -s '\t ' ' '; done >inodes
seen 'names' 'ping, su' "$(sed -n 's/^i_name \[\(.*\)\].*/\1/p' inodes | sort | paste -sd, | sed 's/,/, /')"
seen 'mode of su, with setuid' 1 "$(grep -c '^i_mode \[0x 89ed ' inodes || true)"
seen 'inodes with extended attributes' 0 "$(grep '^i_xattr_nid' inodes | grep -vc '\[0x 0 ' || true)"
seen 'the name "capability" in the image' 0 "$(grep -ac capability image || true)"
