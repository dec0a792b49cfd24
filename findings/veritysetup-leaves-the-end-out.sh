#!/bin/sh
# A root hash of an image whose size is no multiple of 4096.
# Versions: cryptsetup 2.6.1 (Debian 12); 2.8.8 does the same.
# Guess:    `veritysetup format` refuses such an image, or its last block is filled up with zeros and hashed.
# Seen:     the part of a block at the end is in no hash: another byte there is verified, too. No message, exit code 0.
# Matters:  the root hash that is signed and put on the kernel's command line does not say what the end of the image is, and the
#           device that is opened with it is shorter than the image: a file system that ends there is damaged.
# Anneal:   fills the last block up with zeros and hashes it.
# Short:    cryptsetup 2.6.1 (and 2.8.8) | `veritysetup format` hashes all of an image, or refuses it | the part of a block at its end is in no hash: `verify` takes any byte there; no message
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

need veritysetup 'veritysetup 2.6.1' veritysetup --version
guess 'refused, or 245 blocks'

cd "$dir"
yes data | head -c 1000001 >image
veritysetup format image hashes --root-hash-file root >said 2>log && status=0 || status=$?
[ "$status" = 0 ] || skip "veritysetup does not run here: $(tail -n 1 log)"
seen 'blocks of 4096 bytes' 244 "$(sed -n 's/^Data blocks:[^0-9]*//p' said)"
seen 'bytes that are in no block' 577 "$((1000001 - 244 * 4096))"
seen messages '' "$(cat log)"
printf X | dd of=image bs=1 seek=1000000 conv=notrunc status=none
veritysetup verify image hashes "$(cat root)" >>log 2>&1 && status=0 || status=$?
seen 'verified, with another byte at the end' 0 "$status"
printf X | dd of=image bs=1 seek=999000 conv=notrunc status=none
veritysetup verify image hashes "$(cat root)" >>log 2>&1 && status=0 || status=$?
seen 'exit code, with another byte before that' 2 "$status"
