#!/bin/sh
# A directory with kernel modules and a script, pushed as an OCI artifact and pulled again by ORAS.
# Versions: oras 1.3.3 (Debian sid).
# Guess:    what `oras push` takes, `oras pull` gives back: links as they were, modes, and a later version in place of the older.
# Seen:     a link with an absolute target (lib/modules/…/build, as each distribution has it) or with one above the directory is
#           pushed, exit code 0. The pull ends there with an error, and leaves a part. A file that is pushed by itself is no longer
#           executable, in a directory it is. Two names of one file are two files. What a later version no longer has stays.
# Matters:  an artifact is in the registry that nobody can unpack by the tool that made it. Hooks and agents do not start.
# Anneal:   pushes disks by itself, which are single files without a mode.
# Short:    oras 1.3.3 | `oras pull` gives back what `oras push` took | an absolute link ends it half-way; a file by itself loses its x; exit code 0 of the push
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

debian_files o/oras/oras_1.3.3-1_amd64.deb
guess 'pulled; 755; 1 file of two names; modules alone'

cd "$dir"
HOME=$dir
export HOME
umask 022
mkdir -p push/modules pulled
cd push
printf '#!/bin/sh\n' >hook.sh
chmod 755 hook.sh
cp hook.sh modules/hook.sh
ln modules/hook.sh modules/second
push() { oras push --oci-layout "$dir/layout:$1" modules hook.sh >"$dir/log" 2>&1 && echo 0 || echo "$?"; }
pull() { oras pull --oci-layout "$dir/layout:$1" -o "$dir/pulled" >"$dir/log" 2>&1 && echo 0 || echo "$?"; }
status=$(push 1)
[ "$status" = 0 ] || skip "oras does not run here: $(tail -n 1 "$dir/log")"
seen 'exit code of the pull' 0 "$(pull 1)"
seen 'mode of hook.sh by itself, and in the directory' '644 755' "$(cd "$dir/pulled"; stat -c %a hook.sh modules/hook.sh | paste -sd ' ' -)"
seen 'names of the file in the directory' 1 "$(stat -c %h "$dir/pulled/modules/hook.sh")"

rm modules/second
push 2 >/dev/null
pull 2 >/dev/null
seen 'files of the next version' 'hook.sh second' "$(ls "$dir/pulled/modules" | paste -sd ' ' -)"

ln -s /usr/src/linux-headers modules/build
seen 'exit code of the push, with a link' 0 "$(push 3)"
rm -rf "$dir/pulled"
mkdir "$dir/pulled"
seen 'exit code of its pull' 1 "$(pull 3)"
seen 'why' '"/usr/src/linux-headers" is outside of "modules"' "$(sed -n 's/^Error: .*: "/"/p' "$dir/log")"
