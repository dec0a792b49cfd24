#!/usr/bin/env bash
# Boots what a conversion made, under QEMU without KVM, with the base as the only disk: boot-trio.sh DIR LOG [SECONDS]
# Prints `login` or `emergency` or `nothing` and the seconds it took; exit code 0 only for a login prompt.
set -euo pipefail
dir=$1 log=$2 limit=${3:-400}
cmdline=$(jq -r .boot.commandLine "$dir/boot.json")
overlay=$(mktemp "${TMPDIR:-/tmp}/boot.XXXXXX")
qemu-img create -q -f qcow2 -F raw -b "$(readlink -f "$dir/base.raw")" "$overlay"
: >"$log"
qemu-system-x86_64 -accel tcg,thread=multi -cpu max -smp 2 -m 1536 -no-reboot -nic none -display none -monitor none \
  -kernel "$dir/kernel" -initrd "$dir/ramdisk" -append "$cmdline" -serial "file:$log" \
  -drive "file=$overlay,if=virtio,format=qcow2,cache=unsafe" </dev/null &
qemu=$!
trap 'kill $qemu 2>/dev/null; wait $qemu 2>/dev/null; rm -f "$overlay"' EXIT
start=$SECONDS end=nothing
while kill -0 $qemu 2>/dev/null && ((SECONDS - start < limit)); do
  if grep -q 'login: ' "$log"; then end=login; break; fi
  if grep -qE 'emergency mode|Press Enter|Cannot open access to console|Kernel panic|dracut:/#' "$log"; then end=emergency; break; fi
  sleep 0.5
done
echo "$end after $((SECONDS - start)) s"
[[ $end == login ]]
