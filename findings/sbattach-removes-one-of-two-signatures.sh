#!/bin/sh
# sbattach takes the signatures off a boot image that was signed twice, by the distribution and by the site.
# Versions: sbsigntool 0.9.4 (Debian 12); 0.9.5 of Debian's sid does the same.
# Guess:    the image is unsigned: "--remove: remove the boot image's signature table from the original file".
# Seen:     the first signature is gone, the second is there, and verifies. No message says so, exit code 0. `--detach` copies the first alone.
# Matters:  an image that was stripped for a comparison or before it is signed anew still carries a key that was to be dropped.
# Anneal:   reads whether an image is signed; it signs nothing.
# Short:    sbsigntool 0.9.4 (and 0.9.5) | `sbattach --remove` removes "the boot image's signature table" | of two signatures the first; the second still verifies; no message, exit code 0
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

command -v openssl >/dev/null || skip 'openssl is missing'
debian_files s/sbsigntool/sbsigntool_0.9.4-3.1_amd64.deb s/systemd/systemd-boot-efi_252.39-1~deb12u2_amd64.deb
unset LD_LIBRARY_PATH
guess 'no signature'

cd "$dir"
for name in vendor site; do
  openssl req -newkey rsa:2048 -nodes -keyout "$name.key" -new -x509 -sha256 -days 3650 -subj "/CN=$name/" -out "$name.crt" >log 2>&1
done
cp root/usr/lib/systemd/boot/efi/linuxx64.efi.stub image
sbsign --key vendor.key --cert vendor.crt --output one image >log 2>&1 || skip "sbsign does not run here: $(tail -n 1 log)"
sbsign --key site.key --cert site.crt --output two one >log 2>&1
signers() { sbverify --list "$1" 2>/dev/null | sed -n 's/^ - subject: .*CN *= *\([a-z]*\).*/\1/p' | paste -sd ' ' -; }
seen 'signers' 'vendor site' "$(signers two)"
sbattach --remove two >said 2>&1 && status=0 || status=$?
seen 'exit code' 0 "$status"
seen 'words about signatures' 0 "$(grep -ciE 'sign|first|remain[^i]' said || true)"
seen 'signers afterwards' site "$(signers two)"
seen 'verified by the second key' 'Signature verification OK' "$(sbverify --cert site.crt two 2>&1 | tail -n 1)"
sbattach --remove two >said 2>&1
seen 'signers after the second time' '' "$(signers two)"
