#!/bin/sh
# qemu-img dd with skip and count.
# Versions: qemu-img 7.2 (Debian 12); 11.1.3 does the same.
# Guess:    `skip=2 count=3` copies three blocks behind the first two, as dd does: "count: sets the number of input blocks to
#           copy".
# Seen:     one block. The end is counted from the start of the image: what is skipped is taken off the count. `skip=4 count=3`
#           makes an empty file, with a message. The exit code is 0 for each.
# Matters:  a partition, a header or a broken region that is cut out of a qcow2 is short, or empty, and the script goes on.
# Anneal:   reads images itself; it calls no qemu-img dd.
# Short:    qemu-img 7.2 (and 11.1.3) | `qemu-img dd skip=2 count=3` copies three blocks | one: what is skipped counts; `skip=4 count=3` makes an empty file, exit code 0
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

need qemu-img ' 7.2' qemu-img --version
guess '3145728 bytes for each, as by dd'

cd "$dir"
for letter in a b c d e f g h; do head -c 1048576 /dev/zero | tr '\0' "$letter"; done >disk.raw
qemu-img convert -O qcow2 disk.raw disk.qcow2
for skip in 0 1 2 3 4; do
  dd bs=1M skip="$skip" count=3 if=disk.raw of=by-dd status=none
  qemu-img dd -f qcow2 -O raw bs=1M skip="$skip" count=3 if=disk.qcow2 of=out >log 2>&1 && status=0 || status=$?
  seen "skip=$skip count=3, bytes by dd" 3145728 "$(stat -c %s by-dd)"
  bytes=$((3145728 - skip * 1048576))
  [ "$bytes" -gt 0 ] || bytes=0
  seen "skip=$skip count=3, bytes by qemu-img" "$bytes" "$(stat -c %s out)"
  seen "skip=$skip count=3, exit code" 0 "$status"
  rm out
done
qemu-img dd -f qcow2 -O raw bs=1M skip=2 if=disk.qcow2 of=out
seen 'skip=2 without a count, bytes by qemu-img' 6291456 "$(stat -c %s out)"
