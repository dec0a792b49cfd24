#!/bin/sh
# A root file system in EROFS, extracted as root by the format's own tool.
# Versions: erofs-utils 1.5, as of Debian 12, and 1.8.6; mkfs.erofs and the kernel's mount have all of it.
# Guess:    fsck.erofs --extract gives back what the image holds, or an error.
# Seen:     1.5: a program that is setuid and not root's is not setuid any more, and two names of a file are two files. Either: file
#           capabilities and other attributes are missing. Exit code 0, no warning.
# Matters:  it is the tool that unpacks such a root without a mount: ping, sudo and what a group may run fail on the copy.
# Anneal:   reads EROFS by a reader of its own, which is compared with the kernel's mount.
# Short:    erofs-utils 1.5 (and 1.8.6) | `fsck.erofs --extract` as root gives back what the image holds | setuid and one of two names are lost (1.5), file capabilities are lost (both); exit code 0
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

[ "$(uname -m)" = x86_64 ] || skip 'the packages are for x86-64'
[ "$(id -u)" = 0 ] || skip 'only root keeps owners'
for program in setfattr getfattr; do command -v "$program" >/dev/null || skip "$program is missing (attr)"; done
debian_files e/erofs-utils/erofs-utils_1.8.6-1_amd64.deb g/glibc/libc6_2.41-12+deb13u5_amd64.deb
unset LD_LIBRARY_PATH
PATH=/usr/sbin:/usr/bin:/sbin:/bin
need fsck.erofs 1.5 fsck.erofs -V
guess '4755 of user 1000; an attribute; one file with two names'

cd "$dir"
own_libc mkfs.erofs --version || skip "mkfs.erofs does not run here: $(tail -n 1 log)"
mkdir tree
echo a >tree/program
ln tree/program tree/name
setfattr -n user.note -v kept tree/program || skip 'the temporary folder keeps no attributes'
echo b >tree/setuid
chown 1000:1000 tree/setuid
chmod 4755 tree/setuid
said() {
  modes=$(stat -c '%a %u' "$1/setuid")
  attribute=$(getfattr -h --only-values -n user.note "$1/program" 2>/dev/null || echo none)
  echo "$modes, $attribute, $(stat -c %h "$1/program") names"
}
own_libc mkfs.erofs disk.img tree
mkdir mounted
if mount -t erofs -o loop,ro disk.img mounted 2>/dev/null; then
  mounted=$(said mounted)
  umount mounted
  seen 'mounted' '4755 1000, kept, 2 names' "$mounted"
fi
fsck.erofs --extract=out disk.img >log 2>&1 && status=0 || status=$?
seen '1.5, exit code and warnings' '0 0' "$status $(grep -cE '<[EW]>' log || true)"
seen '1.5, extracted' '755 1000, none, 1 names' "$(said out)"
own_libc fsck.erofs --extract=out-1.8.6 --preserve disk.img && status=0 || status=$?
seen '1.8.6, exit code and warnings' '0 0' "$status $(grep -cE '<[EW]>' log || true)"
seen '1.8.6, extracted' '4755 1000, none, 2 names' "$(said out-1.8.6)"
