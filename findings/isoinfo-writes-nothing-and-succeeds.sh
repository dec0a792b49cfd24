#!/bin/sh
# isoinfo takes a kernel out of an ISO image, where the image has none of that name.
# Versions: genisoimage's isoinfo 1.1.11, xorriso 1.5.4.
# Guess:    it says that there is no such file, and ends with another code than 0, as xorriso does.
# Seen:     it writes nothing, says nothing, and ends with 0. The name has to be as in `isoinfo -f` of the same options: without -R the
#           file boot/vmlinuz is /BOOT/VMLINUZ.;1, and /boot/vmlinuz is nothing.
# Matters:  `isoinfo -i image -x /boot/vmlinuz >vmlinuz`, which scripts for netboot do, makes an empty kernel, and goes on.
# Anneal:   reads ISO images itself, and says which file an image does not have.
# Short:    isoinfo 1.1.11, xorriso 1.5.4 | `isoinfo -x` of a name that the image does not have is an error | no output, no message, exit code 0
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

need genisoimage 1.1.11 genisoimage -version
need isoinfo 1.1.11 isoinfo -version
need xorriso 1.5.4 xorriso -version
guess 'a message and a code other than 0'

cd "$dir"
mkdir -p tree/boot
echo kernel >tree/boot/vmlinuz
genisoimage -quiet -R -o image tree
read_file() {
  isoinfo -i image "$@" >out 2>said && status=0 || status=$?
  echo "exit code $status, $(($(wc -c <out))) bytes, $(($(wc -c <said))) bytes of messages"
}
seen 'with -R' 'exit code 0, 7 bytes, 0 bytes of messages' "$(read_file -R -x /boot/vmlinuz)"
seen 'without -R' 'exit code 0, 0 bytes, 0 bytes of messages' "$(read_file -x /boot/vmlinuz)"
seen 'a name that is not there' 'exit code 0, 0 bytes, 0 bytes of messages' "$(read_file -R -x /boot/vmlinuz-6.1)"
xorriso -osirrox on -indev image -extract /boot/vmlinuz-6.1 out >said 2>&1 && status=0 || status=$?
seen 'by xorriso, a code of failure' yes "$([ "$status" = 0 ] || echo yes)"
