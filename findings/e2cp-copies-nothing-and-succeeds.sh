#!/bin/sh
# e2cp, which copies files into an ext4 image and out of it, where the file is not there.
# Versions: e2tools 0.1.0 (Debian 12).
# Guess:    it says so, and ends with another code than 0, as cp does, and as e2rm and e2ls of the same package do.
# Seen:     it says so, and ends with 0, in both directions; of three files it copies the two that are there, and ends with 0.
# Matters:  `e2cp image:/boot/vmlinuz . && …` and a script with `set -e` that puts files into an image go on without the file.
# Anneal:   reads ext4 itself.
# Short:    e2tools 0.1.0 | `e2cp` of a file that is not there fails, as `e2ls` and cp do | a message and exit code 0, into the image and out of it
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

debian_files e/e2tools/e2tools_0.1.0-3_amd64.deb
LD_LIBRARY_PATH=
command -v mke2fs >/dev/null || PATH=$PATH:/usr/sbin
command -v mke2fs >/dev/null || skip 'mke2fs is missing'
guess 'a code other than 0, each time'

cd "$dir"
mke2fs -q -F image 8M >log 2>&1
echo one >a
echo two >c
e2mkdir image:/d
copied() { e2cp "$@" >said 2>&1 && echo 0 || echo $?; }
code=$(copied a image:/d/a)
[ "$code" = 0 ] || skip "e2cp does not run here: $(tail -n 1 said)"
seen 'out of the image, exit code' 0 "$(copied image:/vmlinuz .)"
seen 'said' '/vmlinuz not found' "$(cat said)"
seen 'is it there' no "$([ -e vmlinuz ] && echo yes || echo no)"
seen 'into the image, exit code' 0 "$(copied missing image:/d)"
seen 'three files, one missing, exit code' 0 "$(copied a missing c image:/d)"
seen 'what is in the image' 'a c' "$(e2ls image:/d | tr -s ' \n' ' ' | sed 's/ *$//')"
e2ls image:/vmlinuz >said 2>&1 && status=0 || status=$?
seen 'exit code of e2ls' 1 "$status"
