#!/bin/bash
# What kernel and arguments the image's own boot loader starts: boot.sh IMAGE bios|uefi LOG [SECONDS]
# Under QEMU without KVM; the image stays as it is. Prints the kernel's `Command line:`, which needs console=ttyS0 on it.
set -euo pipefail
image=$(readlink -f "$1") firmware=$2 log=$3 limit=${4:-240}
vars=$(mktemp)
trap 'kill $qemu 2>/dev/null; wait $qemu 2>/dev/null || true; rm -f "$vars"' EXIT
flash=()
if [ "$firmware" = uefi ]; then
  cp /usr/share/OVMF/OVMF_VARS_4M.fd "$vars"
  flash=(-drive if=pflash,format=raw,readonly=on,file=/usr/share/OVMF/OVMF_CODE_4M.fd -drive "if=pflash,format=raw,file=$vars")
fi
case $image in
*.iso) disk=(-cdrom "$image") ;;
*) disk=(-drive "file=$image,format=raw,if=virtio,snapshot=on") ;;
esac
: >"$log"
# It may reset: shim's fallback does, once it has written its boot entries.
qemu-system-x86_64 -machine q35 -accel tcg,thread=multi -cpu max -smp 1 -m 1024 -display none -monitor none -nic none \
  "${flash[@]}" "${disk[@]}" -serial "file:$log" </dev/null &
qemu=$!
for ((waited = 0; waited < limit; waited++)); do
  if grep -aq 'Command line: .*' "$log" && grep -aq 'Kernel command line\|BIOS-provided\|x86/fpu' "$log"; then
    grep -a -m1 -o 'Linux version [^ ]*' "$log"
    grep -a -m1 'Command line: ' "$log" | sed 's/.*Command line: //' | tr -d '\r'
    exit 0
  fi
  kill -0 $qemu 2>/dev/null || break
  sleep 1
done
tail -c 300 "$log" | tr -cd '[:print:]\n' >&2
exit 1
