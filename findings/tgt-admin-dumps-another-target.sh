#!/bin/sh
# The configuration that `tgt-admin --dump` writes of the targets that run.
# Versions: tgt 1.0.85 (Debian 12).
# Guess:    it is what was configured, passwords aside, for which it has PLEASE_CORRECT_THE_PASSWORD.
# Seen:     a unit that is read-only, has sectors of 4096 bytes, number 5 and a serial number of its own comes back writable, with
#           sectors of 512, as number 1, with another serial number. An address that may log in becomes the name of an initiator.
#           Exit code 0, no message.
# Matters:  `tgt-admin --dump >targets.conf` before a restart of the service, as its man page suggests: an image that nobody should
#           change is writable, and initiators find no partition and no disk by its id.
# Anneal:   has its deploy ramdisk make the target anew for each deployment.
# Short:    tgt 1.0.85 | `tgt-admin --dump` has what was configured, passwords aside | a read-only unit comes back writable, with another sector size and number; exit code 0
set -eu
dir=$(mktemp -d)
. "$(dirname "$0")/lib.sh"

command -v tgt-admin >/dev/null || skip 'tgt-admin is missing'
guess 'the same two times'

truncate -s 10M "$dir/image"
start_tgtd
cat >"$dir/targets.conf" <<CONF
default-driver iscsi
<target iqn.2026-01.example:one>
  <backing-store $dir/image>
    lun 5
    readonly 1
    block-size 4096
    scsi_sn SERIAL000123
  </backing-store>
  initiator-address 127.0.0.0/8
</target>
CONF
# What the last unit is like.
unit() { tgt --op show --mode target | awk '/LUN:/ { lun = $2 } /SCSI SN:/ { serial = $3 } /Block size:/ { block = $NF } /Readonly:/ { ro = $2 } END { print lun, ro, block, serial }'; }
tgt-admin -C "$control" -e -c "$dir/targets.conf" >"$dir/said" 2>&1 || skip "tgt-admin does not run here: $(tail -n 1 "$dir/said")"
seen 'number, read-only, sectors, serial number' '5 Yes 4096 SERIAL000123' "$(unit)"
tgt-admin -C "$control" --dump >"$dir/dumped" 2>"$dir/said" && status=0 || status=$?
seen 'exit code and message' '0 ' "$status $(cat "$dir/said")"
seen 'who may log in' 'initiator-name 127.0.0.0/8' "$(sed -n 's/^\t\(initiator\)/\1/p' "$dir/dumped")"
tgt-admin -C "$control" --delete ALL --force >/dev/null
tgt-admin -C "$control" -e -c "$dir/dumped" >/dev/null
case $(unit) in '1 No 512 beaf'*) again='1 No 512 beaf...' ;; *) again=$(unit) ;; esac
seen 'the same after dump and restore' '1 No 512 beaf...' "$again"
