#!/bin/sh
# lsinitramfs, unmkinitramfs and lsinitrd, and an initrd with a second compressed archive behind the first.
# Versions: initramfs-tools 0.142 and dracut 059 (Debian 12).
# Guess:    they show what the kernel unpacks. It takes any number of archives, each compressed or not, one behind another
#           (Documentation/driver-api/early-userspace/buffer-format.rst), and boot loaders that load several files make that.
# Seen:     what stands behind the first compressed archive is left out, with exit code 0. Where it is uncompressed, lsinitramfs
#           shows nothing at all and exits with 2. Uncompressed archives in front (microcode) are shown.
# Matters:  drivers, keys and fixes are appended to an initrd this way; whoever looks whether they are in is told that they are not.
# Anneal:   joins a system's initrds in this way, and names each of them in boot.json.
# Short:    initramfs-tools 0.142, dracut 059 | `lsinitramfs` and `lsinitrd` show what the kernel unpacks | nothing behind the first compressed archive; exit code 0
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

debian_files i/initramfs-tools/initramfs-tools-core_0.142+deb12u3_all.deb d/dracut/dracut-core_059-4_amd64.deb
need cpio 2.13 cpio --version
need zstd 'v1.5' zstd --version
guess 'first and second'

cd "$dir"
mkdir first second
echo 1 >first/first && echo 2 >second/second
for name in first second; do
  (cd "$name" && echo "$name" | cpio -o -H newc --quiet) >"$name.cpio"
  zstd -q "$name.cpio" -o "$name.zst"
done
names() { grep -Eo '(first|second)$' | sort -u | paste -sd' '; }
cat first.zst second.zst >both.img
cat first.zst second.cpio >mixed.img
cat second.cpio first.zst >front.img
lsinitramfs both.img >list && status=0 || status=$?
seen 'by lsinitramfs' first "$(names <list)"
seen 'its exit code' 0 "$status"
seen 'by lsinitrd' first "$(lsinitrd both.img 2>/dev/null | names)"
unmkinitramfs both.img out
seen 'unpacked by unmkinitramfs' first "$(ls out)"
lsinitramfs mixed.img >list 2>/dev/null && status=0 || status=$?
seen 'by lsinitramfs, the second one uncompressed' '' "$(names <list)"
seen 'its exit code' 2 "$status"
seen 'by lsinitramfs, an uncompressed one in front' 'first second' "$(lsinitramfs front.img | names)"
