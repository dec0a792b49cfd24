#!/bin/sh
# mksquashfs, and a tar archive on its standard input.
# Versions: squashfs-tools 4.5.1 (Debian 12), GNU tar 1.34.
# Guess:    the archive's own entry of the root directory (./) says its mode and owner, or the options -root-mode and -root-uid do.
# Seen:     the root directory has the mode 777 and belongs to root, whatever the entry says. -root-mode counts, -root-uid and
#           -root-gid do not. A message about an "empty tar filename" is all that is said; the exit code is 0. From a directory, all
#           of it is kept.
# Matters:  a root file system that is made of an archive has a / that everybody may write to.
# Anneal:   always gives -root-mode.
# Short:    squashfs-tools 4.5.1 | of an archive, `./` or `-root-uid` say the mode and owner of / | it is 777 and root's; only `-root-mode` counts; exit code 0
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

need mksquashfs 'version 4.5.1' mksquashfs -version
need tar 'GNU tar) 1.34' tar --version
guess '751 and 12:13, as the archive says'

cd "$dir"
mkdir tree
echo content >tree/file
chmod 751 tree
tar --owner=12 --group=13 -C tree -cf tree.tar .
root_of() { unsquashfs -lln "$1" | sed -n 's/^\(d[^ ]*\) *\([^ ]*\) .*squashfs-root$/\1 \2/p'; }
mksquashfs - plain.img -tar -quiet -no-progress <tree.tar >said 2>&1 && status=0 || status=$?
seen 'its exit code' 0 "$status"
seen 'of the archive' 'drwxrwxrwx 0/0' "$(root_of plain.img)"
mksquashfs - options.img -tar -root-mode 751 -root-uid 12 -root-gid 13 -quiet -no-progress <tree.tar >said 2>&1
seen 'with -root-mode, -root-uid and -root-gid' 'drwxr-x--x 0/0' "$(root_of options.img)"
mksquashfs tree directory.img -root-uid 12 -root-gid 13 -quiet -no-progress >said 2>&1
seen 'of a directory' 'drwxr-x--x 12/13' "$(root_of directory.img)"
