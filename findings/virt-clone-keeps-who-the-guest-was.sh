#!/bin/sh
# A guest, cloned by virt-clone.
# Versions: virt-manager 4.1.0, libvirt 9.0.0 (Debian 12). 5.1.0 changes the UUID of SMBIOS and the console's file, and no more.
# Guess:    what names the guest is new in the clone, or left out: it has a new name, UUID, MAC address and disk.
# Seen:     the UUID that SMBIOS tells stays, and libvirt refuses the domain. The socket of the guest agent, the files of the
#           console and its log, and the disk's serial number and WWN are those of the first guest.
#           No warning.
# Matters:  both guests write into one log, and wait at one socket: the agent that answers is the other guest's. Multipath takes
#           two disks with one WWN for one.
# Anneal:   makes no guests.
# Short:    virt-manager 4.1.0, libvirt 9.0.0 | a clone has names of its own | serial number, WWN, agent’s socket, logs and SMBIOS’ UUID are the first guest’s
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
guess 'a domain that libvirt takes, with names of its own'

cd "$dir"
truncate -s 1M first.img
cat >first.xml <<XML
<domain type="test">
  <name>first</name>
  <uuid>29301310-6ca7-4ab3-8043-497ed9fa5b4c</uuid>
  <memory>1048576</memory>
  <sysinfo type="smbios"><system><entry name="uuid">29301310-6ca7-4ab3-8043-497ed9fa5b4c</entry></system></sysinfo>
  <os><type arch="i686">hvm</type><smbios mode="sysinfo"/></os>
  <devices>
    <disk type="file" device="disk"><source file="$dir/first.img"/><target dev="vda" bus="virtio"/><serial>SERIAL1</serial><wwn>5000c50015ea71ac</wwn></disk>
    <serial type="file"><source path="/var/log/first.console"/><log file="/var/log/first.log"/></serial>
    <channel type="unix"><source mode="bind" path="/run/first.agent"/><target type="virtio" name="org.qemu.guest_agent.0"/></channel>
  </devices>
</domain>
XML
run() {
  PYTHONPATH=root/usr/lib/python3/dist-packages:root/usr/share/virt-manager GI_TYPELIB_PATH=$(echo root/usr/lib/*/girepository-1.0) \
    HOME=$dir python3 "$@"
}
run -c 'from virtinst import virtclone; virtclone.runcli()' --connect test:///default --original-xml first.xml --name second \
  --auto-clone --print-xml >second.xml 2>log || skip "virt-clone does not run here: $(tail -n 1 log)"
of() { sed -n "s/.*$1.*/\1/p" "$2"; }
seen 'name' second "$(of '<name>\(.*\)<\/name>' second.xml)"
seen 'disk' second.img "$(basename "$(of '<source file="\([^"]*\)".*' second.xml)")"
[ "$(of '<uuid>\(.*\)<\/uuid>' second.xml)" = 29301310-6ca7-4ab3-8043-497ed9fa5b4c ] && uuid=old || uuid=new
seen 'UUID' new "$uuid"
seen 'UUID of SMBIOS' 29301310-6ca7-4ab3-8043-497ed9fa5b4c "$(of '<entry name="uuid">\([^<]*\)<.*' second.xml)"
seen 'serial number and WWN' 'SERIAL1 5000c50015ea71ac' "$(of '<serial>\(.*\)<\/serial>' second.xml) $(of '<wwn>\(.*\)<\/wwn>' second.xml)"
seen 'console and log' '/var/log/first.console /var/log/first.log' \
  "$(of '<serial type="file"><source path="\([^"]*\)".*' second.xml) $(of '<log file="\([^"]*\)".*' second.xml)"
seen 'socket of the agent' /run/first.agent "$(of '<source mode="bind" path="\([^"]*\)".*' second.xml)"
run -c 'import libvirt; libvirt.open("test:///default").defineXML(open("second.xml").read())' >log 2>&1 && said=taken || said=$(tail -n 1 log)
seen 'libvirt' 'libvirt.libvirtError: UUID mismatch between <uuid> and <sysinfo>' "$said"
