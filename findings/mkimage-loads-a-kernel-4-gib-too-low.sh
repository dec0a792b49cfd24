#!/bin/sh
# mkimage with a load address above 4 GiB, where the memory of many 64-bit boards is (0x880000000).
# Versions: u-boot-tools 2023.01 (Debian 12) and 2025.01.
# Guess:    an error: the header of such an image (uImage) has 32 bits for it.
# Seen:     0x880080000 is 80080000, 0x100000000 is 0, 0x1ffffffff is ffffffff. No message, exit code 0.
# Matters:  U-Boot loads the kernel to another place, where there may be a device, nothing, or U-Boot itself.
# Anneal:   writes no such header.
# Short:    u-boot-tools 2023.01 (and 2025.01) | `mkimage -a 0x880080000` is refused, since the header has 32 bits | the image says 80080000; no message, exit code 0
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

debian_files u/u-boot/u-boot-tools_2023.01+dfsg-2+deb12u3_amd64.deb d/device-tree-compiler/libfdt1_1.6.1-4+b1_amd64.deb
guess 'an error for each address above 4 GiB'

cd "$dir"
echo kernel >kernel
mkimage -A arm64 -O linux -T kernel -d kernel image >log 2>&1 || skip "mkimage does not run here: $(tail -n 1 log)"
address() {
  mkimage -A arm64 -O linux -T kernel -C none -a "$1" -e "$1" -d kernel image >said 2>errors && status=0 || status=$?
  echo "$status, $(mkimage -l image | sed -n 's/^Load Address: //p'), $(cat errors)"
}
seen '0x40080000: exit code, address, messages' '0, 40080000, ' "$(address 0x40080000)"
seen '0x880080000' '0, 80080000, ' "$(address 0x880080000)"
seen '0x100000000' '0, 00000000, ' "$(address 0x100000000)"
