#!/bin/sh
# Owners above 65535 in a file system that genext2fs makes, or that e2cp copies to.
# Versions: genext2fs 1.5.0, e2tools 0.1.0 (Debian 12); the same in Debian sid. mke2fs 1.47.0 for comparison.
# Guess:    the owner is kept, since ext2 has 32 bits for it, or an error.
# Seen:     16 bits are: user 65536 becomes root, 100000 becomes 34464. From a directory and from a tar file. e2cp -p does the
#           same, and fills holes. No message, exit code 0.
# Matters:  trees of containers without root have owners from 100000 on, of directory services from 2^20 and more.
# Anneal:   makes no file systems; it reads owners of 32 bits.
# Short:    genext2fs 1.5.0, e2tools 0.1.0 | an owner above 65535 is kept | user 65536 becomes root, 100000 becomes 34464
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

[ "$(id -u)" = 0 ] || skip 'needs root, to give files away'
debian_files g/genext2fs/genext2fs_1.5.0-3_amd64.deb e/e2tools/e2tools_0.1.0-3_amd64.deb
need mke2fs 1.47.0 mke2fs -V
need tar 'GNU tar' tar --version
guess '65536 and 100000'

cd "$dir"
mkdir tree
for user in 65536 100000; do : >"tree/of$user" && chown "$user:$user" "tree/of$user"; done
tar -C tree -cf tree.tar of65536 of100000
mke2fs -q -t ext2 -d tree mke2fs.img 8M >/dev/null 2>&1
genext2fs -b 1024 -d tree directory.img >log 2>&1 && status=0 || status=$?
[ -e directory.img ] || skip "genext2fs does not run here: $(tail -n 1 log)"
seen 'exit code' 0 "$status"
genext2fs -b 1024 -a tree.tar archive.img >log 2>&1
mke2fs -q -t ext2 e2cp.img 8M >/dev/null 2>&1
for user in 65536 100000; do e2cp -p "tree/of$user" "e2cp.img:/of$user"; done
owners() { debugfs -R 'ls -p /' "$1" 2>/dev/null | sed -n 's/.*\/[0-7]*\/\([0-9]*\)\/\([0-9]*\)\/of.*/\1:\2/p' | sort -n | paste -sd ' ' -; }
seen 'mke2fs -d' '65536:65536 100000:100000' "$(owners mke2fs.img)"
seen 'genext2fs, of a directory' '0:0 34464:34464' "$(owners directory.img)"
seen 'genext2fs, of a tar file' '0:0 34464:34464' "$(owners archive.img)"
seen 'e2cp' '0:0 34464:34464' "$(owners e2cp.img)"
truncate -s 1M hole
e2cp hole e2cp.img:/hole
seen 'e2cp, blocks of a hole of 1 MiB, more than 2000' yes \
  "$(debugfs -R 'stat /hole' e2cp.img 2>/dev/null | sed -n 's/.*Blockcount: \([0-9]*\).*/\1/p' | awk '{ print ($1 > 2000 ? "yes" : "no") }')"
