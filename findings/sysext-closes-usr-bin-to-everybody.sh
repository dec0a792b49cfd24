#!/bin/sh
# An extension image (sysext) that was built as a user with umask 077, merged into /usr.
# Versions: systemd 252 (Debian 12); 262 does the same.
# Guess:    what the host has keeps its mode and owner: /usr/bin of the host is 755 of root, and the extension adds a file to it.
# Seen:     /usr alone keeps them. Each directory below has mode and owner of the last extension that has it: /usr/bin is 700 of user 1000,
#           so that root and that user alone can run any program of the host. `merge` says that it has merged; exit code 0.
# Matters:  logins, and each service that runs as a user of its own, fail from the merge on, until `unmerge`.
# Anneal:   neither makes nor merges extensions.
# Short:    systemd 252 (and 262) | the host's /usr/bin keeps its mode when an extension is merged | it has mode and owner of the extension's: 700 of who built it; exit code 0
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

[ "$(id -u)" = 0 ] || skip 'root is needed'
unshare -m true 2>/dev/null || skip 'no namespace can be made here'
need systemd-sysext 'systemd 252' systemd-sysext --version
guess '755 of user 0, for each'

cd "$dir"
mkdir -p root/usr/bin root/usr/lib root/etc root/run root/proc root/sys root/opt root/var/lib/extensions/tool/usr/bin
chmod 755 root root/usr root/usr/bin root/usr/lib
printf 'ID=example\nVERSION_ID=1\n' >root/usr/lib/os-release
echo host >root/usr/bin/sh
extension=root/var/lib/extensions/tool
mkdir -p "$extension/usr/lib/extension-release.d"
cp root/usr/lib/os-release "$extension/usr/lib/extension-release.d/extension-release.tool"
echo tool >"$extension/usr/bin/tool"
chown -R 1000:1000 "$extension"
find "$extension" -type d -exec chmod 700 {} +
cat >inside.sh <<'SH'
# Mounts of its own, which reach each other, as systemd-sysext wants it, and nobody else.
mount --make-rprivate /
mount --make-rshared /
mount -t tmpfs none /run
systemd-sysext --root="$PWD/root" merge >log 2>&1 && echo 'merge=0' || echo "merge=$?"
stat -c '%n=%a %u' root/usr root/usr/bin root/usr/lib
echo "files=$(ls root/usr/bin | paste -sd ' ' -)"
systemd-sysext --root="$PWD/root" unmerge >>log 2>&1
SH
unshare -m sh inside.sh >out 2>>log || true
says() { sed -n "s,^$1=,,p" out; }
[ "$(says merge)" = 0 ] || skip "systemd-sysext does not run here: $(tail -n 1 log)"
[ "$(says files)" = 'sh tool' ] || skip 'what is merged is not seen here'
seen 'mode and owner of /usr' '755 0' "$(says root/usr)"
seen 'mode and owner of /usr/bin' '700 1000' "$(says root/usr/bin)"
seen 'mode and owner of /usr/lib' '700 1000' "$(says root/usr/lib)"
