#!/bin/sh
# @stroncium/procfs (npm) reads /proc/partitions, mountinfo and cgroup.
# Versions: @stroncium/procfs 1.2.1.
# Guess:    devId of nvme0n1 (259, 0) is the number that stat() says, 66304; a control group is the whole path.
# Seen:     the major number is cut to 8 bits: it is 768, which is hda (3, 0), in partitions and mountinfo. A
#           path ends at its first colon, which containerd's and runc's paths have (kubepods…:cri-containerd:ID). No error.
# Matters:  no NVMe disk is found by what stat() says of a file on it, two disks are one, and a container's processes have no container.
# Anneal:   reads /proc itself.
# Short:    @stroncium/procfs 1.2.1 | the number of an NVMe disk is that of stat(), a control group has its whole path | 259 is 3, as of an IDE disk; the path ends at its first colon; no error
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

npm_packages @stroncium/procfs@1.2.1
guess '66304, 2048 and the whole path'

cd "$dir"
cat >read.cjs <<'JS'
const parsers = require('@stroncium/procfs/lib/parsers.js')
const partitions = parsers.partitions('major minor  #blocks  name\n\n 259        0  500107608 nvme0n1\n   8        0  500107608 sda\n')
for (const { name, devId } of partitions) console.log(name, devId)
const [mount] = parsers.processMountinfo('36 35 259:0 / /srv rw - ext4 /dev/nvme0n1 rw\n')
console.log('mount', mount.devId)
const [group] = parsers.processCgroups('0::/system.slice/kubepods-besteffort-pod1.slice:cri-containerd:0123abcd\n')
console.log('group', group.path)
JS
node read.cjs >read
told() { sed -n "s/^$1 //p" read; }
seen 'sda' 2048 "$(told sda)"
seen 'nvme0n1' 768 "$(told nvme0n1)"
seen 'a mount of it' 768 "$(told mount)"
seen 'the same by stat()' 66304 "$((((259 & 4095) << 8) | 0))"
seen 'control group' '/system.slice/kubepods-besteffort-pod1.slice' "$(told group)"
