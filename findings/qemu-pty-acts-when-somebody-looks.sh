#!/bin/sh
# A command that is written to a pty of QEMU: the monitor, or the serial console that libvirt gives a guest.
# Versions: QEMU 7.2 (Debian 12).
# Guess:    `echo quit > /dev/pts/N` has the monitor quit.
# Seen:     nothing happens, as often as it is done: QEMU looks once a second whether somebody has the pty open. What was written is
#           not lost. It takes effect when somebody attaches and stays for a second, whenever that is.
# Matters:  a script that types into the console of a guest (a login, a shutdown) and closes it sees no error and no effect, and the
#           guest gets it all when an operator opens `virsh console`. Keep the pty open: `{ echo …; sleep 2; } > /dev/pts/N`.
# Anneal:   writes to no console; its tests, which do, hold the pty open.
# Short:    QEMU 7.2 | `echo quit > /dev/pts/N` reaches a monitor or console on a pty | nothing happens, until somebody attaches and stays for a second: then it does
set -eu
dir=$(mktemp -d)
. "$(dirname "$0")/lib.sh"

need qemu-system-x86_64 'version 7.2' qemu-system-x86_64 --version
guess 'ended'

cd "$dir"
qemu-system-x86_64 -machine none -nodefaults -display none -monitor pty >said 2>&1 &
qemu=$!
trap 'kill "$qemu" 2>/dev/null || true; rm -rf "$dir"' EXIT
for _ in $(seq 100); do
  grep -q '/dev/pts/' said && break
  sleep 0.1
done
pty=$(grep -o '/dev/pts/[0-9]*' said)
state() { if kill -0 "$qemu" 2>/dev/null; then echo runs; else echo ended; fi; }

for _ in 1 2 3; do
  echo quit >"$pty"
  sleep 2
done
seen '`echo quit` three times' runs "$(state)"
# Somebody who types nothing.
sleep 4 >"$pty"
for _ in $(seq 20); do
  [ "$(state)" = ended ] && break
  sleep 0.5
done
seen 'the pty held open, nothing written' ended "$(state)"
