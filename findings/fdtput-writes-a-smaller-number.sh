#!/bin/sh
# fdtput writes a number that does not fit into a cell into a device tree, such as the address of a ramdisk above 4 GiB.
# Versions: device-tree-compiler 1.6.1 (Debian 12); 1.8.1 does the same.
# Guess:    an error, as for dtc: "Value out of range for 32-bit array element" (1.8.1 warns: "truncated").
# Seen:     the low 32 bits: 0x880000000 is 0x80000000, 5000000000 is 705032704, and 300 as a byte is 44. `1k` is 1. No message, exit code 0.
# Matters:  the kernel looks for its ramdisk or its memory 32 GiB too low.
# Anneal:   writes no device trees.
# Short:    device-tree-compiler 1.6.1 (and 1.8.1) | `fdtput -t x … 0x880000000` is refused, since a cell has 32 bits | 0x80000000 is written; 300 as a byte is 44, `1k` is 1; no message, exit code 0
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

debian_files d/device-tree-compiler/device-tree-compiler_1.6.1-4+b1_amd64.deb d/device-tree-compiler/libfdt1_1.6.1-4+b1_amd64.deb
guess 'an error, each time'

cd "$dir"
printf '/dts-v1/;\n/ { chosen { linux,initrd-start = <1>; }; };\n' >tree.dts
dtc -q -o tree.dtb tree.dts
put() {
  fdtput -t "$1" tree.dtb /chosen linux,initrd-start "$2" >log 2>&1 && status=0 || status=$?
  printf '%s, exit code %s, %s messages\n' "$(fdtget -t "$1" tree.dtb /chosen linux,initrd-start)" "$status" "$(wc -l <log)"
}
seen '0x880000000' '80000000, exit code 0, 0 messages' "$(put x 0x880000000)"
seen 5000000000 '705032704, exit code 0, 0 messages' "$(put u 5000000000)"
seen '300 as a byte' '44, exit code 0, 0 messages' "$(put bu 300)"
seen 1k '1, exit code 0, 0 messages' "$(put u 1k)"
printf '/dts-v1/;\n/ { a = <0x880000000>; };\n' >large.dts
seen 'dtc and 0x880000000' 'Value out of range' "$(dtc -o large.dtb large.dts 2>&1 | grep -o 'Value out of range' | head -n 1)"
