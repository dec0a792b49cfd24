#!/bin/sh
# A script of iPXE that switches a machine off with which there is nothing to do.
# Versions: iPXE 1.0.0 of Debian 12 (the build of its package ipxe).
# Guess:    `poweroff`, one of iPXE's commands, switches the machine off: QEMU ends.
# Seen:     "poweroff: command not found", and what stands after `||` runs. `reboot` and `sleep` are there. The ROMs of QEMU's cards and the
#           programs for UEFI of that release answer the same. iPXE 2.0.0 (sid) switches the machine off.
# Matters:  a server of boot scripts that has idle machines switch themselves off leaves them on: without `||` the script ends in an error, and
#           the firmware goes on with the disk.
# Anneal:   its script for such a machine is `poweroff || exit 1`, and its conductor switches machines off by their BMCs.
# Short:    iPXE 1.0.0 (Debian 12) | `poweroff` in a script switches the machine off | "command not found"; the script goes on with what stands after `||`
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

guess 'the machine is off before T2'

cat >"$dir/script" <<'IPXE'
#!ipxe
echo T1=begins=
poweroff || echo T2=goes on=
sleep 1
reboot
IPXE
run_ipxe_script
[ "$(said T1)" = begins ] || skip "iPXE does not run here: $(tail -n 1 "$dir/out")"
seen 'the message' 'poweroff: command not found' "$(tr -d '\r' <"$dir/out" | grep -o 'poweroff: command not found' | head -n 1)"
seen 'the script' 'goes on' "$(said T2)"
