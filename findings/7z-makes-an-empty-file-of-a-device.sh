#!/bin/sh
# 7-Zip takes an initial ramdisk (cpio) and a squashfs apart, as root.
# Versions: 7-Zip 26.01 (Debian 12), cpio 2.13, squashfs-tools 4.5.1.
# Guess:    /dev/console and a pipe are made, as by cpio and unsquashfs, or a message says that they are not; setuid is kept.
# Seen:     both are empty regular files with mode 0644; setuid is gone. "Everything is Ok", exit code 0. The same for ISO images.
# Matters:  a ramdisk that is taken apart by it, changed and packed again has files in place of its console and null device: what is written
#           to /dev/null fills memory, and init has no console.
# Anneal:   takes ramdisks and images apart by readers of its own.
# Short:    7-Zip 26.01, cpio 2.13, squashfs-tools 4.5.1 | `7z x` as root makes the devices and pipes of an initrd or squashfs, or says that it does not | empty files, setuid is gone; "Everything is Ok", exit code 0
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

need cpio 2.13 cpio --version
need mksquashfs 4.5.1 mksquashfs -version
[ "$(id -u)" = 0 ] || skip 'root is needed'
debian_files '7/7zip/7zip_22.01+really26.01+dfsg-0+deb12u1_amd64.deb'
LD_LIBRARY_PATH=
guess 'c and p, mode 4755'

cd "$dir"
mkdir tree
mknod tree/console c 5 1 2>log || skip "no device node can be made here: $(cat log)"
mkfifo tree/pipe
echo x >tree/su
chmod 4755 tree/su
(cd tree && find . | cpio --quiet -o -H newc) >initrd
mksquashfs tree image -quiet -no-progress >>log 2>&1
for kind in initrd image; do
  7zz x -snld -y -oout "$kind" >said && status=0 || status=$?
  seen "$kind, exit code" 0 "$status"
  seen "$kind, said" 'Everything is Ok' "$(grep Ok said)"
  seen "$kind, console" 'regular empty file 644' "$(stat -c '%F %a' out/console)"
  seen "$kind, pipe" 'regular empty file 644' "$(stat -c '%F %a' out/pipe)"
  seen "$kind, setuid file" '755' "$(stat -c %a out/su)"
  rm -rf out
done
mkdir out
(cd out && cpio --quiet -i <../initrd)
seen 'by cpio' 'character special file, fifo, 4755' "$(stat -c %F out/console), $(stat -c %F out/pipe), $(stat -c %a out/su)"
