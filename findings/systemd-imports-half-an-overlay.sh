#!/bin/sh
# systemd-import (importctl import-raw, machinectl import-raw) and a qcow2 with a backing file.
# Versions: systemd 252 (Debian 12); the same with 257 and 262. QEMU 7.2 makes the image.
# Guess:    it reads the backing file, or refuses, as it does for zstd and for extended L2 entries.
# Seen:     it takes the overlay's own clusters and zeros for the rest, and says "Operation completed successfully".
# Matters:  disks of virtual machines under OpenStack and libvirt are overlays. What is imported boots to nothing, or worse,
#           mounts.
# Anneal:   reads the whole chain, and refuses a backing file that it cannot find.
# Short:    systemd 252 | a qcow2 with a backing file is read whole, or refused | the backing file is left out: zeros, and success
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

need systemd-analyze 'systemd 252' systemd-analyze --version
need qemu-img ' 7.2' qemu-img --version
debian_files s/systemd/systemd-container_252.39-1~deb12u2_amd64.deb
guess 'the whole disk, or a refusal'

cd "$dir"
mkdir images
qemu-img create -q -f qcow2 base.qcow2 2M
qemu-io -c 'write -P 65 0 64k' base.qcow2 >/dev/null
qemu-img create -q -f qcow2 -b base.qcow2 -F qcow2 overlay.qcow2
qemu-io -c 'write -P 66 1M 64k' overlay.qcow2 >/dev/null
import=root/lib/systemd/systemd-import
"$import" raw --image-root="$dir/images" --sync=no overlay.qcow2 disk >import.log 2>&1 && status=0 || status=$?
seen 'exit code' 0 "$status"
seen 'last word' 'Operation completed successfully.' "$(grep -o 'Operation completed.*' import.log)"
seen 'bytes of the base in it' 0 "$(tr -cd A <images/disk.raw | wc -c)"
seen 'bytes of the overlay in it' 65536 "$(tr -cd B <images/disk.raw | wc -c)"
qemu-img convert -O raw overlay.qcow2 whole.raw
seen 'bytes of the base by qemu-img' 65536 "$(tr -cd A <whole.raw | wc -c)"
