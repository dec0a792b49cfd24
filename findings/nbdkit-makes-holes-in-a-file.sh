#!/bin/sh
# nbdkit's ext2 filter, which serves a file out of an image with ext4, and a client that asks which parts are holes.
# Versions: nbdkit 1.32.5, e2fsprogs 1.47.0, qemu-img 7.2 (Debian 12); nbdkit 1.48.1 does the same.
# Guess:    a file without holes is data from its start to its end.
# Seen:     the map of the image is given as the map of the file: where the image has a hole at that offset, so has the file.
#           nbdcopy and `qemu-img convert` write zeros there. No message, exit code 0. `nbdcopy --allocated` changes nothing; with the filter
#           noextents in front of it all bytes are right.
# Matters:  a disk in a file of a sparse image is copied with the right length, and parts of it are zeros.
# Anneal:   reads ext4 itself.
# Short:    nbdkit 1.32.5 (and 1.48.1), qemu-img 7.2 | a file that the ext2 filter serves has the holes of the file | it has the holes of the image at the same offsets: a copy has zeros in place of data; exit code 0
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

need mke2fs 1.47.0 mke2fs -V
need qemu-img ' 7.2' qemu-img --version
need cmp '' cmp --version
plain=$PATH
debian_files n/nbdkit/nbdkit_1.32.5-1_amd64.deb
PATH=$plain
guess 'the bytes of the file'

cd "$dir"
mkdir tree
seq 1 200000 | head -c 1000000 >tree/disk
truncate -s 20M image
mke2fs -q -t ext4 -d tree image
modules=$(echo root/usr/lib/*/nbdkit)
# copied FILTER...: how many bytes of the copy are not those of the file.
copied() {
  for filter in "$@"; do set -- "$@" "--filter=$modules/filters/nbdkit-$filter-filter.so" && shift; done
  root/usr/bin/nbdkit -U - "$@" "$modules/plugins/nbdkit-file-plugin.so" image ext2file=/disk \
    --run "LD_LIBRARY_PATH= qemu-img convert -O raw \"\$uri\" copy" >log 2>&1 || skip "nbdkit does not run here: $(tail -n 1 log)"
  [ -s log ] && skip "nbdkit says: $(tail -n 1 log)"
  # qemu-img ends a disk at a sector.
  cmp -n 1000000 -l copy tree/disk 2>/dev/null | wc -l
}
damaged=$(copied ext2)
seen 'bytes that are others' more "$([ "$damaged" -gt 100000 ] && echo more || echo "$damaged")"
seen 'what is in their place' 0 "$(cmp -n 1000000 -l copy tree/disk | awk '$2 != "0"' | wc -l)"
seen 'with noextents, bytes that are others' 0 "$(copied noextents ext2)"
