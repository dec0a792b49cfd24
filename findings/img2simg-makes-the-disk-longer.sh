#!/bin/sh
# A disk in Android's sparse format, as fastboot and the tools of boards flash it, and back.
# Versions: img2simg 29.0.6 (Debian 12), sfdisk 2.38.
# Guess:    the disk that comes back is the one that went in, or img2simg refuses a length that is no multiple of its blocks.
# Seen:     it is padded to whole blocks of 4096 bytes. Exit code 0, no message. The second table of a GPT is no longer at the end, and
#           sfdisk says so of the first.
# Matters:  `qemu-img convert`, mkosi and systemd-repart make disks of any count of sectors. Its checksum is another one, firmware and
#           tools warn of a GPT that is not at the end, and it does not fit on a disk of its own size.
# Anneal:   reads such a format nowhere; it writes a disk at its own length.
# Short:    img2simg 29.0.6 | a disk that goes through Android's sparse format is the same | it is padded to 4096 bytes, and its second GPT is not at the end; exit code 0
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

need sfdisk 'util-linux 2.38' sfdisk --version
[ "$(uname -m)" = x86_64 ] || skip 'the packages are for x86-64'
debian_files a/android-platform-tools/android-sdk-libsparse-utils_29.0.6-28_amd64.deb a/android-platform-tools/android-libsparse_29.0.6-28_amd64.deb \
  a/android-platform-tools/android-libbase_29.0.6-28_amd64.deb a/android-platform-tools/android-libziparchive_29.0.6-28_amd64.deb \
  a/android-platform-tools/android-liblog_29.0.6-28_amd64.deb
LD_LIBRARY_PATH=$LD_LIBRARY_PATH:$LD_LIBRARY_PATH/android
guess '8389120 bytes, and a GPT in order'

cd "$dir"
truncate -s 8389120 disk.img
printf 'label: gpt\nstart=2048, size=2048\n' | LD_LIBRARY_PATH='' sfdisk -q disk.img
img2simg disk.img sparse.img >log 2>&1 && status=0 || status=$?
[ -s sparse.img ] || skip "img2simg does not run here: $(tail -n 1 log)"
seen 'exit code' 0 "$status"
seen 'message' '' "$(cat log)"
simg2img sparse.img back.img
seen 'length before and after' '8389120 8392704' "$(stat -c %s disk.img) $(stat -c %s back.img)"
warnings() { LD_LIBRARY_PATH='' sfdisk --list "$1" 2>&1 | grep -c 'backup GPT table is not on the end' || true; }
seen 'warnings of sfdisk before and after' '0 1' "$(warnings disk.img) $(warnings back.img)"
