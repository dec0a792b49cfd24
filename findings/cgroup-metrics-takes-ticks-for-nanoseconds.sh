#!/bin/sh
# @adobe/cgroup-metrics says how much CPU a control group (v1) has used.
# Versions: @adobe/cgroup-metrics 3.0.6
# Guess:    `cpu.stat()` gives nanoseconds, as its documentation and the name cpuNanosSinceContainerStart say, so that user and system
#           are together about what `cpu.usage()` is.
# Seen:     it gives the kernel's numbers as they are: ticks, of which a second has 100. They are 10000000 times too small.
# Matters:  `calculateUsage` of two of them says that a group that keeps a processor busy uses none of it.
# Anneal:   measures no CPU of control groups.
# Short:    @adobe/cgroup-metrics 3.0.6 | `cpu.stat()` is in nanoseconds, as `cpu.usage()` and as its name says | it is in ticks, 10000000 times too small
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

npm_packages @adobe/cgroup-metrics@3.0.6
[ -r /sys/fs/cgroup/cpuacct/cpuacct.stat ] || skip 'no control groups v1 with cpuacct'
guess 'user and system are about the usage'

cd "$dir"
cat >read.cjs <<'NODE'
const { cpu } = require('@adobe/cgroup-metrics')
const usage = cpu.usage().cpuNanosSinceContainerStart
const { user, system } = cpu.stat()
const factor = usage / (user.cpuNanosSinceContainerStart + system.cpuNanosSinceContainerStart)
console.log('10 to the', Math.round(Math.log10(factor)))
const second = { cpuNanosSinceContainerStart: user.cpuNanosSinceContainerStart + 100, timestamp: user.timestamp + 1000 }
console.log(cpu.calculateUsage(user, second).toFixed(5), '%')
NODE
node read.cjs >out
seen 'usage is user and system, times' '10 to the 7' "$(sed -n 1p out)"
seen 'usage where one processor is busy for a second (100 ticks)' '0.00001 %' "$(sed -n 2p out)"
