#!/bin/sh
# A VHD of fixed size, as Azure and Hyper-V take it, made and read by qemu-img.
# Versions: qemu-img 7.2 (Debian 12); sfdisk 2.38.
# Guess:    what `qemu-img convert -O vpc -o subformat=fixed` wrote, qemu-img knows again.
# Seen:     it says "raw", and one sector more: the format's only mark is in the last 512 bytes, where it does not look. Converted
#           back, the footer is part of the disk and the backup GPT no longer at its end. With -f vpc all is right.
# Matters:  the way back grows the disk by a sector each time; sfdisk --verify finds an error on a disk that had none.
# Anneal:   looks at the end of a file, too.
# Short:    qemu-img 7.2 | qemu-img knows the fixed VHD that it wrote | it is "raw" and a sector longer; the GPT ends early
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

need qemu-img ' 7.2' qemu-img --version
need sfdisk 2.38 sfdisk --version
guess 'vpc of 67108864 bytes'

cd "$dir"
truncate -s 64M disk
printf '%s\n' 'label: gpt' ',,' | sfdisk -q disk
qemu-img convert -f raw -O vpc -o subformat=fixed,force_size=on disk disk.vhd
facts() { qemu-img info --output json "$@" | tr -d ' \n' | sed 's/.*"virtual-size":\([0-9]*\).*"format":"\([a-z]*\)".*/\2 \1/'; }
seen 'first bytes of the last sector' conectix "$(tail -c 512 disk.vhd | head -c 8)"
seen 'format and bytes' 'raw 67109376' "$(facts disk.vhd)"
qemu-img convert -O raw disk.vhd back
seen 'table before' 'No errors detected.' "$(sfdisk --verify disk 2>&1 | sed -n 2p)"
seen 'table behind' '1 error detected.' "$(sfdisk --verify back 2>&1 | tail -n 1)"
seen 'with -f vpc' '64 MiB, equal' "$(qemu-img convert -f vpc -O raw disk.vhd right && cmp disk right && echo '64 MiB, equal')"
