#!/bin/sh
# cert-to-efi-sig-list of efitools, which makes the key lists (PK, KEK, db) of Secure Boot from certificates.
# Versions: efitools 1.9.2 (Debian 12; -6 of sid does the same).
# Guess:    a certificate in DER, as firmware takes them, is read or refused. Of two certificates in a file both are in the list, as its
#           manual says "certificates".
# Seen:     DER: a list with a header and no certificate. Two: the first alone. No message, exit code 0.
# Matters:  the list is enrolled, and the machine trusts nothing, or not the second key: what was signed with it does not boot.
# Anneal:   makes no lists of keys.
# Short:    efitools 1.9.2 | `cert-to-efi-sig-list` reads DER or refuses it, and takes both certificates of a file | an empty list, and the first of two; no message, exit code 0
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

debian_files e/efitools/efitools_1.9.2-3_amd64.deb
command -v openssl >/dev/null || skip 'openssl is missing'
guess 'a certificate; two certificates'

cd "$dir"
for key in first second; do
  openssl req -x509 -newkey rsa:2048 -nodes -subj "/CN=$key" -keyout "$key.key" -out "$key.pem" -days 30 2>log || skip "openssl: $(tail -n 1 log)"
done
openssl x509 -in first.pem -outform DER -out first.der
cat first.pem second.pem >both.pem
length=$(stat -c %s first.der)
list() {
  rm -f list.esl
  cert-to-efi-sig-list "$@" list.esl >said 2>&1 && status=0 || status=$?
  size=$(stat -c %s list.esl)
  echo "$status, $([ "$size" = 44 ] && echo empty || echo "$(((size - 44) / length)) certificate"), $(wc -c <said) bytes of messages"
}
seen PEM '0, 1 certificate, 0 bytes of messages' "$(list first.pem)"
seen DER '0, empty, 0 bytes of messages' "$(list first.der)"
seen 'two in one file' '0, 1 certificate, 0 bytes of messages' "$(list both.pem)"
