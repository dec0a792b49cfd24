#!/bin/sh
# The format inspector of OpenStack (oslo.utils, since 2024 asked by Glance, Nova and Ironic whether an image is what it claims).
# Versions: oslo.utils 8.2.0 (Debian 13); images by sfdisk 2.38, mke2fs 1.47 and qemu-img 7.2.
# Guess:    a disk with an MBR is "raw", as a GPT disk is or else "gpt"; a file system with boot code in its first sector is "raw";
#           a qcow2 that qemu-img makes without a backing or data file is safe.
# Seen:     the MBR disk is "gpt". ext4 with a boot loader's signature in its boot sector is "gpt" as well, and unsafe: "GPT MBR
#           has no partitions defined". A qcow2 with extended_l2=on is unsafe: an unknown feature.
# Matters:  Glance 33 and deep inspection refuse the last two, with a message about partitions that the image never had.
#           A partition image that extlinux or grub-install has been run on is such an image.
# Anneal:   pushes raw bases whose boot sector it takes from the image: what Glance says of it is passed on.
# Short:    oslo.utils 8.2.0 | a disk with an MBR is raw; ext4 with a boot sector is raw | both are "gpt", and the second is refused as unsafe
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

need sfdisk 2.38 sfdisk --version
need qemu-img ' 7.2' qemu-img --version
need mke2fs 1.47 mke2fs -V
debian_files p/python-oslo.utils/python3-oslo.utils_8.2.0-4_all.deb
guess 'raw, raw, and a safe qcow2'

cd "$dir"
truncate -s 8M dos.img
printf '%s\n' 'label: dos' '2048,,83' | sfdisk -q dos.img
mke2fs -q -t ext4 plain.img 8M >/dev/null
cp plain.img boot.img
printf '\125\252' | dd of=boot.img bs=1 seek=510 conv=notrunc status=none
qemu-img create -q -f qcow2 plain.qcow2 8M
qemu-img create -q -f qcow2 -o extended_l2=on,cluster_size=128k extended.qcow2 8M
cat >look.py <<'PY'
import logging, sys
logging.disable(logging.CRITICAL)
from oslo_utils.imageutils import format_inspector
image = format_inspector.detect_file_format(sys.argv[1])
try:
    image.safety_check()
    print(image, 'safe')
except format_inspector.SafetyCheckFailed as error:
    print(image, 'unsafe:', '; '.join(str(reason) for reason in error.failures.values()))
PY
inspect() { PYTHONPATH=root/usr/lib/python3/dist-packages /usr/bin/python3 look.py "$1"; }
inspect plain.img >first.log 2>&1 || skip "oslo.utils does not run here: $(tail -n 1 first.log)"
seen 'ext4' 'raw safe' "$(inspect plain.img)"
seen 'a disk with an MBR and one partition' 'gpt safe' "$(inspect dos.img)"
seen 'ext4 with the signature of boot code' 'gpt unsafe: GPT MBR has no partitions defined' "$(inspect boot.img)"
seen 'qcow2' 'qcow2 safe' "$(inspect plain.qcow2)"
seen 'qcow2 with extended_l2=on' 'qcow2 unsafe: Unknown QCOW2 features found' "$(inspect extended.qcow2)"
