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

need tgtd 1.0.85 dpkg-query -W tgt
need iscsi-readcapacity16 1.19.0 dpkg-query -W libiscsi-bin
[ "$(id -u)" = 0 ] || skip 'tgtd needs root'
guess 'an error, or 1049088 bytes'

control=$(($$ % 30000 + 1000))
portal=127.0.0.1:$((20000 + $$ % 40000))
head -c 1048576 /dev/zero >"$dir/image"
printf 'the end' >>"$dir/image"
tgtd -f -C "$control" --iscsi "portal=$portal" >"$dir/log" 2>&1 &
server=$!
trap 'kill -9 "$server" 2>/dev/null || true; wait "$server" 2>/dev/null || true; rm -rf "$dir"' EXIT
ask() { tgtadm -C "$control" --lld iscsi "$@"; }
for _ in 1 2 3 4 5 6 7 8 9 10; do
  ask --op show --mode target >/dev/null 2>&1 && break
  kill -0 "$server" 2>/dev/null || skip "tgtd does not run here: $(tail -n 1 "$dir/log")"
  sleep 0.5
done
name=iqn.2026-01.example:image
ask --op new --mode target --tid 1 -T "$name"
ask --op new --mode logicalunit --tid 1 --lun 1 -b "$dir/image" >"$dir/said" 2>&1 && status=0 || status=$?
ask --op bind --mode target --tid 1 -I ALL
seen 'exit code' 0 "$status"
seen 'message' '' "$(cat "$dir/said")"
seen 'bytes of the file' 1048583 "$(stat -c %s "$dir/image")"
seen 'bytes of the logical unit' 1048576 "$(iscsi-readcapacity16 "iscsi://$portal/$name/1" | sed -n 's/^Total size://p')"
