#!/bin/sh
# Two squashfs images that differ in the target of a symbolic link, or in an extended attribute, compared by sqfsdiff.
# Versions: squashfs-tools-ng 1.2.0 (Debian 12), squashfs-tools 4.5.1 makes the images; 1.3.2 does the same.
# Guess:    the exit code is 1, "different", as the manual says and as it is for a mode, an owner, a device number or contents.
# Seen:     another target is printed, and the exit code is 0, "equal". Another value of an attribute is not printed, and is 0 as well.
# Matters:  a check that two builds are one image passes where /sbin/init, /etc/resolv.conf or a unit's alias leads somewhere else, or
#           where a program has other capabilities.
# Anneal:   compares images by their digests.
# Short:    squashfs-tools-ng 1.2.0 (and 1.3.2) | `sqfsdiff` ends with 1 where a link has another target or an attribute another value | 0, "equal", for both; of the attribute no message either
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

need mksquashfs 4.5.1 mksquashfs -version
need setfattr 2.5.1 dpkg-query -W attr
debian_files s/squashfs-tools-ng/squashfs-tools-ng_1.2.0-1_amd64.deb s/squashfs-tools-ng/libsquashfs1_1.2.0-1_amd64.deb
guess '1 for each'

cd "$dir"
mkdir old
echo file >old/file
chmod 644 old/file
ln -s usr/lib/systemd/systemd old/init
setfattr -n user.label -v first old/file 2>log || skip "no attribute can be set here: $(cat log)"
make() { env -u LD_LIBRARY_PATH mksquashfs "$1" "$1.sqfs" -quiet -no-progress -noappend >>log 2>&1; }
make old
# compare COMMAND...: the old tree with one change.
compare() {
  rm -rf new
  cp -a old new
  "$@"
  make new
  sqfsdiff --old old.sqfs --new new.sqfs >said 2>&1 && status=0 || status=$?
  printf '%s %s' "$status" "$(paste -sd ' ' said)"
}
seen 'the same' '0 ' "$(compare true)"
seen 'another mode' '1 /file has different permissions' "$(compare chmod 600 new/file)"
seen 'another target' '0 /init has a different link target' "$(compare ln -sfn bin/sh new/init)"
seen 'another attribute' '0 ' "$(compare setfattr -n user.label -v other new/file)"
