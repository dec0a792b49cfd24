#!/bin/sh
# Extended attributes of a tar archive that mke2fs makes a file system of (-d archive.tar, new in 1.47.1).
# Versions: e2fsprogs 1.47.2 with libarchive 3.7.4 and their libc (Debian 13); 1.47.4 does the same. GNU tar 1.34 packs.
# Guess:    they are on ext4 as they are with `-d directory`: mke2fs reads the archive by libarchive, which knows them.
# Seen:     security.capability is there. SELinux labels, IMA signatures, ACLs, user.* and trusted.* are left out. No message, exit code 0.
# Matters:  an image that is built from an archive instead of a directory has no labels and no ACLs: with SELinux enforced it does not
#           come up, with IMA its programs do not start.
# Anneal:   gives mke2fs no archive.
# Short:    e2fsprogs 1.47.2 (and 1.47.4) | `mke2fs -d archive.tar` keeps extended attributes, as `-d directory` does | security.capability alone: SELinux labels, IMA, ACLs, user.* and trusted.* are left out; exit code 0
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

need setfattr 2.5.1 dpkg-query -W attr
need tar 1.34 tar --version
[ "$(id -u)" = 0 ] || skip 'root is needed'
debian_files e/e2fsprogs/e2fsprogs_1.47.2-3+b12_amd64.deb e/e2fsprogs/libext2fs2t64_1.47.2-3+b12_amd64.deb \
  liba/libarchive/libarchive13t64_3.7.4-4+deb13u1_amd64.deb g/glibc/libc6_2.41-12+deb13u5_amd64.deb
unset LD_LIBRARY_PATH
guess 'security.capability security.ima trusted.x user.x, of the archive and of the directory'

cd "$dir"
mkdir tree
echo file >tree/file
set_attribute() { setfattr -n "$1" -v "$2" tree/file 2>log || skip "no such attribute can be set here: $(cat log)"; }
set_attribute user.x 1
set_attribute trusted.x 1
set_attribute security.ima 0x0401
set_attribute security.capability 0x0100000200200000000000000000000000000000
tar -C tree --xattrs --xattrs-include='*' --format=posix -cf tree.tar .
for program in mke2fs debugfs; do ln -sf ../sbin/$program root/usr/bin/$program; done
for source in tree tree.tar; do
  rm -f image
  truncate -s 16M image
  own_libc mke2fs -q -t ext4 -d "$source" image && status=0 || status=$?
  [ "$status" = 0 ] || skip "mke2fs does not run here: $(tail -n 1 log)"
  own_libc debugfs -R 'ea_list /file' image
  names=$(sed -n 's/^  *\([a-z]*\.[a-z]*\) (.*/\1/p' log | sort | paste -sd ' ' -)
  case $source in
  tree) seen 'of the directory' 'security.capability security.ima trusted.x user.x' "$names" ;;
  *) seen 'of the archive' 'security.capability' "$names" ;;
  esac
done
