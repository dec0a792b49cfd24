#!/bin/sh
# The FAT file system that nbdkit's floppy plugin makes of a directory.
# Versions: nbdkit 1.32.5, dosfstools 4.2 (Debian 12).
# Guess:    fsck.fat finds nothing, and an empty file has no cluster.
# Seen:     an empty file begins at the cluster of the next file: two files have one cluster. `..` of a directory below the root is
#           cluster 2, where FAT has 0. fsck.fat finds both, and would cut the other file to 0 bytes.
# Matters:  a seed or firmware disk with an empty meta-data file: who writes to the empty file writes into the other one.
# Anneal:   makes FAT with mkfs.fat and mtools.
# Short:    nbdkit 1.32.5, dosfstools 4.2 | fsck.fat finds nothing; an empty file has no cluster | an empty file has the first cluster of the next one; `..` is damaged; exit code 0
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

PATH=$PATH:/usr/sbin
need fsck.fat 4.2 dpkg-query -W dosfstools
for program in qemu-img python3; do command -v "$program" >/dev/null || skip "$program is missing"; done
debian_files n/nbdkit/nbdkit_1.32.5-1_amd64.deb
guess 'no word of fsck.fat; 0 and another'

cd "$dir"
mkdir files
: >files/empty
for name in one two three; do echo "$name" >"files/$name"; done
plugin=$(find root -name nbdkit-floppy-plugin.so)
LD_LIBRARY_PATH='' nbdkit -U - "$dir/$plugin" files --run 'qemu-img convert -O raw "$uri" disk' >log 2>&1 || skip "nbdkit does not run here: $(tail -n 1 log)"
dd if=disk of=part bs=1M skip=1 status=none
cat >entries.py <<'PY'
# Name and first cluster of what the root of a FAT32 lists, of files alone.
import struct
disk = open('part', 'rb').read()
sector, = struct.unpack_from('<H', disk, 11)
reserved, = struct.unpack_from('<H', disk, 14)
fat, = struct.unpack_from('<I', disk, 36)
root = (reserved + disk[16] * fat) * sector
for at in range(root, root + sector * disk[13], 32):
    if disk[at] and disk[at + 11] == 0x20:
        print(disk[at:at + 8].decode().strip(), struct.unpack_from('<H', disk, at + 26)[0])
PY
python3 entries.py >entries
empty=$(awk '$1 == "EMPTY" { print $2 }' entries)
other=$(awk -v cluster="$empty" '$1 != "EMPTY" && $2 == cluster' entries | wc -l)
last=$(awk '$1 != "EMPTY"' entries | wc -l)
seen 'files with contents' 3 "$last"
# An empty file at the end of the directory has a cluster behind the last one.
seen 'the empty file has a cluster' yes "$([ "$empty" -gt 0 ] && echo yes || echo no)"
case $other in
1) seen 'other files at that cluster' 1 "$other" ;;
*) version 'the empty file is the last one here: nobody has its cluster' ;;
esac
seen 'fsck.fat of it' '/EMPTY: File size is 0 bytes, cluster chain length is > 0 bytes.' \
  "$(fsck.fat -n part 2>&1 | awk 'toupper($1) == "/EMPTY" { getline; sub(/^ */, ""); print "/EMPTY: " $0; exit }')"
mkdir -p below/directory
echo one >below/directory/one
LD_LIBRARY_PATH='' nbdkit -U - "$dir/$plugin" below --run 'qemu-img convert -O raw "$uri" disk' >log 2>&1
dd if=disk of=part bs=1M skip=1 status=none
seen 'fsck.fat of a directory' "Invalid '..' entry in the second slot. Fixing." "$(fsck.fat -n part 2>&1 | sed -n "s/^ *\(Invalid '..'.*\)/\1/p")"
