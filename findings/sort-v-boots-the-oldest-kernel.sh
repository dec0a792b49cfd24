#!/bin/sh
# Which kernel of an Enterprise Linux is the newest: `sort -V` (so grub-mkconfig), rpm and systemd.
# Versions: coreutils 9.1, rpm 4.18.0, systemd 252 (Debian 12); the names are those of kernels of Red Hat and CentOS Stream.
# Guess:    a sort of versions puts 4.18.0-553.8.1.el8_10, the update, behind 4.18.0-553.el8_10, the one that it updates.
# Seen:     with the architecture behind the version, as files in /boot have it, `sort -V` puts the first build last,
#           of 8, 9 and 10 alike: `.el` sorts behind `.8`. rpm and systemd put the update last.
# Matters:  GRUB's grub-mkconfig sorts with `sort -V`, and so does everyone who writes `ls /boot/vmlinuz-* | sort -V | tail -n 1`:
#           the machine boots the oldest kernel of its minor release.
# Anneal:   sorts as the boot loader does that lies in the image, and says which entry is the default.
# Short:    coreutils 9.1, rpm 4.18.0, systemd 252 | `sort -V` puts a kernel's update behind the release's | on Enterprise Linux the first build is last
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

need sort 9.1 sort --version
need systemd-analyze 'systemd 252' systemd-analyze --version
debian_files r/rpm/rpm_4.18.0+dfsg-1+deb12u1_amd64.deb r/rpm/librpm9_4.18.0+dfsg-1+deb12u1_amd64.deb \
  r/rpm/librpmio9_4.18.0+dfsg-1+deb12u1_amd64.deb l/lua5.3/liblua5.3-0_5.3.6-2_amd64.deb
guess 'the update is the newer one'

# rpm wants a configuration; an empty one does for comparing versions.
: >"$dir/rpmrc"
rpm_newest() {
  RPM_CONFIGDIR=$dir rpm --eval "%{lua:print(rpm.vercmp('$1', '$2'))}" 2>/dev/null | sed "s/^1\$/$1/; s/^-1\$/$2/"
}
systemd_newest() {
  if systemd-analyze compare-versions "$1" gt "$2"; then echo "$1"; else echo "$2"; fi
}
while read -r release update; do
  seen 'newest by sort -V' "$release" "$(printf '%s\n' "$release" "$update" | LC_ALL=C sort -V | tail -n 1)"
  seen 'newest by rpm' "$update" "$(rpm_newest "$release" "$update")"
  seen 'newest by systemd' "$update" "$(systemd_newest "$release" "$update")"
done <<'NAMES'
4.18.0-553.el8_10.x86_64 4.18.0-553.8.1.el8_10.x86_64
5.14.0-503.el9.x86_64 5.14.0-503.11.1.el9_5.x86_64
6.12.0-55.el10.x86_64 6.12.0-55.9.1.el10_0.x86_64
NAMES
