#!/bin/sh
# Times on XFS, read by libfsxfs (under dfVFS, Plaso and other tools that look into images).
# Versions: libfsxfs 20201117, xfsprogs 6.1 (Debian 12); 20240501 does the same.
# Guess:    the time of a directory that was made just now is this year's, or the file system is refused: its superblock says that
#           times are of the new kind (bigtime), which an older reader does not know.
# Seen:     it is some 27 years back: the 64 bits of the new kind are read as two old halves. No error. With bigtime=0 it is
#           right. mkfs.xfs makes bigtime by default since 5.15, as Red Hat's 9 and Debian 12 have it.
# Matters:  a timeline of a machine shows every file in another order than it was written.
# Anneal:   reads both kinds, and refuses what it does not know in an XFS superblock.
# Short:    libfsxfs 20201117 (and 20240501), xfsprogs 6.1 | a file of today has today’s time on XFS | it is some 27 years older: times of the new kind are read as the old
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

need mkfs.xfs 'version 6.1' mkfs.xfs -V
debian_files libf/libfsxfs/libfsxfs1_20201117-1+b4_amd64.deb libf/libfsxfs/python3-libfsxfs_20201117-1+b4_amd64.deb \
  libb/libbfio/libbfio1_20170123-6_amd64.deb
guess '0 years'

cd "$dir"
for bigtime in 0 1; do
  truncate -s 320M "$bigtime.img"
  LD_LIBRARY_PATH='' mkfs.xfs -q -m "bigtime=$bigtime" "$bigtime.img"
done
truncate -s 320M default.img
LD_LIBRARY_PATH='' mkfs.xfs -q default.img
cat >read.py <<'PY'
import datetime, sys
import pyfsxfs
volume = pyfsxfs.volume()
volume.open(sys.argv[1])
now = datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None)
print(round((now - volume.get_root_directory().get_modification_time()).days / 365.25))
PY
years() { PYTHONPATH=root/usr/lib/python3/dist-packages /usr/bin/python3 read.py "$1" 2>log || skip "libfsxfs does not run here: $(tail -n 1 log)"; }
[ "$(date +%Y)" -gt 2023 ] || skip 'the clock of this machine is not set'
seen 'years since it was made, bigtime=0' 0 "$(years 0.img)"
for name in 1 default; do
  back=$(years "$name.img")
  [ "$back" -ge 15 ] && is='15 and more' || is=$back
  seen "years since it was made, $name.img" '15 and more' "$is"
done
