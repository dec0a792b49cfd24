#!/bin/sh
# mkfs.erofs and files with holes, out of a tar file and out of a directory.
# Versions: erofs-utils 1.8.6 (Debian 13; 1.9.4 does the same), GNU tar 1.34.
# Guess:    a file that GNU tar packed with --sparse is in the image, or an error says that it is not supported; a hole of a
#           directory's file takes no space.
# Seen:     format gnu: the file is not in the image. Format pax: it has another name (GNUSparseFile.0/…) and its first bytes
#           are the map. Exit code 0, no warning. Of a directory, a hole of 64 MiB takes 64 MiB, but for --chunksize.
# Matters:  layers of containers become EROFS by `mkfs.erofs --tar`; /var/log/lastlog, sparse by nature, is gone or fills the
#           image.
# Anneal:   gives mkfs.erofs archives without holes, and reads sparse files of layers with theirs.
# Short:    erofs-utils 1.8.6 (and 1.9.4) | `--tar` takes a file that `tar -S` packed, or an error | it is left out, exit code 0; a directory’s holes are filled
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

[ "$(uname -m)" = x86_64 ] || skip 'the packages are for x86-64'
debian_files e/erofs-utils/erofs-utils_1.8.6-1_amd64.deb g/glibc/libc6_2.41-12+deb13u5_amd64.deb
unset LD_LIBRARY_PATH
need tar 'GNU tar' tar --version
guess 'disk.img of 1048580 bytes, or an error'

cd "$dir"
own_libc mkfs.erofs --version || skip "mkfs.erofs does not run here: $(tail -n 1 log)"
mkdir in holes
truncate -s 1M in/disk.img
echo end >>in/disk.img
echo text >in/plain
truncate -s 64M holes/lastlog
echo end >>holes/lastlog
for format in gnu pax; do
  tar -C in --sparse --format="$format" -cf "$format.tar" disk.img plain
  own_libc mkfs.erofs --tar=f "$format.img" "$format.tar" && status=0 || status=$?
  seen "$format, exit code" 0 "$status"
  seen "$format, warnings" 0 "$(grep -cE '<[EW]>' log || true)"
  own_libc fsck.erofs --extract="out-$format" "$format.img"
done
seen 'gnu, files' plain "$(cd out-gnu && find . -type f | sed 's,^\./,,' | sort | paste -sd ' ' -)"
seen 'pax, files' 'GNUSparseFile.PID/disk.img plain' "$(cd out-pax && find . -type f | sed 's,^\./,,; s/File.[0-9]*/File.PID/' | sort | paste -sd ' ' -)"
own_libc mkfs.erofs full.img holes
own_libc mkfs.erofs --chunksize=4096 chunks.img holes
seen 'MiB of a directory with a hole' 64 "$(($(stat -c %s full.img) >> 20))"
seen 'MiB of it with --chunksize' 0 "$(($(stat -c %s chunks.img) >> 20))"
