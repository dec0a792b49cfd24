#!/bin/sh
# A file with two names in an ISO image that libarchive writes with zisofs.
# Versions: libarchive 3.6.2 (Debian 12), xorriso 1.5.4; 3.8.10 does the same.
# Guess:    both names are the file, for bsdtar itself and for xorriso.
# Seen:     the name that was packed last is the compressed bytes, 791 of them. xorriso reads it so; bsdtar gives the first name of the
#           alphabet to both, so that both are wrong, or none. A file with one name is right. Exit code 0.
#           `zisofs=0` turns it on as well: only `!zisofs` turns it off.
# Matters:  a tree made of a container's layers, of ostree or of Debian has many such files: perl, busybox, terminfo, kernels' modules.
# Anneal:   writes no ISO images by libarchive, and refuses to read what zisofs compressed.
# Short:    libarchive 3.6.2 (and 3.8.10), xorriso 1.5.4 | `bsdtar --format=iso9660 --options zisofs` keeps a file with two names | one name or both are the compressed bytes; `zisofs=0` is on; exit code 0
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

need bsdtar 'bsdtar 3.6.2' bsdtar --version
need xorriso 1.5.4 xorriso --version
guess '300000 bytes for each name'

cd "$dir"
mkdir tree
yes file | head -c 300000 >tree/one
cp tree/one tree/alone
ln tree/one tree/two
for option in zisofs=direct zisofs=0 '!zisofs'; do
  rm -rf image bsdtar xorriso
  bsdtar --format=iso9660 --options "$option" -cf image -C tree two one alone 2>log && status=0 || status=$?
  seen "exit code with $option" 0 "$status"
  mkdir bsdtar xorriso
  bsdtar -xf image -C bsdtar
  xorriso -indev image -osirrox on -extract / xorriso >>log 2>&1
  for by in bsdtar xorriso; do
    sizes="$(stat -c %s $by/alone) $(stat -c %s $by/one $by/two | paste -sd ' ' -)"
    case "$option $by" in
    '!zisofs'*) wanted='300000 300000 300000' ;;
    *bsdtar) wanted='300000 791 791' ;;
    *) wanted='300000 791 300000' ;;
    esac
    seen "sizes by $by: alone, one and two" "$wanted" "$sizes"
    chmod -R u+w "$by"
  done
done
