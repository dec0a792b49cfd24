#!/bin/sh
# tgt and an image whose size is no multiple of 512 bytes.
# Versions: tgt 1.0.85, libiscsi 1.19.0 (Debian 12).
# Guess:    such a logical unit is refused, or a last sector is filled with zeros.
# Seen:     the unit ends with the last whole sector: up to 511 bytes of the image are not there. Exit code 0, no message.
# Matters:  an image that was cut off, or has a footer, is written to a disk without its end, and nobody is told.
# Anneal:   has images written by Ironic's agent, which reads them by HTTP.
# Short:    tgt 1.0.85 | an image with a part of a sector at its end is refused, or padded | the end is not there; no message
set -eu
dir=$(mktemp -d)
. "$(dirname "$0")/lib.sh"

guess 'an error, or 1049088 bytes'

head -c 1048576 /dev/zero >"$dir/image"
printf 'the end' >>"$dir/image"
start_target
debian_files libi/libiscsi/libiscsi-bin_1.19.0-3_amd64.deb libi/libiscsi/libiscsi7_1.19.0-3_amd64.deb
seen 'exit code' 0 "$status"
seen 'message' '' "$(cat "$dir/said")"
seen 'bytes of the file' 1048583 "$(stat -c %s "$dir/image")"
seen 'bytes of the logical unit' 1048576 "$(iscsi-readcapacity16 "iscsi://$portal/$name/1" | sed -n 's/^Total size://p')"
