#!/bin/sh
# partclone saves file systems, and restores each into a file, as one does to look into a saved machine.
# Versions: partclone 0.3.23, dosfstools 4.2 (Debian 12); 0.3.49 of Debian's sid does the same.
# Guess:    the file is as long as the device was (with holes), since the image says how long that is, and the file system opens.
# Seen:     the file ends behind the last block in use: 64 MiB are less than 2, and fsck.fat cannot read it. "Successfully
#           restored", exit code 0. With -W (--restore_raw_file, for loop devices, says its help) it has its length.
# Matters:  a backup seems to be broken, and a disk put together of such files has its partitions in the wrong places.
# Anneal:   does not read partclone's images; a raw image that is shorter than its file system says is an error for it.
# Short:    partclone 0.3.23 (and 0.3.49) | `partclone.restore -o FILE` gives a file as long as the device was | it ends behind the last block in use, and fsck.fat cannot open it; "successfully restored", exit code 0
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

need mkfs.fat 4.2 dpkg-query -W dosfstools
debian_files p/partclone/partclone_0.3.23+repack-1_amd64.deb
PATH=$dir/root/usr/sbin:$dir/root/sbin:$PATH
unset LD_LIBRARY_PATH
guess '67108864 bytes, clean'

cd "$dir"
truncate -s 64M disk
mkfs.fat -F 32 disk >/dev/null
partclone.fat32 -c -s disk -o saved -L log >out 2>&1 || skip "partclone does not run here: $(tail -n 1 log out | tail -n 1)"
check() { fsck.fat -n "$1" >check 2>&1 && echo clean || tail -n 1 check | sed 's/[0-9]* *$/N/; s/sector.*/sector/'; }
seen 'before' '67108864 clean' "$(stat -c %s disk) $(check disk)"
partclone.restore -C -s saved -o restored -L log >out 2>&1 && status=0 || status=$?
seen 'exit code' 0 "$status"
seen 'what it says' 'successfully restored' "$(grep -o 'successfully restored' log | head -n 1)"
seen 'shorter than 2 MiB' yes "$([ "$(stat -c %s restored)" -lt 2097152 ] && echo yes || echo no)"
seen 'fsck.fat' 'Failed to read sector' "$(fsck.fat -n restored 2>&1 | grep -o 'Failed to read sector')"
partclone.restore -W -C -s saved -o whole -L log >out 2>&1
seen 'with -W' '67108864 clean' "$(stat -c %s whole) $(check whole)"
