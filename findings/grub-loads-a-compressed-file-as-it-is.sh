#!/bin/sh
# A kernel on an ISO image whose files are compressed by zisofs, as Linux reads them transparently.
# Versions: GRUB 2.06 (grub-fstest), genisoimage 1.1.11 (isoinfo), xorriso 1.5.4, libarchive 3.6.2 (Debian 12).
# Guess:    GRUB and isoinfo give the file, as Linux, xorriso and bsdtar do, or say that they cannot.
# Seen:     both give the compressed bytes, 804 in place of 300000, with exit code 0. `isoinfo -l` shows that size, too.
# Matters:  a live image made smaller with --zisofs works wherever it is mounted or unpacked. At its boot a kernel is "invalid", a
#           configuration of GRUB is a line of rubbish, and an initrd is passed on to Linux as it is.
# Anneal:   refuses such a file by its name.
# Short:    GRUB 2.06, isoinfo 1.1.11 | a file of an ISO that zisofs compressed is read, as by Linux and xorriso, or refused | its compressed bytes are the file; exit code 0
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

need grub-fstest 2.06 grub-fstest --version
need isoinfo 1.1.11 dpkg-query -W genisoimage
need xorriso 1.5.4 xorriso --version
need bsdtar 'bsdtar 3.6.2' bsdtar --version
guess '300000 bytes by each'

cd "$dir"
mkdir -p tree/boot
yes kernel | head -c 300000 >tree/boot/vmlinuz
xorriso -outdev image -map tree / -set_filter_r --zisofs / -- -commit >log 2>&1 || skip "xorriso makes no image here: $(tail -n 1 log)"
xorriso -indev image -osirrox on -extract /boot/vmlinuz by-xorriso >>log 2>&1
bsdtar -xOf image boot/vmlinuz >by-bsdtar
seen 'xorriso and bsdtar' 'same same' "$(for by in xorriso bsdtar; do cmp -s tree/boot/vmlinuz by-$by && echo same; done | paste -sd ' ' -)"
grub-fstest image cat /boot/vmlinuz >by-grub 2>log && status=0 || status=$?
seen 'bytes by GRUB, and exit code' '804 0' "$(stat -c %s by-grub) $status"
seen 'magic number of zisofs' 37e45396c9dbd607 "$(head -c 8 by-grub | od -An -tx1 | tr -d ' \n')"
isoinfo -R -i image -x /boot/vmlinuz >by-isoinfo 2>>log && status=0 || status=$?
seen 'bytes by isoinfo, and exit code' '804 0' "$(stat -c %s by-isoinfo) $status"
