#!/bin/sh
# gensquashfs packs a directory, in which a file has two names.
# Versions: squashfs-tools-ng 1.2.0 (Debian 12); 1.3.2 does the same. Read with squashfs-tools 4.5.1.
# Guess:    they are two names of one file in the image, as by mksquashfs, and by tar2sqfs of the same package.
# Seen:     they are two files (which share their blocks). No message, exit code 0.
# Matters:  what is unpacked is larger than what was packed; and what is written to one name is not there under the other.
# Anneal:   packs live images by mksquashfs.
# Short:    squashfs-tools-ng 1.2.0 (and 1.3.2), squashfs-tools 4.5.1 | `gensquashfs -D` keeps two names of one file, as tar2sqfs does | they are two files; no message, exit code 0
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

need unsquashfs 4.5.1 unsquashfs -version
debian_files s/squashfs-tools-ng/squashfs-tools-ng_1.2.0-1_amd64.deb s/squashfs-tools-ng/libsquashfs1_1.2.0-1_amd64.deb
guess '2 for each'

cd "$dir"
mkdir tree
echo x >tree/a
ln tree/a tree/b
names() {
  rm -rf out
  unsquashfs -q -n -d out "$1" >log 2>&1
  stat -c %h out/a
}
gensquashfs -q -D tree by-gensquashfs >said 2>&1 && status=0 || status=$?
[ -f by-gensquashfs ] || skip "gensquashfs does not run here: $(tail -n 1 said)"
seen 'exit code, messages' '0, ' "$status, $(cat said)"
seen 'names of the file, by gensquashfs' 1 "$(names by-gensquashfs)"
tar -C tree -c . | tar2sqfs -q by-tar2sqfs
seen 'by tar2sqfs' 2 "$(names by-tar2sqfs)"
mksquashfs tree by-mksquashfs -quiet -no-progress >log 2>&1
seen 'by mksquashfs' 2 "$(names by-mksquashfs)"
