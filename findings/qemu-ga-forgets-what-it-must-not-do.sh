#!/bin/sh
# The configuration of QEMU's guest agent, qemu-ga.conf, with a list of commands that the host must not call.
# Versions: qemu-guest-agent 7.2 (Debian 12) and 11.1.3 (sid).
# Guess:    after an upgrade of the guest the line `blacklist=` holds still, or the agent does not start: the option --blacklist is an error.
# Seen:     11.1.3 passes over the line: no command is blocked. No message, exit code 0. 7.2 warns of the old name, and obeys.
#           Semicolons, which part a list in such a file everywhere else, make one name of the list in both, which no command has.
# Matters:  the host runs commands in the guest that its owner had forbidden.
# Anneal:   is on the host, and calls no agent.
# Short:    qemu-guest-agent 7.2 and 11.1.3 | `blacklist=guest-exec` in qemu-ga.conf holds after an upgrade, or the agent does not start | it is passed over, and nothing is blocked; a list with semicolons is one name; no message
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

guess 'guest-exec and guest-file-open are blocked, or an error'

cd "$dir"
mkdir old
debian_files q/qemu/qemu-guest-agent_7.2+dfsg-7+deb12u18+b3_amd64.deb
mv root/usr old/usr
unset LD_LIBRARY_PATH
debian_files q/qemu/qemu-guest-agent_11.1.3+ds-1_amd64.deb g/glibc/libc6_2.43-7_amd64.deb g/glib2.0/libglib2.0-0t64_2.90.1-2_amd64.deb \
  p/pcre2/libpcre2-8-0_10.49-1_amd64.deb libu/liburing/liburing2_2.15-1_amd64.deb n/numactl/libnuma1_2.0.19-1+b2_amd64.deb \
  s/systemd/libudev1_262.1-1_amd64.deb
unset LD_LIBRARY_PATH
printf '[general]\n%s\n' 'blacklist=guest-exec,guest-file-open' >blacklist.conf
printf '[general]\n%s\n' 'block-rpcs=guest-exec,guest-file-open' >commas.conf
printf '[general]\n%s\n' 'block-rpcs=guest-exec;guest-file-open' >semicolons.conf
mkdir -p root/usr/bin
blocked() { blocked=$(sed -n 's/^block-rpcs=//p' "$1" | tr ',' '\n' | sort | paste -sd ' ' -); }
old() {
  QGA_CONF=$dir/$1.conf old/usr/sbin/qemu-ga --dump-conf >out 2>said || skip "qemu-ga does not run here: $(tail -n 1 said)"
  blocked out
}
new() {
  QGA_CONF=$dir/$1.conf own_libc ../sbin/qemu-ga --dump-conf || skip "qemu-ga of sid does not run here: $(tail -n 1 log)"
  blocked log
}
old blacklist
seen '7.2, blacklist' 'guest-exec guest-file-open' "$blocked"
new blacklist
seen '11.1.3, blacklist' '' "$blocked"
seen '11.1.3, lines of a message' 0 "$(grep -vc '^\[general\]$\|^[a-z-]*=\|^$' log || true)"
new commas
seen '11.1.3, block-rpcs' 'guest-exec guest-file-open' "$blocked"
old semicolons
seen '7.2, semicolons' 'guest-exec;guest-file-open' "$blocked"
new semicolons
seen '11.1.3, semicolons' 'guest-exec;guest-file-open' "$blocked"
