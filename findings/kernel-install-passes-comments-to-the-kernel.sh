#!/bin/sh
# /etc/kernel/cmdline with a comment, and two initrds of one name in two directories, installed by kernel-install.
# Versions: systemd 252 (Debian 12). 257 and 262 drop lines that begin with "#", and treat initrds as 252 does.
# Guess:    a comment is none of the options, as in 257, and both initrds are there under names of their own, or the second is refused.
# Seen:     a comment's words are options of the kernel: "# single" is single. The second initrd takes the place of the first,
#           and the entry has its name twice: it is loaded two times, and the first is nowhere. Exit code 0.
# Matters:  what somebody has commented out for the next boot takes effect at it. An initrd of microcode, keys or drivers is not
#           in the boot, by the name "initrd.img" that each tool gives its own.
# Anneal:   has no part in kernel-install, and takes the options as an entry has them.
# Short:    systemd 252 (and 262 for initrds) | `# single` in /etc/kernel/cmdline is a comment; two initrds are two | single is an option; of two named initrd.img the second is there twice; exit code 0
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

need kernel-install 252 dpkg-query -W systemd
guess 'root=UUID=1 ro; drivers and keys'

cd "$dir"
mkdir -p boot/loader/entries conf drivers keys
printf '%s\n' 'root=UUID=1 ro' '# single' >conf/cmdline
echo layout=bls >conf/install.conf
echo token >conf/entry-token
echo kernel >vmlinuz
echo drivers >drivers/initrd.img
echo keys >keys/initrd.img
MACHINE_ID=0123456789abcdef0123456789abcdef BOOT_ROOT=$dir/boot KERNEL_INSTALL_CONF_ROOT=$dir/conf \
  KERNEL_INSTALL_PLUGINS=/usr/lib/kernel/install.d/90-loaderentry.install \
  kernel-install add 6.1.0-example vmlinuz drivers/initrd.img keys/initrd.img >log 2>&1 && status=0 || status=$?
seen 'exit code' 0 "$status"
entry=boot/loader/entries/token-6.1.0-example.conf
[ -f "$entry" ] || skip "kernel-install does not run here: $(tail -n 1 log)"
seen 'options' 'root=UUID=1 ro # single' "$(sed -n 's/^options *\(.*[^ ]\) *$/\1/p' "$entry")"
seen 'initrds of the entry' 'initrd.img initrd.img' "$(sed -n 's/^initrd .*\///p' "$entry" | paste -sd ' ' -)"
seen 'what is in them' keys "$(cat boot/token/6.1.0-example/*.img)"
