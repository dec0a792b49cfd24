#!/bin/sh
# nbdkit's tar filter and a disk that `tar --sparse` packed.
# Versions: nbdkit 1.32.5, GNU tar 1.34 (Debian 12); nbdkit 1.48.1 does the same.
# Guess:    the disk is served with its holes, or refused: the filter asks GNU tar where the entry lies.
# Seen:     the right size, and other bytes: the data without its holes, from the start of the disk, and behind it whatever
#           comes next in the archive. Of format pax the map of the holes comes first. No message, exit code 0.
# Matters:  `tar -S` is how people pack disks. A copy of the disk by the filter is of the right length and destroyed.
# Anneal:   reads a sparse entry of a tar file with its holes.
# Short:    nbdkit 1.32.5 (and 1.48.1), GNU tar 1.34 | the tar filter serves a disk that `tar -S` packed, or refuses it | the right size and other bytes: its data without holes, and what follows it
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

debian_files n/nbdkit/nbdkit_1.32.5-1_amd64.deb
need tar 'GNU tar' tar --version
need qemu-img ' 7.2' qemu-img --version
guess 'the same bytes as in the file, or an error'

cd "$dir"
truncate -s 4M disk.img
for mib in 1 3; do printf data | dd of=disk.img bs=1M seek="$mib" conv=notrunc status=none; done
head -c 5000000 /dev/zero | tr '\0' x >other
modules=$(echo root/usr/lib/*/nbdkit)
for format in gnu pax; do
  tar --sparse --format="$format" -cf "$format.tar" disk.img other
  root/usr/bin/nbdkit -U - "$modules/plugins/nbdkit-file-plugin.so" --filter="$modules/filters/nbdkit-tar-filter.so" \
    "$format.tar" tar-entry=disk.img --run "LD_LIBRARY_PATH= qemu-img convert -O raw \"\$uri\" $format.img" >log 2>&1 &&
    status=0 || status=$?
  [ -e "$format.img" ] || skip "nbdkit does not run here: $(tail -n 1 log)"
  seen "$format, exit code" 0 "$status"
  seen "$format, bytes" 4194304 "$(stat -c %s "$format.img")"
  cmp -s "$format.img" disk.img && same=yes || same=no
  seen "$format, the disk" no "$same"
done
seen 'gnu, the first bytes' data "$(head -c 4 gnu.img)"
seen 'pax, the first line, which counts the pieces' 3 "$(head -n 1 pax.img)"
seen 'what of the other file is on the disk' xxxx "$(tail -c 4 gnu.img)"
