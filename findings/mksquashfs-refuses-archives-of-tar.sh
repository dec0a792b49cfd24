#!/bin/sh
# mksquashfs, and two plain archives of GNU tar on its standard input.
# Versions: squashfs-tools 4.5.1 (Debian 12), GNU tar 1.34.
# Guess:    it takes what `tar --format=pax` and `tar --sparse` write.
# Seen:     a whole number of seconds before 1970 (mtime=-10) ends it with "Failed to parse pax header"; with a fraction (-9.5) it is
#           taken. A sparse file that ends with a hole, or of which only the end is there, ends it with "the tarfile appears to be
#           truncated or corrupted" in the format of GNU (--format=gnu); a hole between two parts is kept.
# Matters:  a lastlog or a disk image in the tree, or a file whose time was never set, and the archive of a system is refused.
# Anneal:   writes times as numbers from 1970 on, and the first and last block of a sparse file.
# Short:    squashfs-tools 4.5.1, GNU tar 1.34 | it takes what GNU tar writes | whole seconds before 1970 and holes at the end end it
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

need mksquashfs 'version 4.5.1' mksquashfs -version
need tar 'GNU tar) 1.34' tar --version
guess 'exit code 0 for each'

cd "$dir"
echo content >old && touch -d '1969-12-31 23:59:50 UTC' old
echo content >fraction && touch -d '1969-12-31 23:59:50.5 UTC' fraction
printf x >hole && truncate -s 6000000 hole
truncate -s 6000000 end && printf x >>end
printf x >between && truncate -s 6000000 between && printf x >>between
pack() { mksquashfs - out.img -tar -noappend -quiet -no-progress >said 2>&1 && echo 0 || echo "$? $(grep -Eo 'parse pax header|truncated or corrupted' said | head -n 1)"; }
seen 'a time before 1970' '1 parse pax header' "$(tar --format=pax -cf - old | pack)"
seen 'the same with a fraction' 0 "$(tar --format=pax -cf - fraction | pack)"
seen 'a hole at the end' '1 truncated or corrupted' "$(tar --sparse --format=gnu -cf - hole | pack)"
seen 'only the end is there' '1 truncated or corrupted' "$(tar --sparse --format=gnu -cf - end | pack)"
seen 'a hole between two parts' 0 "$(tar --sparse --format=gnu -cf - between | pack)"
