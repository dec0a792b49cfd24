#!/bin/sh
# dumpimage -l and mkimage -l, which list the header of an image for U-Boot, with a file that is none.
# Versions: u-boot-tools 2023.01 (Debian 12). 2025.01 says "cannot detect image type" and fails.
# Guess:    an error, as in U-Boot itself.
# Seen:     any file of 8 bytes and more is a "GP Header" (of OMAP), exit code 0: a text, a squashfs, a kernel that was never wrapped.
# Matters:  `mkimage -l FILE && …` as a test whether a kernel has its header passes for each file, and the machine does not boot it.
# Anneal:   looks for the magic number of a kernel.
# Short:    u-boot-tools 2023.01 (not 2025.01) | `mkimage -l` of a file that is no image for U-Boot is an error | "GP Header: Size 68656c6c LoadAddr 6f20776f" of the text "hello world", exit code 0
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

debian_files u/u-boot/u-boot-tools_2023.01+dfsg-2+deb12u3_amd64.deb d/device-tree-compiler/libfdt1_1.6.1-4+b1_amd64.deb
guess 'an error for the text, ARM64 for the image'

cd "$dir"
echo 'hello world' >text
mkimage -A arm64 -O linux -T kernel -d text image >log 2>&1 || skip "mkimage does not run here: $(tail -n 1 log)"
for program in mkimage dumpimage; do
  "$program" -l text >said 2>&1 && status=0 || status=$?
  seen "$program -l text" '0, GP Header: Size 68656c6c LoadAddr 6f20776f' "$status, $(cat said)"
  seen "$program -l image" 'AArch64 Linux Kernel Image (gzip compressed)' "$("$program" -l image | sed -n 's/^Image Type: *//p')"
done
