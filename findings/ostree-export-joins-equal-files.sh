#!/bin/sh
# ostree export: a tar archive "for backups, converting OSTree commits into Docker images, and the like".
# Versions: ostree 2025.2 (Debian 13); 2026.4 does so for files that are not empty, 2022.7 for none.
# Guess:    two files of a tree are two files of the archive.
# Seen:     files with the same contents, mode and owner are hard links to the first of them: one file with several names. Empty
#           files, too.
# Matters:  in a container or a machine that is made of the archive, the first boot writes /etc/machine-id and with it every
#           empty file of that mode; whoever adds a user to /etc/subuid adds him to /etc/subgid.
# Anneal:   reads deployments of ostree itself; what shares an inode there stays linked in a live image, and nothing else does.
# Short:    ostree 2025.2 (and 2026.4) | two files of a tree are two files of the exported archive | equal files are hard links: who writes machine-id writes each empty file
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

[ "$(uname -m)" = x86_64 ] || skip 'the packages are for x86-64'
debian_files o/ostree/ostree_2025.2-1_amd64.deb o/ostree/libostree-1-1_2025.2-1_amd64.deb g/glibc/libc6_2.41-12+deb13u5_amd64.deb \
  g/glib2.0/libglib2.0-0t64_2.84.4-3~deb13u5_amd64.deb u/util-linux/libmount1_2.41.5-0+deb13u1_amd64.deb \
  u/util-linux/libblkid1_2.41.5-0+deb13u1_amd64.deb libs/libselinux/libselinux1_3.8.1-1_amd64.deb
unset LD_LIBRARY_PATH
need tar 'GNU tar' tar --version
guess 'files with one name each'

cd "$dir"
libraries=root/usr/lib/x86_64-linux-gnu
ostree() { "$libraries/ld-linux-x86-64.so.2" --library-path "$libraries:/usr/lib/x86_64-linux-gnu" root/usr/bin/ostree --repo=repo "$@" >log 2>&1; }
mkdir -p tree/etc out
: >tree/etc/machine-id
: >tree/etc/exports
echo user:100000:65536 >tree/etc/subuid
cp tree/etc/subuid tree/etc/subgid
ostree init --mode=archive || skip "ostree does not run here: $(tail -n 1 log)"
ostree commit --branch=system tree
ostree export system --output=system.tar && status=0 || status=$?
seen 'exit code' 0 "$status"
tar -C out -xf system.tar
for file in machine-id exports subuid subgid; do
  seen "names of the file $file in the tree" 1 "$(stat -c %h "tree/etc/$file")"
  seen "names of the file $file of the archive" 2 "$(stat -c %h "out/etc/$file")"
done
echo 0123456789abcdef0123456789abcdef >out/etc/machine-id
seen 'exports, once machine-id is written' 0123456789abcdef0123456789abcdef "$(cat out/etc/exports)"
