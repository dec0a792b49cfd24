#!/bin/sh
# nbdkit's gzip filter and a disk that was compressed in parts.
# Versions: nbdkit 1.32.5, gzip 1.12, xz 5.4.1 (Debian 12).
# Guess:    the disk that is served ends where that of `gunzip` does, as with the xz filter.
# Seen:     the first member is the disk. The rest of the file is not there; no message. The xz filter serves all parts.
# Matters:  RFC 1952 calls a file of several members a gzip file, and bgzip, eStargz and `cat a.gz b.gz` write such files. A
#           copy of the disk is short, and each program ends with success.
# Anneal:   reads all members of a compressed image.
# Short:    nbdkit 1.32.5 | the gzip filter serves what `gunzip` writes, as the xz filter does | the first member alone; no message
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

debian_files n/nbdkit/nbdkit_1.32.5-1_amd64.deb
need gzip 'gzip 1.12' gzip --version
need xz 5.4.1 xz --version
guess '2097152 bytes for each'

cd "$dir"
modules=$(echo root/usr/lib/*/nbdkit)
head -c 1048576 /dev/zero >first
tr '\0' x <first >second
for program in gzip xz; do
  { "$program" -c first && "$program" -c second; } >"disk.$program"
  "$program" -dc <"disk.$program" >"whole.$program"
done
served() {
  root/usr/bin/nbdkit -U - "$modules/plugins/nbdkit-file-plugin.so" "disk.$1" --filter="$modules/filters/nbdkit-$1-filter.so" \
    --run 'qemu-img info --output=json "$uri"' 2>log | sed -n 's/.*"virtual-size": \([0-9]*\).*/\1/p' | head -n 1
}
need qemu-img 'qemu-img version' qemu-img --version
seen 'gzip, by gunzip' 2097152 "$(stat -c %s whole.gzip)"
seen 'gzip, by nbdkit' 1048576 "$(served gzip)"
seen 'message' '' "$(cat log)"
seen 'xz, by nbdkit' 2097152 "$(served xz)"
