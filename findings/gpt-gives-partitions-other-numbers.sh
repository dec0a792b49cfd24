#!/bin/sh
# gpt, a reader and writer of GUID partition tables, on a disk whose partitions are not numbered 1, 2, 3.
# Versions: gpt 3.0.0; sfdisk 2.38 (Debian 12) for comparison.
# Guess:    what is read and written back is the same table: a partition's number is its place in it.
# Seen:     unused entries are left out when it reads. Written into a new buffer, partitions 3 and 14 are 2 and 3; written over
#           the disk's own table, as the README does it, the old 14 stays: two partitions have the same sectors and the same UUID.
#           verify() says false of the table that sfdisk made.
# Matters:  cloud images have 1, 14 and 15. root=/dev/vda3, fstab, GRUB's (hd0,gpt3) and boot entries name another partition
#           afterwards, and sgdisk -v finds an overlap.
# Anneal:   keeps each entry in its place.
# Short:    gpt 3.0.0 | a table that is read and written is the same | partitions 1, 3 and 14 are 1, 2 and 3, and over the old table 14 is there twice
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

need sfdisk 'util-linux 2.38' sfdisk --version
npm_packages gpt@3.0.0
guess '1 3 14'

cd "$dir"
truncate -s 16M disk.img
sfdisk -q disk.img <<'TABLE'
label: gpt
1: start=2048, size=2048, name=boot
3: start=4096, size=2048, name=root
14: start=8192, size=2048, name=bios
TABLE
cat >write.cjs <<'JS'
const { readFileSync, writeFileSync } = require('node:fs')
const GPT = require('gpt')
const disk = readFileSync('disk.img')
const gpt = new GPT({ blockSize: 512 })
gpt.parse(disk, 512)
console.log(gpt.verify(), gpt.entries, gpt.partitions.length)
for (const [name, before] of [['over.img', disk], ['new.img', Buffer.alloc(disk.length)]]) {
  const after = Buffer.from(before)
  disk.copy(after, 0, 0, 512)
  gpt.write(after, 512)
  writeFileSync(name, after)
}
JS
node write.cjs >out 2>log || skip "gpt does not run here: $(tail -n 1 log)"
numbers() { sfdisk -d "$1" 2>/dev/null | sed -n "s/^$1\([0-9]*\) : start= *\([0-9]*\),.*/\1=\2/p" | paste -sd ' ' -; }
seen 'partition=first sector, before' '1=2048 3=4096 14=8192' "$(numbers disk.img)"
seen 'verify(), entries and partitions' 'false 128 3' "$(cat out)"
seen 'partition=first sector, in a new buffer' '1=2048 2=4096 3=8192' "$(numbers new.img)"
seen 'partition=first sector, over the old table' '1=2048 2=4096 3=8192 14=8192' "$(numbers over.img)"
