#!/usr/bin/env bash
# Boots a whole disk under QEMU without KVM, by UEFI and its own boot loader, until the lab's test system has said what it
# was booted with:
#
#     lab/atomic/boot-disk.sh DISK LOG [SECONDS]
#
# Prints the kernel command line; exit code 1 where none came. The disk is not written. Needs qemu-system-x86 and ovmf.
set -euo pipefail
export LC_ALL=C
disk=$(readlink -f "$1") log=$2 limit=${3:-300}
work=$(mktemp -d "${TMPDIR:-/tmp}/boot-disk.XXXXXX")
cp /usr/share/OVMF/OVMF_VARS_4M.fd "$work/vars.fd"
: >"$log"
qemu-system-x86_64 -accel tcg,thread=multi -cpu max -smp 1 -m 768 -machine q35 -no-reboot -nic none -display none -monitor none \
  -drive if=pflash,format=raw,readonly=on,file=/usr/share/OVMF/OVMF_CODE_4M.fd \
  -drive "if=pflash,format=raw,file=$work/vars.fd" -serial "file:$log" \
  -drive "file=$disk,if=virtio,format=raw,snapshot=on" </dev/null &
qemu=$!
trap 'kill $qemu 2>/dev/null; wait $qemu 2>/dev/null; rm -rf "$work"' EXIT
start=$SECONDS
while kill -0 $qemu 2>/dev/null && ((SECONDS - start < limit)); do
  # The line is there once the next one has begun.
  if grep -aqE 'MARK (no )?config drive' "$log"; then
    sed -n 's/.*MARK command line: //p' "$log" | tr -d '\r'
    exit 0
  fi
  sleep 0.5
done
exit 1
