#!/bin/sh
# balena-image-fs: reads a file out of a disk image.
# Versions: balena-image-fs 7.6.21; e2fsprogs 1.47.0 makes the image.
# Guess:    interact(image, undefined, fs => fs.readFile(…)) reads.
# Seen:     it opens the image for writing and mounts it: after one readFile the image has other bytes, and no longer the
#           checksum under which it was published.
# Matters:  images are named by their digest in Glance, in release notes, in OCI. Looking into one must not make it another.
# Anneal:   opens images for reading only, and has readers of its own.
# Short:    balena-image-fs 7.6.21 | reading a file out of an image leaves the image as it is | its checksum is another one afterwards
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

npm_packages balena-image-fs@7.6.21
need mke2fs 1.47.0 mke2fs -V
guess 'the same checksum before and after'

cd "$dir"
mkdir root && echo contents >root/file
mke2fs -q -t ext4 -d root image.ext4 8M >/dev/null
before=$(sha256sum <image.ext4)
cat >read.cjs <<'JS'
const { interact } = require('balena-image-fs')
const { promisify } = require('node:util')
interact('image.ext4', undefined, async (fs) => console.log((await promisify(fs.readFile)('/file', 'utf8')).trim()))
JS
seen 'the file' contents "$(node read.cjs)"
[ "$before" = "$(sha256sum <image.ext4)" ] && after=same || after=different
seen 'checksum of the image afterwards' different "$after"
