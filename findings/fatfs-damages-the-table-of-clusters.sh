#!/bin/sh
# fatfs, FAT file systems for Node.js, replacing a file of a boot partition by a shorter one.
# Versions: fatfs 0.10.8; dosfstools 4.2 (Debian 12) for comparison.
# Guess:    the file is the shorter one, the clusters that it no longer needs are free, and both copies of the table say so.
# Seen:     no error. Each cluster that is no longer needed is marked ff00, which is out of range: fsck.fat calls the file system
#           damaged, and mtools reads nothing of it any more. A new file is in the first copy alone: "FATs differ".
# Matters:  the EFI system partition or the Raspberry Pi's boot partition of an image is written so (28,000 downloads a month). It loses
#           room with each new kernel or configuration; a repair by the second copy loses what was written.
# Anneal:   reads FAT itself, and writes none by it.
# Short:    fatfs 0.10.8, dosfstools 4.2, mtools | a file that gets shorter frees its clusters | they are marked ff00: fsck.fat finds damage, mtools reads nothing; the second copy is old
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

need mkfs.fat 4.2 sh -c 'mkfs.fat -C "$0" 64' "$dir/probe"
need mcopy 'GNU mtools' mcopy --version
npm_packages fatfs@0.10.8
guess 'fsck.fat finds nothing, as after mcopy'

cd "$dir"
cat >write.cjs <<'JS'
const fs = require('node:fs')
const fatfs = require('fatfs')
const [, , image, name, text] = process.argv
const file = fs.openSync(image, 'r+')
const volume = {
  sectorSize: 512,
  numSectors: fs.fstatSync(file).size / 512,
  readSectors: (sector, into, done) => fs.read(file, into, 0, into.length, sector * 512, (error) => done(error, into)),
  writeSectors: (sector, data, done) => fs.write(file, data, 0, data.length, sector * 512, (error) => done(error)),
}
fatfs.createFileSystem(volume).writeFile(name, text, (error) => console.log(error ? error.message : 'written'))
JS
head -c 50000 /dev/zero >kernel
printf shorter >shorter
truncate -s 20M before.img
mkfs.fat -F 16 -i 1 before.img >/dev/null
mcopy -i before.img kernel ::kernel.img
for name in mcopy shorter new; do cp before.img "$name.img"; done
checked() {
  fsck.fat -n "$1" >found 2>&1 || true
  grep -q '^FATs differ' found && printf 'FATs differ, '
  printf '%d clusters out of range' "$(grep -c 'out of range' found)"
}
mcopy -o -i mcopy.img shorter ::kernel.img
seen 'what fsck.fat finds, after mcopy' '0 clusters out of range' "$(checked mcopy.img)"
seen 'a shorter file' written "$(node write.cjs shorter.img /kernel.img shorter 2>log || tail -n 1 log)"
seen 'what fsck.fat finds' 'FATs differ, 24 clusters out of range' "$(checked shorter.img)"
seen 'what mtools says' 'Cluster # at 3 too big(0xff00)' "$(mdir -i shorter.img :: 2>&1 | head -n 1)"
seen 'a new file' written "$(node write.cjs new.img /new.txt text 2>log || tail -n 1 log)"
seen 'what fsck.fat finds' 'FATs differ, 0 clusters out of range' "$(checked new.img)"
