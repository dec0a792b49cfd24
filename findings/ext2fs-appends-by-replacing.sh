#!/bin/sh
# ext2fs, the e2fsprogs library for Node.js ("the exact same interface as node's fs module"), under balena's tools for images.
# Versions: ext2fs 4.2.5, file-disk 8.0.1; e2fsprogs 1.47.0 (Debian 12) for comparison.
# Guess:    appendFile appends, `mode: 0o600` is the new file's mode, users above 65535 are those users, and readFile without an
#           encoding gives the bytes.
# Seen:     appendFile, and flag "a", leave the appended text alone in the file. Each new file has the mode 0666. chown to
#           user 100000 gives 34464, and stat tells 4464 of user 70000. readFile gives a text, with U+FFFD for what is not UTF-8. No error, and e2fsck finds nothing.
# Matters:  a line that is added to /etc/fstab is its only line. Keys and configuration that are put into an image are writable by
#           everybody. A program that is read and written back is damaged.
# Anneal:   puts files into images by its own writer, with the mode and owner that is said.
# Short:    ext2fs 4.2.5 | `appendFile` appends, `mode: 0o600` is the mode | the file is the added text alone; 0666; owners of 16 bits; bytes are read as text
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

need mke2fs '1.47.0' mke2fs -V
need debugfs '1.47.0' debugfs -V
npm_packages ext2fs@4.2.5 file-disk@8.0.1
guess 'both lines of fstab; 0600; 100000 and 70000; 4 bytes ff fe fd 0a'

cd "$dir"
mkdir tree
printf 'UUID=1 / ext4 defaults 0 1\n' >tree/fstab
printf 'UUID=1 / ext4 defaults 0 1\n' >tree/mtab
printf '\377\376\375\n' >tree/program
mke2fs -q -t ext4 -d tree disk.img 16M >/dev/null
debugfs -w -R 'set_inode_field /mtab uid 70000' disk.img >/dev/null 2>&1
cat >edit.cjs <<'JS'
const { FileDisk, withOpenFile } = require('file-disk')
const { withMountedDisk } = require('ext2fs')
void withOpenFile('disk.img', 'r+', (handle) =>
  withMountedDisk(new FileDisk(handle), 0, async ({ promises: fs }) => {
    await fs.appendFile('/fstab', 'UUID=2 /srv ext4 defaults 0 2\n')
    await fs.writeFile('/mtab', 'UUID=2 /srv\n', { flag: 'a' })
    await fs.writeFile('/key', 'secret\n', { mode: 0o600 })
    await fs.chown('/key', 100000, 100000)
    console.log((await fs.stat('/mtab')).uid)
    const program = await fs.readFile('/program')
    console.log(typeof program, Buffer.from(program).toString('hex'))
  }),
)
JS
node edit.cjs >out 2>log || skip "ext2fs does not run here: $(cut -c 1-200 log | tail -n 1)"
on_disk() { debugfs -R "$1" disk.img 2>/dev/null; }
seen 'fstab, after appendFile' 'UUID=2 /srv ext4 defaults 0 2' "$(on_disk 'cat /fstab')"
seen 'mtab, after flag a' 'UUID=2 /srv' "$(on_disk 'cat /mtab')"
seen 'mode of the key' 0666 "$(on_disk 'stat /key' | sed -n 's/.*Mode: *\([0-7]*\).*/\1/p')"
seen 'owner of the key' 34464 "$(on_disk 'stat /key' | sed -n 's/^User: *\([0-9]*\).*/\1/p')"
seen 'user 70000, by stat' 4464 "$(sed -n 1p out)"
seen 'what readFile gives for ff fe fd 0a' 'string efbfbdefbfbdefbfbd0a' "$(sed -n 2p out)"
e2fsck -fn disk.img >/dev/null 2>&1 && status=0 || status=$?
seen 'exit code of e2fsck' 0 "$status"
