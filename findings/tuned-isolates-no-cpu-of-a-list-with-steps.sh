#!/bin/sh
# tuned and a list of CPUs with steps, as the kernel (`isolcpus=`) and taskset take it, in isolated_cores of the profile cpu-partitioning.
# Versions: tuned 2.20.0 (Debian 12); 2.27.0 (sid) does the same.
# Guess:    0-1:1/2, the first of each two CPUs, is CPU 0, as the kernel's documentation says of its lists, and so is 0-1:2, as for taskset;
#           or tuned refuses either.
# Seen:     the first is no CPU at all: its mask is 00000000. The profile's own check ("isolated_cores contains online CPU(s)", for CPUs
#           that are off) compares nothing with nothing, and passes; no message. The second is 0,1,2: the colon ends an argument for tuned.
# Matters:  the kernel isolates the CPUs, tuned leaves interrupts and the host's services on them, and the guests there lose their time.
# Anneal:   sets no CPUs.
# Short:    tuned 2.20.0 (and 2.27.0) | a list of CPUs with steps, 0-1:1/2 as for `isolcpus=` or 0-1:2 as for taskset, is CPU 0 in isolated_cores, or an error | the first is no CPU and passes the profile's check; the second is 0,1,2; no message
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

command -v python3 >/dev/null || skip 'python3 is missing'
need taskset 2.38 taskset --version
debian_files t/tuned/tuned_2.20.0-1_all.deb
unset LD_LIBRARY_PATH
guess '0 each time, or an error'

cd "$dir"
# The lines of the profile, as it has them.
cat >read.py <<'PY'
import sys
from tuned.profiles.variables import Variables
lines = {'isolated_cores': sys.argv[1]}
wanted = ['isolated_cores_expanded', 'isolated_cpumask']
if sys.argv[2] == 'check':
    wanted += ['isolated_cores_online_expanded', 'assert2']
for line in open('root/usr/lib/tuned/cpu-partitioning/tuned.conf'):
    name, _, value = line.strip().partition('=')
    if name in wanted:
        lines[name] = value
variables = Variables()
variables.add_from_cfg(lines)
print(variables.expand('${isolated_cores_expanded}'), variables.expand('${isolated_cpumask}'), sep='|')
PY
reads() { PYTHONPATH=root/usr/lib/python3/dist-packages /usr/bin/python3 -W ignore read.py "$@" 2>>log || echo "tuned does not run here: $(tail -n 1 log)"; }
[ -r /sys/devices/system/cpu/online ] || skip 'no list of CPUs in /sys'
seen 'taskset, 0-1:2' 0 "$(taskset -c 0-1:2 sh -c 'taskset -cp $$' 2>/dev/null | sed 's/.*: //')"
seen 'tuned with the check, 0-1,^1' '0|00000001' "$(reads '0-1,^1' check)"
seen 'tuned with the check, 0-1:1/2' '|00000000' "$(reads 0-1:1/2 check)"
seen 'tuned, 0-1:2' '0,1,2|00000007' "$(reads 0-1:2 without)"
seen 'messages' 0 "$(wc -l <log)"
