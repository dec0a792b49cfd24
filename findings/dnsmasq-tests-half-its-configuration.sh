#!/bin/sh
# dnsmasq --test and the files of hosts and options that its configuration names.
# Versions: dnsmasq 2.90 (Debian 12).
# Guess:    --test reads the files that --dhcp-hostsfile and --dhcp-optsfile name, and refuses a bad line as it does in the
#           configuration itself; a missing file is an error.
# Seen:     "syntax check OK", exit code 0, for both and for files that are not there. The daemon starts, writes one line to its
#           log for a bad entry and serves without it.
# Matters:  those files are what deployment tools write, since dnsmasq reads them again on SIGHUP. A check before the reload
#           finds nothing, and a machine with a mistyped address is not served.
# Anneal:   its test bed writes hosts into the configuration itself.
# Short:    dnsmasq 2.90 | `dnsmasq --test` checks the files of hosts and options, too | "syntax check OK", also for files that are missing
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

need dnsmasq 2.90 dnsmasq --version
guess 'exit code 1 for each'

cd "$dir"
bad='52:54:00:aa:bb:zz,192.0.2.11'
echo "$bad" >hosts
echo 'option:no-such-option,1' >options
check() { dnsmasq --test --conf-file=/dev/null "$@" >log 2>&1 && status=0 || status=$?; }
check --dhcp-host="$bad"
seen 'a bad host in the configuration: exit code' 1 "$status"
check --dhcp-hostsfile=hosts
seen 'the same in a file of hosts: exit code' 0 "$status"
seen 'its words' 'dnsmasq: syntax check OK.' "$(cat log)"
check --dhcp-optsfile=options
seen 'an unknown option in a file of options: exit code' 0 "$status"
check --dhcp-hostsfile=missing --dhcp-optsfile=missing
seen 'files that are not there: exit code' 0 "$status"
