#!/bin/sh
# lsinitrd -f, which shows a file of an initial ramdisk, with a name that is a link or is not there.
# Versions: dracut 059 (Debian 12); 112 (sid) does the same.
# Guess:    of a link it shows what the link leads to, as cat does; a name that is not there is an error.
# Seen:     nothing is shown of either, no message, exit code 0. In a ramdisk of dracut etc/os-release is such a link, to initrd-release.
# Matters:  a check by `lsinitrd -f etc/crypttab initrd` cannot tell an empty file, a link, a file that is missing and a misspelt name apart.
# Anneal:   reads ramdisks itself, and says which of these it is.
# Short:    dracut 059 (and 112), cpio 2.13 | `lsinitrd -f` follows a link, and fails for a file that is not there | it shows nothing of either; no message, exit code 0
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

debian_files d/dracut/dracut-core_059-4_amd64.deb
need cpio 2.13 cpio --version
guess 'ID=x for both names, an error for the third'

cd "$dir"
mkdir -p tree/etc
echo ID=x >tree/etc/initrd-release
ln -s initrd-release tree/etc/os-release
(cd tree && find . | cpio --quiet -o -H newc) >initrd
show() {
  lsinitrd -f "$1" initrd >out 2>said && status=0 || status=$?
  echo "$status, $(cat out), $(cat said)"
}
seen 'a file: exit code, output, messages' '0, ID=x, ' "$(show etc/initrd-release)"
seen 'a link to it' '0, , ' "$(show etc/os-release)"
seen 'a name that is not there' '0, , ' "$(show etc/cryptab)"
