#!/bin/sh
# qemu-img looks at two encrypted disks: LUKS 1, and LUKS 2, which is what cryptsetup makes since 2.1 (2019).
# Versions: qemu-img 7.2, cryptsetup 2.6.1 (Debian 12); qemu-img 11.1.3 says the same.
# Guess:    both are "luks", or the second is an error that names its version, as where `-f luks` says what it is.
# Seen:     LUKS 1 is luks, with its cipher and key slots. LUKS 2 is "raw", and no word says that it is encrypted; `convert` makes a qcow2 of
#           the encrypted bytes. Exit code 0.
# Matters:  what decides by qemu-img's answer whether a volume or an image is encrypted, takes one for plain data.
# Anneal:   recognises both itself, and refuses them by name.
# Short:    qemu-img 7.2 (and 11.1.3), cryptsetup 2.6.1 | `qemu-img info` says "luks" of a disk that cryptsetup encrypted, or an error | "raw" for LUKS 2, cryptsetup's default; LUKS 1 is "luks"; exit code 0
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

need qemu-img 7.2 qemu-img --version
need cryptsetup 2.6.1 cryptsetup --version
guess 'luks, each time'

cd "$dir"
for version in 1 2; do
  truncate -s 32M disk$version
  printf secret | cryptsetup luksFormat -q --type luks$version --pbkdf pbkdf2 --pbkdf-force-iterations 1000 disk$version - >log 2>&1 ||
    skip "cryptsetup does not run here: $(tail -n 1 log)"
  qemu-img info disk$version >info$version 2>log && status=0 || status=$?
  seen "exit code, LUKS $version" 0 "$status"
done
form() { sed -n 's/^file format: //p' "$1"; }
seen 'LUKS 1' luks "$(form info1)"
seen 'LUKS 2' raw "$(form info2)"
seen 'words about encryption, LUKS 2' 0 "$(cat info2 log | grep -ciE 'luks|encr|cipher' || true)"
qemu-img convert -O qcow2 disk2 disk2.qcow2
seen 'LUKS 2 as a qcow2, encrypted' 0 "$(qemu-img info disk2.qcow2 | grep -c encrypted || true)"
seen 'where the format is said' 1 "$(qemu-img info --image-opts driver=luks,file.filename=disk2 2>&1 | grep -ciE 'version.*not supported' || true)"
