#!/bin/sh
# A disk with a minor number above 255, /dev/vda500's 252,500, in a squashfs image.
# Versions: squashfs-tools 4.5.1 (Debian 12); 4.7.5 does the same.
# Guess:    `unsquashfs -lls` shows 252,500, which `unsquashfs` makes, and mksquashfs reads what `unsquashfs -pf` writes.
# Seen:     the list shows 4348,244. The file of -pf has these numbers, too: mksquashfs refuses it, and with it the whole tree.
#           What is unpacked is right. Numbers up to 255 are right.
# Matters:  a check of an image by its list sees a device that is not in it, and an image that is taken apart into one file, to be put
#           together again by the tool that made it, is not.
# Anneal:   has a reader of squashfs of its own, and makes no device nodes of a list.
# Short:    squashfs-tools 4.5.1 (and 4.7.5) | `unsquashfs -lls` shows device 252,500, and mksquashfs reads what `-pf` writes | 4348,244; "Major 4348 out of range"; what is unpacked is right
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

need mksquashfs 4.5.1 mksquashfs -version
[ "$(id -u)" = 0 ] || skip 'root is needed'
guess '252,500 each time'

cd "$dir"
mkdir tree empty
mknod tree/disk b 252 500 2>log || skip "no device node can be made here: $(cat log)"
mknod tree/null c 1 3
mksquashfs tree image -quiet -no-progress >>log 2>&1
unsquashfs -lls image >list 2>>log
numbers() { grep "/$1\$" list | tr -s ' ' | sed 's/, /,/' | cut -d ' ' -f 3; }
seen 'listed, null' 1,3 "$(numbers null)"
seen 'listed, disk' 4348,244 "$(numbers disk)"
unsquashfs -q -n -d out image >>log 2>&1
seen 'unpacked' 252,500 "$(stat -c '%Hr,%Lr' out/disk)"
unsquashfs -q -n -pf pseudo image >>log 2>&1
mksquashfs empty again -pf pseudo -quiet -no-progress >said 2>&1 && status=0 || status=$?
seen 'exit code of mksquashfs -pf' 1 "$status"
seen 'message' 'Major 4348 out of range' "$(head -n 1 said)"
