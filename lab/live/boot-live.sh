#!/usr/bin/env bash
# Boots a live image under QEMU without KVM, without any disk: boot-live.sh DIR LOG MEMORY-MIB [SECONDS]
# Prints and ends as await_login does.
set -euo pipefail
. "$(dirname "$0")/await-login.sh"
dir=$1 log=$2 memory=$3 limit=${4:-600}
cmdline=$(jq -r .boot.commandLine "$dir/boot.json")
: >"$log"
qemu-system-x86_64 -accel tcg,thread=multi -cpu max -smp 2 -m "$memory" -no-reboot -display none -monitor none \
  -nic user,model=virtio-net-pci -kernel "$dir/kernel" -initrd "$dir/ramdisk" -append "$cmdline" -serial "file:$log" \
  </dev/null &
qemu=$!
trap 'kill $qemu 2>/dev/null; wait $qemu 2>/dev/null || true' EXIT
await_login $qemu "$log" "$limit"
