#!/bin/sh
# A VMDK with grains that read as zeros, read by libvmdk (under The Sleuth Kit, dfVFS and Plaso).
# Versions: libvmdk 20200926, qemu-img 7.2 (Debian 12); 20240510 does the same.
# Guess:    it reads what QEMU reads, or refuses: a bit in the header says that an entry of 1 means a grain of zeros.
# Seen:     the entry is taken for the place of the grain: the first sector behind the header, which is the description of the
#           image in text, and what follows it, are data of the disk. The right size, no message.
# Matters:  a disk whose guest discards has such grains (zeroed_grain=on). Its checksum is another one, its file systems are
#           damaged where they should be empty.
# Anneal:   reads such grains as zeros.
# Short:    libvmdk 20200926 (and 20240510) | a grain that the VMDK marks as zeros reads as zeros | the description of the image, in text, as data of the disk
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

need qemu-img ' 7.2' qemu-img --version
debian_files libv/libvmdk/libvmdk1_20200926-2+b2_amd64.deb libv/libvmdk/python3-libvmdk_20200926-2+b2_amd64.deb \
  libb/libbfio/libbfio1_20170123-6_amd64.deb
guess '65 0'

cd "$dir"
run() { LD_LIBRARY_PATH='' "$@"; }
run qemu-img create -q -f vmdk -o zeroed_grain=on disk.vmdk 1M
run qemu-io -f vmdk -c 'write -P 65 0 1M' -c 'write -z 64k 64k' disk.vmdk >/dev/null
run qemu-img convert -f vmdk -O raw disk.vmdk disk.raw
cat >read.py <<'PY'
import sys
import pyvmdk
image = pyvmdk.handle()
image.open(sys.argv[1])
image.open_extent_data_files()
image.seek(0)
data = image.read(131072)
print(data[0], data[65536], image.get_media_size(), b'# Disk DescriptorFile' in data[65536:])
PY
seen 'bytes at 0 and 64 KiB by QEMU' '65 0' "$(od -An -tu1 -N 1 disk.raw | tr -d ' ') $(od -An -tu1 -j 65536 -N 1 disk.raw | tr -d ' ')"
PYTHONPATH=root/usr/lib/python3/dist-packages /usr/bin/python3 read.py disk.vmdk >out 2>log || skip "libvmdk does not run here: $(tail -n 1 log)"
seen 'bytes at 0 and 64 KiB, size, and if the description is there' '65 35 1048576 True' "$(cat out)"
