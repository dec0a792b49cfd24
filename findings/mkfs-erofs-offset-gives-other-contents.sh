#!/bin/sh
# mkfs.erofs with --offset, of a directory and of a tar archive.
# Versions: erofs-utils 1.8.6 (Debian 13; 1.9.4 does the same), GNU tar 1.34.
# Guess:    behind the offset is the image that would be written without it.
# Seen:     the names are right and the files hold something else, of a directory and of an archive. Exit code 0, no warning.
#           With a compressor they are right.
# Matters:  an offset puts an image behind a header or into a partition without a copy. What was written has to be read again to
#           see that it is another one.
# Anneal:   makes an EROFS at the beginning of a file of its own, and copies it to where it belongs.
# Short:    erofs-utils 1.8.6 | behind `--offset` is the image that would be written without it | without compression, files hold something else; exit code 0
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

[ "$(uname -m)" = x86_64 ] || skip 'the packages are for x86-64'
debian_files e/erofs-utils/erofs-utils_1.8.6-1_amd64.deb g/glibc/libc6_2.41-12+deb13u5_amd64.deb
unset LD_LIBRARY_PATH
need tar 'GNU tar' tar --version
guess 'text is what it was: "same"'

cd "$dir"
own_libc mkfs.erofs --version || skip "mkfs.erofs does not run here: $(tail -n 1 log)"
mkdir in
seq 200000 >in/text
seq 9000 >in/small
tar -C in -cf in.tar .
# of NAME OPTIONS...: makes an image and says whether the file comes out of it as it went in.
of() {
  name=$1
  shift
  rm -rf image out
  own_libc mkfs.erofs "$@" || { echo "not made: $(tail -n 1 log)"; return; }
  grep -qE '<E>' log && echo 'an error is printed' && return
  tail -c "+$((name + 1))" image >cut
  own_libc fsck.erofs --extract=out cut || { echo 'cannot be read'; return; }
  cmp -s in/text out/text && echo same || echo different
}
seen 'without an offset' same "$(of 0 image in)"
seen 'a directory at 8192' different "$(of 8192 --offset=8192 image in)"
seen 'an archive at 8192' different "$(of 8192 --tar=f --offset=8192 image in.tar)"
seen 'a directory at 8192, LZ4' same "$(of 8192 -zlz4 --offset=8192 image in)"
