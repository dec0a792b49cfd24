#!/bin/sh
# podman start -a of a container that runs.
# Versions: Podman 5.4.2, runc 1.1.15 (Debian 13).
# Guess:    it attaches to the container and waits for its end, as docker start -a does, and as podman start without -a succeeds.
# Seen:     it tries to start the container a second time and ends with 125. podman start ends with 0, podman attach attaches.
# Matters:  a unit with ExecStart=podman start -a NAME, as Kolla writes them, fails when somebody else has started the container, and then its
#           ExecStop=podman stop NAME stops it.
# Anneal:   gives such a unit back with podman attach as its first command.
# Short:    Podman 5.4.2 | `start -a` of a container that runs attaches to it | it ends with 125; `start` ends with 0
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

[ "$(id -u)" = 0 ] || skip 'needs root, for mounts and containers of its own'
[ "$(uname -m)" = x86_64 ] || skip 'the packages are those for x86-64'
guess 'start -a waits, as attach does'

debian_files \
  "a/acl/libacl1_2.3.2-2+b1_amd64.deb" \
  "a/attr/libattr1_2.5.2-3_amd64.deb" \
  "a/audit/libaudit-common_4.0.2-2+deb13u1_all.deb" \
  "a/audit/libaudit1_4.0.2-2+deb13u1_amd64.deb" \
  "b/busybox/busybox-static_1.37.0-6+b9_amd64.deb" \
  "b/bzip2/libbz2-1.0_1.0.8-6_amd64.deb" \
  "c/conmon/conmon_2.1.12-4_amd64.deb" \
  "g/gcc-14/libatomic1_14.2.0-19_amd64.deb" \
  "g/glib2.0/libglib2.0-0t64_2.84.4-3~deb13u5_amd64.deb" \
  "g/glibc/libc6_2.41-12+deb13u5_amd64.deb" \
  "g/gpgme1.0/libgpgme11t64_1.24.2-3_amd64.deb" \
  "liba/libassuan/libassuan9_3.0.2-2_amd64.deb" \
  "libb/libbsd/libbsd0_0.12.2-2_amd64.deb" \
  "libc/libcap-ng/libcap-ng0_0.8.5-4+b1_amd64.deb" \
  "libc/libcap2/libcap2_2.75-10+deb13u1+b3_amd64.deb" \
  "libg/libgpg-error/libgpg-error0_1.51-4_amd64.deb" \
  "libm/libmd/libmd0_1.1.0-2+b1_amd64.deb" \
  "libs/libseccomp/libseccomp2_2.6.0-2_amd64.deb" \
  "libs/libselinux/libselinux1_3.8.1-1_amd64.deb" \
  "libs/libsemanage/libsemanage2_3.8.1-1_amd64.deb" \
  "libs/libsepol/libsepol2_3.8.1-1_amd64.deb" \
  "libx/libxcrypt/libcrypt1_4.4.38-1_amd64.deb" \
  "n/netavark/netavark_1.14.0-2_amd64.deb" \
  "p/pam/libpam0g_1.7.0-5_amd64.deb" \
  "p/pcre2/libpcre2-8-0_10.46-1~deb13u3_amd64.deb" \
  "p/podman/podman_5.4.2+ds1-2+b2_amd64.deb" \
  "r/runc/runc_1.1.15+ds1-2+b4_amd64.deb" \
  "s/shadow/libsubid5_4.17.4-2_amd64.deb" \
  "s/sqlite3/libsqlite3-0_3.46.1-7+deb13u2_amd64.deb" \
  "s/systemd/libsystemd0_257.13-1~deb13u1_amd64.deb"
unset LD_LIBRARY_PATH
PATH=/usr/sbin:/usr/bin:/sbin:/bin

cd "$dir"
for name in bin sbin lib lib64; do [ -e "root/$name" ] || ln -s "usr/$name" "root/$name"; done
mkdir -p root/proc root/sys root/dev root/run root/tmp root/var/tmp root/etc/containers tree/bin
echo '{"default": [{"type": "insecureAcceptAnything"}]}' >root/etc/containers/policy.json
printf '[containers]\ndefault_ulimits = []\n' >root/etc/containers/containers.conf
cp root/bin/busybox tree/bin/busybox
tar -C tree -cf root/tree.tar .
cat >root/try <<'END'
p() { podman --storage-driver vfs --cgroup-manager cgroupfs --events-backend none --runtime runc "$@" >/dev/null 2>>/log; }
p import -q /tree.tar localhost/tree:1
p run -d --name c --network none localhost/tree:1 /bin/busybox sleep 60
running=$?
p start -a c; with=$?
p start c; without=$?
p attach --no-stdin c &
/bin/busybox sleep 3
attach=ended
kill -0 $! && attach=waits
p rm -f -t 0 c
echo "run $running, start -a $with, start $without, attach $attach"
END
alone() {
  unshare --mount --pid --fork --kill-child sh -euc '
    mount --bind root root
    mount -t proc proc root/proc
    mount --rbind /sys root/sys
    mount --rbind /dev root/dev
    HOME=/root PODMAN_IGNORE_CGROUPSV1_WARNING=1 exec chroot root /bin/busybox sh /try'
}
seen 'exit codes' 'run 0, start -a 125, start 0, attach waits' "$(alone 2>/dev/null | tail -n 1)"
