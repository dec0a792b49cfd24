#!/bin/sh
# A tar file in which a file was replaced (`tar -r`), made into a squashfs.
# Versions: squashfs-tools 4.5.1, squashfs-tools-ng 1.2.0 (Debian 12); squashfs-tools 4.6.1 and 4.7.5 do the same.
# Guess:    of two entries with one name the later counts, as for tar, and for mkfs.erofs --tar and mke2fs -d.
# Seen:     sqfstar keeps the first, says "ignoring" among its other lines, and exits with 0. tar2sqfs refuses the tar.
# Matters:  root trees for live and diskless machines are tar files with fixes appended: the fix is not in the squashfs.
# Anneal:   makes no squashfs.
# Short:    squashfs-tools 4.5.1 | of two entries of a tar with one name the later counts | the first is kept, exit code 0
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

debian_files s/squashfs-tools/squashfs-tools_4.5.1-1_amd64.deb s/squashfs-tools-ng/squashfs-tools-ng_1.2.0-1_amd64.deb \
  s/squashfs-tools-ng/libsquashfs1_1.2.0-1_amd64.deb l/lzo2/liblzo2-2_2.10-2_amd64.deb
need tar 'GNU tar' tar --version
guess 'the newer file'

cd "$dir"
LD_LIBRARY_PATH=$LD_LIBRARY_PATH:$dir/root/lib/$(uname -m)-linux-gnu
echo older >file && tar -cf tree.tar file
echo newer >file && tar -rf tree.tar file
mkdir out && tar -C out -xf tree.tar
seen 'by tar' newer "$(cat out/file)"
sqfstar tree.sqfs <tree.tar >sqfstar.log 2>&1 && status=0 || status=$?
seen 'exit code of sqfstar' 0 "$status"
seen 'by sqfstar' older "$(unsquashfs -cat tree.sqfs file)"
tar2sqfs -q other.sqfs <tree.tar >/dev/null 2>&1 && status=0 || status=$?
seen 'exit code of tar2sqfs' 1 "$status"
