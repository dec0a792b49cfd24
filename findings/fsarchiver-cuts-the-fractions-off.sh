#!/bin/sh
# fsarchiver saves a directory and gives it back.
# Versions: fsarchiver 0.8.7 (Debian 12).
# Guess:    times come back to the nanosecond, as by tar --format=posix and rsync; it keeps attributes and capabilities.
# Seen:     they come back in whole seconds. No message, exit code 0.
# Matters:  make, rsync and git compare times: each finds every file changed after the machine was brought back.
# Anneal:   keeps the time of each file as its file system has it.
# Short:    fsarchiver 0.8.7 | `fsarchiver restdir` gives back the times that were saved | they are cut to whole seconds; no message, exit code 0
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

[ "$(id -u)" = 0 ] || skip 'root is needed'
debian_files f/fsarchiver/fsarchiver_0.8.7-1_amd64.deb
LD_LIBRARY_PATH=
guess 2024-01-02T03:04:05.123456789

cd "$dir"
export TZ=UTC
mkdir tree out
echo x >tree/file
touch -d 2024-01-02T03:04:05.123456789Z tree/file
root/usr/sbin/fsarchiver savedir -o saved.fsa tree >log 2>&1 && status=0 || status=$?
[ -f saved.fsa ] || skip "fsarchiver does not run here: $(tail -n 1 log)"
seen 'exit code' 0 "$status"
root/usr/sbin/fsarchiver restdir saved.fsa out >log 2>&1 && status=0 || status=$?
seen 'exit code of restdir' 0 "$status"
seen 'time before' '2024-01-02 03:04:05.123456789 +0000' "$(stat -c %y tree/file)"
seen 'time after' '2024-01-02 03:04:05.000000000 +0000' "$(stat -c %y "$(find out -name file)")"
