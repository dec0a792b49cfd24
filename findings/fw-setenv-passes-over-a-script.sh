#!/bin/sh
# A script for `fw_setenv -s`, in the format of U-Boot's own fw_setenv ("name value", a name alone deletes).
# Versions: libubootenv 0.3.2 (Debian 12), which is fw_setenv of Debian; u-boot-tools has none.
# Guess:    it is read as U-Boot's fw_setenv reads it, or refused: the program and its options have the same names.
# Seen:     it wants "name=value". Each other line is passed over: nothing is set, nothing is deleted, no message, exit code 0.
#           A blank behind "=" belongs to the value, and one before "=" to the name.
# Matters:  after an update the boot loader starts the old slot, and its counter of attempts is what it was.
# Anneal:   writes no environment of U-Boot.
# Short:    libubootenv 0.3.2 | `fw_setenv -s` reads "name value", as U-Boot's own does | it wants "name=value", and passes over other lines; exit code 0
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

debian_files libu/libubootenv/libubootenv-tool_0.3.2-1_amd64.deb libu/libubootenv/libubootenv0.1_0.3.2-1_amd64.deb u/u-boot/u-boot-tools_2023.01+dfsg-2+deb12u3_amd64.deb
guess 'slot=b, and no bootcount'

cd "$dir"
printf 'slot=a\nbootcount=3\n' >text
mkenvimage -s 4096 -o env.bin text
echo "$dir/env.bin 0 0x1000" >config
printf '# to the other slot\nslot b\nbootcount\n' >script
printf 'slot=c\ntries= 2\nwhere =here\n' >script2
fw_setenv -c config -s script >log 2>&1 && status=0 || status=$?
seen 'exit code' 0 "$status"
seen 'what it said' '' "$(cat log)"
seen 'environment' 'bootcount=3,slot=a' "$(fw_printenv -c config | sort | paste -sd , -)"
fw_setenv -c config -s script2
seen 'environment, after lines with "="' 'bootcount=3,slot=c,tries= 2,where =here' "$(fw_printenv -c config | sort | paste -sd , -)"
