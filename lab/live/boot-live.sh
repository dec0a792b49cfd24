#!/usr/bin/env bash
# Boots a live image under QEMU without KVM, without any disk: boot-live.sh DIR LOG MEMORY-MIB [SECONDS]
# Prints `login` or `emergency` or `nothing` and the seconds it took; exit code 0 only for a login prompt.
set -euo pipefail
dir=$1 log=$2 memory=$3 limit=${4:-600}
cmdline=$(jq -r .boot.commandLine "$dir/boot.json")
: >"$log"
qemu-system-x86_64 -accel tcg,thread=multi -cpu max -smp 2 -m "$memory" -no-reboot -display none -monitor none \
  -nic user,model=virtio-net-pci -kernel "$dir/kernel" -initrd "$dir/ramdisk" -append "$cmdline" -serial "file:$log" \
  </dev/null &
qemu=$!
trap 'kill $qemu 2>/dev/null; wait $qemu 2>/dev/null || true' EXIT
start=$SECONDS end=nothing
while kill -0 $qemu 2>/dev/null && ((SECONDS - start < limit)); do
  if grep -q 'login: ' "$log"; then end=login; break; fi
  if grep -qE 'emergency mode|Press Enter|Cannot open access to console|Kernel panic|dracut:/#|\(initramfs\)' "$log"; then
    end=emergency
    break
  fi
  sleep 0.5
done
echo "$end after $((SECONDS - start)) s"
[[ $end == login ]]
