#!/usr/bin/env bash
# Boots a disk with OVMF under QEMU without KVM: boot-uefi-disk.sh DISK LOG MEMORY-MIB [SECONDS]
# The disk stays as it is. Prints and ends as await_login does.
set -euo pipefail
. "$(dirname "$0")/await-login.sh"
disk=$1 log=$2 memory=$3 limit=${4:-600}
vars=$(mktemp)
cp /usr/share/OVMF/OVMF_VARS_4M.fd "$vars"
: >"$log"
qemu-system-x86_64 -machine q35 -accel tcg,thread=multi -cpu max -smp 2 -m "$memory" -no-reboot -display none -monitor none -nic none \
  -drive if=pflash,format=raw,readonly=on,file=/usr/share/OVMF/OVMF_CODE_4M.fd -drive "if=pflash,format=raw,file=$vars" \
  -drive "file=$disk,format=raw,if=virtio,snapshot=on" -serial "file:$log" </dev/null &
qemu=$!
trap 'kill $qemu 2>/dev/null; wait $qemu 2>/dev/null || true; rm -f "$vars"' EXIT
await_login $qemu "$log" "$limit"
