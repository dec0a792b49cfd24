#!/bin/sh
# genimage makes a disk image of one partition, for which the configuration names no type.
# Versions: genimage 16 (Debian 12); 20 (sid) does the same. util-linux 2.38, GRUB 2.06, parted 3.5.
# Guess:    the partition has the type of Linux (83), as for sfdisk, or genimage asks for a type.
# Seen:     it has type 0, which says that the entry is not used: fdisk calls it "Empty", GRUB and parted see no partition. partx
#           lists it. No message, exit code 0. In a GPT it has the type of Linux.
# Matters:  the image does not boot, or an installer takes its disk for a free one.
# Anneal:   takes it for a partition, as Linux does, with a warning (MBR_TYPE_ZERO); a configuration of GRUB finds nothing on it.
# Short:    genimage 16 (and 20), GRUB 2.06, parted 3.5 | a partition without partition-type gets the type of Linux, as by sfdisk and in a GPT, or is refused | type 0: GRUB and parted see no partition; no message
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

need sfdisk 2.38 sfdisk --version
need grub-fstest '2.06' grub-fstest --version
plain=$PATH
debian_files g/genimage/genimage_16-2_amd64.deb libc/libconfuse/libconfuse2_3.3-3_amd64.deb p/parted/parted_3.5-3_amd64.deb p/parted/libparted2_3.5-3_amd64.deb
libraries=$(echo "$dir"/root/usr/lib/*-linux-gnu):$(echo "$dir"/root/lib/*-linux-gnu)
PATH=$plain LD_LIBRARY_PATH=
guess '83, one partition for each'

cd "$dir"
mkdir in empty
mke2fs -q -F in/fs 4M >log 2>&1 || skip "mke2fs does not run here: $(tail -n 1 log)"
made() { # made NAME OPTION: an image with this option of the disk
  printf 'image %s { hdimage { %s }\npartition root { image = "fs" } }\n' "$1" "$2" >config
  LD_LIBRARY_PATH=$libraries root/usr/bin/genimage --config config --inputpath in --outputpath . --rootpath empty --tmppath work >said 2>&1 && status=0 || status=$?
  [ -f "$1" ] || skip "genimage does not run here: $(tail -n 1 said)"
  rm -rf work
}
kind() { sfdisk --dump "$1" | sed -n 's/.*type=\([^,]*\).*/\1/p'; }
for_grub() { grub-fstest "$1" ls | grep -o "loop0,[a-z]*1" || echo none; }
made gpt 'partition-table-type = "gpt"'
seen 'GPT: type, and for GRUB' '0FC63DAF-8483-4772-8E79-3D69D8477DE4 loop0,gpt1' "$(kind gpt) $(for_grub gpt)"
made mbr ''
seen 'MBR: exit code, messages of a type' '0, ' "$status, $(grep -i type said || true)"
seen 'MBR: type, and for GRUB' '0 none' "$(kind mbr) $(for_grub mbr)"
seen 'MBR: partitions, for parted' 0 "$(LD_LIBRARY_PATH=$libraries root/sbin/parted -sm mbr print 2>log | grep -c '^1:' || true)"
