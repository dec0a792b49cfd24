#!/bin/sh
# An archive of tar with a hard link, converted by bsdtar to the cpio that an initramfs is made of.
# Versions: libarchive 3.6.2, GNU tar 1.34, GNU cpio 2.13 (Debian 12); 3.8.10 does the same.
# Guess:    both names are in the new archive, as they are if bsdtar packs the directory itself, or an error says why not.
# Seen:     the second name has a mode without a type and no data. GNU cpio says "unknown file type" and goes on; Linux skips
#           such an entry. bsdtar ends with 0 and says nothing.
# Matters:  `bsdtar --format=newc -cf initrd @rootfs.tar` is how a container's tree becomes an initramfs. perl, git and busybox
#           have hard links: in the initramfs some of their names are not there.
# Anneal:   writes the cpio of a live image itself, and puts no hard links into it.
# Short:    libarchive 3.6.2 (and 3.8.10) | `bsdtar --format=newc -cf initrd @rootfs.tar` keeps hard links | the second name has no type, and is not unpacked; exit code 0
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

need bsdtar 'bsdtar 3.6.2' bsdtar --version
need tar 'GNU tar' tar --version
need cpio 'GNU cpio' cpio --version
guess 'first and second, with 2 links'

cd "$dir"
mkdir tree by-tree by-tar
echo text >tree/first
ln tree/first tree/second
tar -C tree -cf tree.tar first second
names() { (cd "$1" && for name in *; do printf '%s %s ' "$name" "$(stat -c %h "$name")"; done); }
bsdtar -C tree --format=newc -cf tree.newc first second
(cd by-tree && cpio -i <../tree.newc 2>/dev/null)
seen 'from the directory' 'first 2 second 2 ' "$(names by-tree)"
bsdtar --format=newc -cf tar.newc @tree.tar 2>log && status=0 || status=$?
seen 'exit code' 0 "$status"
seen 'message' '' "$(cat log)"
seen 'types in the archive' '-?' "$(cpio -itv <tar.newc 2>/dev/null | cut -c1 | tr -d '\n')"
(cd by-tar && cpio -i <../tar.newc 2>../log) || true
seen 'from the archive' 'first 1 ' "$(names by-tar)"
seen 'cpio' 'unknown file type' "$(grep -o 'unknown file type' log)"
