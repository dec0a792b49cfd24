# Sourced by what boots a system under QEMU: await_login PID LOG SECONDS
# Prints `login` or `emergency` or `nothing` and the seconds it took; fails unless there is a login prompt on the serial console.
await_login() {
  local qemu=$1 log=$2 limit=$3 start=$SECONDS end=nothing
  while kill -0 "$qemu" 2>/dev/null && ((SECONDS - start < limit)); do
    if grep -q 'login: ' "$log"; then end=login; break; fi
    if grep -qE 'emergency mode|Press Enter|Cannot open access to console|Kernel panic|dracut:/#|\(initramfs\)' "$log"; then
      end=emergency
      break
    fi
    sleep 0.5
  done
  echo "$end after $((SECONDS - start)) s"
  [[ $end == login ]]
}
