#!/bin/sh
# A list of CPUs with one that is left out, before or behind the range: `^2,0-3` and `0-3,^2`, in cpu_shared_set of nova.conf and in a domain.
# Versions: libvirt 9.0.0, nova 26.2.2 (Debian 12).
# Guess:    both lists are the CPUs 0, 1 and 3 for both, or libvirt refuses the one whose ^2 stands before the range.
# Seen:     nova: 0, 1 and 3 for both. libvirt goes from left to right: `^2,0-3` are all four. No message, exit code 0.
# Matters:  the guest runs on the CPU that was kept for the host or for another guest.
# Anneal:   reads the CPUs of a guest from the kernel, and no such list.
# Short:    libvirt 9.0.0, nova 26.2.2 | `^2,0-3` leaves CPU 2 out, for nova and for libvirt | for nova it does; a domain of libvirt gets all four CPUs; no message, exit code 0
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

command -v python3 >/dev/null || skip 'python3 is missing'
plain=$PATH
debian_files libv/libvirt/libvirt0_9.0.0-4+deb12u2_amd64.deb libv/libvirt/libvirt-clients_9.0.0-4+deb12u2_amd64.deb \
  n/nova/python3-nova_26.2.2-1~deb12u4_all.deb p/python-os-resource-classes/python3-os-resource-classes_1.1.0-2_all.deb \
  p/python-os-traits/python3-os-traits_2.9.0-2_all.deb
libraries=$LD_LIBRARY_PATH
PATH=$plain LD_LIBRARY_PATH=
guess '0-1,3 each time'

cd "$dir"
nova() {
  PYTHONPATH=root/usr/lib/python3/dist-packages /usr/bin/python3 -W ignore -c 'import sys
from nova.virt import hardware
print(hardware.format_cpu_spec(hardware.parse_cpu_spec(sys.argv[1])))' "$1" >out 2>log || skip "nova does not run here: $(tail -n 1 log)"
}
libvirt() {
  cat >domain.xml <<XML
<domain type='test'><name>node</name><memory unit='MiB'>64</memory><vcpu cpuset='$1'>2</vcpu><os><type>hvm</type></os></domain>
XML
  LD_LIBRARY_PATH=$libraries root/usr/bin/virsh -c test:///default 'define domain.xml; dumpxml node' >out 2>log || skip "virsh does not run here: $(tail -n 1 log)"
  sed -n "s/.*cpuset='\([^']*\)'.*/\1/p" out >cpus
}
nova '0-3,^2'
seen 'nova, 0-3,^2' 0-1,3 "$(cat out)"
nova '^2,0-3'
seen 'nova, ^2,0-3' 0-1,3 "$(cat out)"
libvirt '0-3,^2'
seen 'libvirt, 0-3,^2' 0-1,3 "$(cat cpus)"
libvirt '^2,0-3'
seen 'libvirt, ^2,0-3' 0-3 "$(cat cpus)"
