#!/bin/sh
# ukify with a configuration file that names two initial ramdisks, each in a line of its own: microcode and the system's.
# Versions: systemd 257.13 (Debian 13); 262.1 does the same.
# Guess:    both are in the image, as with two --initrd= options, and as each list of systemd's own files is added up by a second line.
# Seen:     the last one alone. No message, exit code 0. Two on one line are both there.
# Matters:  the image boots without the microcode, or without what the first ramdisk holds.
# Anneal:   reads such images, and makes none.
# Short:    systemd 257.13 (and 262.1) | two lines `Initrd=` in ukify's configuration are two ramdisks, as two --initrd= are | the last one alone is in the image; no message, exit code 0
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

command -v python3 >/dev/null || skip 'python3 is missing'
plain=$PATH
debian_files s/systemd/systemd-ukify_257.13-1~deb13u1_all.deb s/systemd/systemd-boot-efi_257.13-1~deb13u1_amd64.deb \
  p/python-pefile/python3-pefile_2024.8.26-2.1_all.deb
PATH=$plain LD_LIBRARY_PATH=
guess 'microcode system, each time'

cd "$dir"
echo kernel >linux
echo microcode >first
echo system >second
python() { PYTHONPATH=root/usr/lib/python3/dist-packages python3 "$@"; }
made() {
  python root/usr/bin/ukify build --linux=linux --uname=6.1 --os-release='ID=demo' --stub=root/usr/lib/systemd/boot/efi/linuxx64.efi.stub \
    "$@" --output=image >log 2>&1 || skip "ukify does not run here: $(tail -n 1 log)"
  python -c 'import pefile
for section in pefile.PE("image").sections:
    if section.Name.rstrip(b"\0") == b".initrd":
        print(*section.get_data()[: section.Misc_VirtualSize].replace(b"\0", b"").decode().split())'
}
seen 'two options' 'microcode system' "$(made --initrd=first --initrd=second)"
printf '%s\n' '[UKI]' 'Initrd=first second' >line.conf
seen 'one line' 'microcode system' "$(made --config=line.conf)"
printf '%s\n' '[UKI]' 'Initrd=first' 'Initrd=second' >lines.conf
seen 'two lines' system "$(made --config=lines.conf)"
