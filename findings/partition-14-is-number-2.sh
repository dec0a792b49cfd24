#!/bin/sh
# partitioninfo (of the Etcher SDK) and the numbers of GPT partitions.
# Versions: partitioninfo 6.0.3; sfdisk 2.38 writes.
# Guess:    get(image, 14) is partition 14: the kernel, sfdisk and the boot loaders all number by the place in the table.
# Seen:     it numbers the used entries in the order of the table, from 1. Of the layout of Debian's and Ubuntu's cloud images
#           (1, 14, 15) partition 14 is "2" and 15 is "3"; asked for 14 it says that there is none. Where 2 was deleted,
#           asked for 2 it gives 3, without a word.
# Matters:  `root=/dev/vda1` and `/dev/sda15` are places in the table. Whoever writes into "partition 2" found this way
#           writes into another one.
# Anneal:   numbers by the place in the table (src/formats/gpt).
# Short:    partitioninfo 6.0.3 | partition 14 is the one that the kernel calls 14 | it counts the used entries: 14 is 2, and there is no 14
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

npm_packages partitioninfo@6.0.3
need sfdisk 2.38 sfdisk --version
guess '14 is partition 14'

cd "$dir"
truncate -s 64M cloud.img gap.img
printf '%s\n' 'label: gpt' '1: start=20480' '14: start=2048, size=2048' '15: start=4096, size=16384' | sfdisk -q cloud.img
printf '%s\n' 'label: gpt' '1: start=2048, size=2048' '3: start=8192, size=4096' | sfdisk -q gap.img
cat >get.cjs <<'JS'
const { get } = require('partitioninfo')
const [file, number] = process.argv.slice(2)
get(file, Number(number)).then(({ offset }) => console.log(offset / 512), (error) => console.log(error.message))
JS
start() { sfdisk --dump "$1" | sed -n "s/^$1$2 : start= *\([0-9]*\).*/\1/p"; }
seen 'partition 14 starts at sector, by sfdisk' 2048 "$(start cloud.img 14)"
seen 'partition 14 by partitioninfo' 'Partition not found: 14.' "$(node get.cjs cloud.img 14)"
seen 'partition 2 by partitioninfo, where there is none' 2048 "$(node get.cjs cloud.img 2)"
seen 'partition 2 by partitioninfo, where 2 was deleted' 8192 "$(node get.cjs gap.img 2)"
