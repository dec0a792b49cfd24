#!/bin/sh
# virt-xml --edit on a domain whose sizes are in another unit than KiB.
# Versions: virt-manager 4.1.0, libvirt 9.0.0 (Debian 12); 5.0.0 does the same.
# Guess:    `--memory 8192` gives the guest 8192 MiB, whatever unit the file is written in.
# Seen:     the number is that of KiB, and the unit of the file stays: <memory unit="GiB">8388608</memory> is 8 EiB, and
#           libvirt takes it. `--vcpus 4` of 8 with 2 in use leaves 2 in use and the topology of 8. Exit code 0, no message.
# Matters:  templates and examples are written in GiB or MiB; virt-xml takes them on its standard input. The guest does not start.
# Anneal:   changes no guests.
# Short:    virt-manager 4.1.0 (and 5.0.0) | `virt-xml --edit --memory 8192` gives 8192 MiB | in a file with GiB it gives 8 EiB; `--vcpus` leaves the topology
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

command -v python3 >/dev/null || skip 'python3 is missing'
debian_files v/virt-manager/virtinst_4.1.0-2_all.deb libv/libvirt-python/python3-libvirt_9.0.0-1_amd64.deb \
  libx/libxml2/python3-libxml2_2.9.14+dfsg-1.3~deb12u6_amd64.deb libo/libosinfo/libosinfo-1.0-0_1.10.0-2_amd64.deb \
  libo/libosinfo/gir1.2-libosinfo-1.0_1.10.0-2_amd64.deb g/gobject-introspection/gir1.2-freedesktop_1.74.0-3_amd64.deb \
  g/gobject-introspection/gir1.2-glib-2.0_1.74.0-3_amd64.deb g/gobject-introspection/libgirepository-1.0-1_1.74.0-3_amd64.deb \
  p/pygobject/python3-gi_3.42.2-3+b1_amd64.deb libv/libvirt/libvirt0_9.0.0-4+deb12u2_amd64.deb y/yajl/libyajl2_2.1.0-3+deb12u2_amd64.deb \
  libs/libssh/libssh-4_0.10.6-0+deb12u2_amd64.deb libs/libssh2/libssh2-1_1.10.0-3+b1_amd64.deb libn/libnl3/libnl-3-200_3.7.0-0.2+b1_amd64.deb
guess '8 GiB for each'

cd "$dir"
domain() {
  cat <<XML
<domain type="test">
  <name>guest</name>
  <memory unit="$1">$2</memory>
  <currentMemory unit="$1">$2</currentMemory>
  <vcpu current="2">8</vcpu>
  <cpu><topology sockets="1" dies="1" cores="8" threads="1"/></cpu>
  <os><type arch="i686">hvm</type></os>
</domain>
XML
}
run() {
  PYTHONPATH=root/usr/lib/python3/dist-packages:root/usr/share/virt-manager GI_TYPELIB_PATH=$(echo root/usr/lib/*/girepository-1.0) \
    HOME=$dir python3 "$@"
}
edit() {
  run -c 'from virtinst import virtxml; virtxml.runcli()' --connect test:///default --edit "$@" 2>log ||
    skip "virt-xml does not run here: $(tail -n 1 log)"
}
defined() { run -c 'import libvirt, sys; print(libvirt.open("test:///default").defineXML(sys.stdin.read()).XMLDesc())' | sed -n "s/.*<memory unit='KiB'>\([0-9]*\).*/\1/p"; }
domain KiB 4194304 | edit --memory 8192 >new.xml
seen '4194304 KiB, edited, in KiB by libvirt' 8388608 "$(defined <new.xml)"
domain GiB 4 | edit --memory 8192 >new.xml
seen '4 GiB, edited' '<memory unit="GiB">8388608</memory>' "$(grep -o '<memory.*' new.xml)"
seen '4 GiB, edited, in KiB by libvirt' 8796093022208 "$(defined <new.xml)"
domain KiB 4194304 | edit --vcpus 4 >new.xml
seen 'processors and topology after --vcpus 4' '<vcpu current="2">4</vcpu> <topology sockets="1" dies="1" cores="8" threads="1"/>' \
  "$(grep -oE '<(vcpu|topology).*' new.xml | sed 's,</cpu>,,' | paste -sd ' ' -)"
seen 'message' '' "$(cat log)"
