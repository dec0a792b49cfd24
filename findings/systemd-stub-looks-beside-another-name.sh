#!/bin/sh
# An addon with kernel arguments for one unified kernel image, whose name has a boot counter, as kernel-install names it.
# Versions: systemd 257.13 (Debian 13), by QEMU with OVMF; 262.1 does the same.
# Guess:    addons of demo-6.12.117+deb13-cloud-amd64+3.efi are read from demo-6.12.117+deb13-cloud-amd64.efi.extra.d: the counter is
#           no part of the name, as systemd-stub(7) says, and an image is found under one name until it is good, and after.
# Seen:     so it is for demo-6.12+3.efi. A kernel of Debian has a `+` in its version: there the stub takes that for the counter, finds
#           none, and looks beside the whole name, which systemd-boot has just changed (+2-1). The addon is left out without a word.
# Matters:  arguments that a site adds to its machines (console=, ip=, a root) are not there on the first boots of a new kernel, and
#           are again when it was blessed and its counter is gone.
# Anneal:   looks beside the same name as the stub, and shows the arguments of such a boot.
# Short:    systemd 257.13 (and 262.1) | addons of a kernel image count whatever its boot counter is | not where the version has a `+`, as Debian’s: arguments of a site are left out
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

PATH=$PATH:/usr/sbin:/sbin
for program in qemu-system-x86_64 mcopy mkfs.vfat python3; do
  command -v "$program" >/dev/null || skip "$program is missing"
done
firmware=/usr/share/OVMF/OVMF_CODE_4M.fd
[ -f "$firmware" ] || skip 'ovmf is missing'
plain=$PATH
kernel=6.12.117+deb13-cloud-amd64
debian_files "l/linux-signed-amd64/linux-image-${kernel}_6.12.117-1_amd64.deb" s/systemd/systemd-ukify_257.13-1~deb13u1_all.deb \
  s/systemd/systemd-boot-efi_257.13-1~deb13u1_amd64.deb p/python-pefile/python3-pefile_2024.8.26-2.1_all.deb
PATH=$plain LD_LIBRARY_PATH=
guess 'the addon counts for both names'

cd "$dir"
efi=root/usr/lib/systemd/boot/efi
ukify() { PYTHONPATH=root/usr/lib/python3/dist-packages python3 root/usr/bin/ukify build "$@" >log 2>&1 || skip "ukify: $(tail -n 1 log)"; }
ukify --stub $efi/linuxx64.efi.stub --linux "root/boot/vmlinuz-$kernel" --os-release 'ID=demo' --uname "$kernel" --cmdline 'console=ttyS0' --output uki.efi
ukify --stub $efi/addonx64.efi.stub --cmdline 'from.addon' --output addon.efi

# command_line NAME: what the kernel says that it was given, with the image as NAME+3.efi.
command_line() {
  rm -rf esp esp.img
  mkdir -p esp/EFI/BOOT "esp/EFI/Linux/$1.efi.extra.d"
  cp $efi/systemd-bootx64.efi esp/EFI/BOOT/BOOTX64.EFI
  cp uki.efi "esp/EFI/Linux/$1+3.efi"
  cp addon.efi "esp/EFI/Linux/$1.efi.extra.d/site.addon.efi"
  truncate -s 64M esp.img
  mkfs.vfat esp.img >log 2>&1
  mcopy -s -i esp.img esp/EFI ::
  cp /usr/share/OVMF/OVMF_VARS_4M.fd vars
  : >console
  qemu-system-x86_64 -machine q35 -accel tcg -cpu max -m 512 -no-reboot -display none -monitor none -nic none -serial file:console \
    -drive if=pflash,format=raw,readonly=on,file="$firmware" -drive if=pflash,format=raw,file=vars \
    -drive file=esp.img,format=raw,if=virtio </dev/null >log 2>&1 &
  machine=$!
  for _ in $(seq 900); do
    grep -aq 'Command line: .*' console && grep -aq 'x86/fpu' console && break
    kill -0 "$machine" 2>/dev/null || break
    sleep 0.5
  done
  kill "$machine" 2>/dev/null || true
  wait "$machine" 2>/dev/null || true
  grep -a -m 1 'Command line: ' console | sed 's/.*Command line: //; s/ *\r$//'
}
first=$(command_line demo-6.12)
[ -n "$first" ] || skip "nothing boots here: $(tail -n 1 log)"
seen 'arguments of demo-6.12+3.efi' 'console=ttyS0 from.addon' "$first"
seen "arguments of demo-$kernel+3.efi" 'console=ttyS0' "$(command_line "demo-$kernel")"
