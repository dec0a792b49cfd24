#!/bin/sh
# GNU cpio, unpacking an archive a second time over what it made, after one of two names of a file was lost.
# Versions: cpio 2.13, libarchive 3.6.2 (Debian 12).
# Guess:    the lost name is there again, with the file's data; the name that is still there is left alone, as it is no older.
# Seen:     the lost name is a new, empty file. Exit code 0; the one message says that the other name was left alone. bsdcpio does so without a
#           message. With -u both have the data.
# Matters:  in the newc format the data of a file with several names lies with its last one. An initramfs or a backup that is unpacked
#           over an older state loses programs in this way, where names of one file are common (busybox, terminfo, git).
# Anneal:   writes the cpio of a live image itself, and puts no hard links into it.
# Short:    cpio 2.13, libarchive 3.6.2 | one of two names of a file that was lost comes back by unpacking again | it is a new, empty file; exit code 0
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

need cpio '2.13' cpio --version
need bsdcpio 'bsdcpio 3.6.2' bsdcpio --version
guess 'text, in both'

cd "$dir"
mkdir system one two three
echo text >system/kept
ln system/kept system/lost
(cd system && printf '%s\n' lost kept | cpio -o -H newc --quiet >../archive)
for kind in one two three; do (cd "$kind" && cpio -idm --quiet <../archive && rm lost); done
(cd one && cpio -idm --quiet <../archive 2>../log) && status=0 || status=$?
seen 'exit code' 0 "$status"
seen 'message' 'cpio: kept not created: newer or same age version exists' "$(cat log)"
seen 'the name that was kept' text "$(cat one/kept)"
seen 'the name that was lost' '' "$(cat one/lost)"
seen 'its size' 0 "$(stat -c %s one/lost)"
(cd two && cpio -idmu --quiet <../archive)
seen 'the name that was lost, with -u' text "$(cat two/lost)"
(cd three && bsdcpio -idm --quiet <../archive >../log 2>&1) && status=0 || status=$?
seen 'the name that was lost, by bsdcpio' '' "$(cat three/lost)"
seen 'exit code and message of bsdcpio' 0 "$status$(cat log)"
