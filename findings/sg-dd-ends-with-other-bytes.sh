#!/bin/sh
# A file that does not end on a block, copied by sg_dd of sg3-utils, the dd for SCSI disks.
# Versions: sg3-utils 1.46 (Debian 12); 1.48 does the same.
# Guess:    the last part of a block is written as it is, as by dd, or refused, or filled with zeros.
# Seen:     the last block is filled with bytes of an earlier block of the file, which was in the buffer before. "136+1 records in,
#           137+0 records out", exit code 0.
# Matters:  the checksum of the copy is another one, and what follows the end looks like data.
# Anneal:   copies byte ranges, and says when a source ends in the middle of a sector.
# Short:    sg3-utils 1.46 (and 1.48) | sg_dd writes the last, short block as dd does, or fills it with zeros | it fills it with bytes from earlier in the file; exit code 0
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

need sg_dd 1.46 dpkg-query -W sg3-utils
guess 'the same bytes, and zeros at most'

cd "$dir"
seq 1 1000000 | head -c 70000 >image
sg_dd if=image of=copy bs=512 count=137 2>said && status=0 || status=$?
seen 'exit code' 0 "$status"
seen 'bytes of the file and of its copy' '70000 70144' "$(stat -c %s image copy | paste -sd ' ' -)"
cmp -n 70000 image copy && same=yes || same=no
seen 'the first 70000 bytes are the same' yes "$same"
tail -c 144 copy >end
seen 'zeros behind them' 0 "$(tr -dc '\0' <end | wc -c)"
tail -c +4465 image | head -c 144 >earlier
cmp end earlier && from='bytes 4464 to 4607 of the file' || from='something else'
seen 'behind them' 'bytes 4464 to 4607 of the file' "$from"
