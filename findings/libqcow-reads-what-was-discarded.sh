#!/bin/sh
# A qcow2 with clusters that read as zeros, read by libqcow (under dfVFS, Plaso and other tools that look into images).
# Versions: libqcow 20201213, qemu-img 7.2 (Debian 12); 20240308 does the same.
# Guess:    it reads what QEMU reads, or refuses: version 3 of the format, QEMU's default since 2014, has a bit for "all zeros".
# Seen:     the bit is passed over. Where a cluster was written before, its old data comes back; else, as above a backing file, the
#           header of the qcow2 itself is there ("QFI…") as data of the disk. The right size, no message.
# Matters:  each guest that discards makes such clusters (discard=unmap). Deleted files are there again, and the checksum of the
#           disk is another one than qemu-img's.
# Anneal:   reads such clusters as zeros.
# Short:    libqcow 20201213 (and 20240308) | a cluster that QEMU marked as zeros reads as zeros | the data from before, or the header of the qcow2, as data of the disk
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

need qemu-img ' 7.2' qemu-img --version
debian_files libq/libqcow/libqcow1_20201213-1+b2_amd64.deb libq/libqcow/python3-libqcow_20201213-1+b2_amd64.deb
guess 'a zero for each'

cd "$dir"
run() { LD_LIBRARY_PATH= "$@"; }
run qemu-img create -q -f qcow2 own.qcow2 1M
run qemu-io -c 'write -P 65 0 1M' -c 'write -z 64k 64k' own.qcow2 >/dev/null
run qemu-img create -q -f qcow2 backing.qcow2 1M
run qemu-io -c 'write -P 66 0 1M' backing.qcow2 >/dev/null
run qemu-img create -q -f qcow2 -b backing.qcow2 -F qcow2 above.qcow2
run qemu-io -c 'write -P 67 0 64k' -c 'write -z 64k 64k' above.qcow2 >/dev/null
cat >read.py <<'PY'
import sys
import pyqcow
image = pyqcow.file()
image.open(sys.argv[1])
if len(sys.argv) > 2:
    backing = pyqcow.file()
    backing.open(sys.argv[2])
    image.set_parent(backing)
image.seek(0)
print(image.read(65536)[0], image.read(65536)[0], image.get_media_size())
PY
read_by() { PYTHONPATH=$(echo root/usr/lib/python3/dist-packages) /usr/bin/python3 read.py "$@" 2>log || skip "libqcow does not run here: $(tail -n 1 log)"; }
for name in own above; do
  run qemu-img convert -O raw "$name.qcow2" "$name.raw"
  seen "$name, byte at 64 KiB by QEMU" 0 "$(od -An -tu1 -j 65536 -N 1 "$name.raw" | tr -d ' ')"
done
seen 'own, bytes at 0 and 64 KiB, and size' '65 65 1048576' "$(read_by own.qcow2)"
seen 'above, bytes at 0 and 64 KiB (81 is Q), and size' '67 81 1048576' "$(read_by above.qcow2 backing.qcow2)"
