# What the findings share; each sources it after it has made its temporary folder "$dir".
# shellcheck shell=sh disable=SC2154

version() { printf 'version:  %s\n' "$*"; }
guess() { printf 'guess:    %s\n' "$*"; }

# seen WHAT EXPECTED GOT: prints what is there, and fails where it is not what this finding says.
seen() {
  printf 'seen:     %s: %s\n' "$1" "$3"
  [ "$2" = "$3" ] && return
  printf 'changed:  %s was: %s\n' "$1" "$2" >&2
  exit 1
}

# Exit code 77 says: not run, and why.
skip() {
  printf 'skipped:  %s\n' "$*" >&2
  exit 77
}

# npm_packages NAME@VERSION...: into "$dir"; none of their install scripts runs.
npm_packages() {
  command -v npm >/dev/null || skip 'npm is missing'
  npm install --prefix "$dir" --no-audit --no-fund --no-save --prefer-offline --ignore-scripts --loglevel=error "$@" >"$dir/npm.log" 2>&1 ||
    skip "npm does not install $*: $(tail -n 1 "$dir/npm.log")"
  version "$*"
}

# need PROGRAM VERSION COMMAND...: a program of this machine, of that version; skipped where it is another.
need() {
  program=$1 wanted=$2
  shift 2
  PATH=$PATH:/usr/sbin:/sbin
  command -v "$program" >/dev/null || skip "$program is missing"
  said=$("$@" 2>&1 | head -n 1) || true
  case $said in
  *"$wanted"*) version "$said" ;;
  *) skip "$program $wanted is wanted, and this is: $said" ;;
  esac
}

# debian_files POOL-PATH...: exactly these packages, of whatever suite, from this machine's mirror; unpacked into "$dir/root".
debian_files() {
  helper=/usr/lib/apt/apt-helper
  [ -x "$helper" ] || skip 'apt is missing'
  mirror=$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' 2>/dev/null | grep '/debian$' | head -n 1)
  [ -n "$mirror" ] || skip 'no mirror of Debian is set up, or apt-get update has not run'
  for path in "$@"; do
    file=$dir/${path##*/}
    "$helper" -q download-file "$mirror/pool/main/$path" "$file" >/dev/null 2>&1 || skip "the mirror has no ${path##*/} any more"
    dpkg -x "$file" "$dir/root"
    version "$(basename "$path" .deb)"
  done
  PATH=$dir/root/usr/bin:$PATH LD_LIBRARY_PATH=$dir/root/usr/lib/$(uname -m)-linux-gnu
  export PATH LD_LIBRARY_PATH
}

# own_libc PROGRAM ARGUMENT...: a program of debian_files with the libc of debian_files (x86-64), its output in "$dir/log".
own_libc() {
  libraries=$dir/root/usr/lib/x86_64-linux-gnu
  program=$1
  shift
  "$libraries/ld-linux-x86-64.so.2" --library-path "$libraries:/usr/lib/x86_64-linux-gnu" "$dir/root/usr/bin/$program" "$@" >"$dir/log" 2>&1
}

# start_registry: docker-registry 2.8.2 at 127.0.0.1:$port, its files in "$dir/registry", until the script ends. Again after stop_registry.
start_registry() {
  if [ -z "${port:-}" ]; then
    need docker-registry 2.8.2 docker-registry --version
    command -v curl >/dev/null || skip 'curl is missing'
    port=$((20000 + $$ % 40000))
  fi
  cat >"$dir/registry.yml" <<YAML
version: 0.1
storage:
  filesystem: { rootdirectory: $dir/registry }
  delete: { enabled: true }
http: { addr: 127.0.0.1:$port }
log: { level: error }
YAML
  docker-registry serve "$dir/registry.yml" >"$dir/registry.log" 2>&1 &
  server=$!
  trap 'stop_registry; rm -rf "$dir"' EXIT
  tries=0
  until curl -fs -o "$dir/registry.answer" "http://127.0.0.1:$port/v2/"; do
    tries=$((tries + 1))
    [ "$tries" -lt 60 ] || skip "no registry: $(tail -n 1 "$dir/registry.log")"
    sleep 0.5
  done
}

stop_registry() {
  kill "$server" 2>/dev/null || true
  wait "$server" 2>/dev/null || true
}

# start_tgtd: tgt 1.0.85 at $portal, without a target, until the script ends.
start_tgtd() {
  need tgtd 1.0.85 dpkg-query -W tgt
  [ "$(id -u)" = 0 ] || skip 'tgtd needs root'
  control=$(($$ % 30000 + 1000)) portal=127.0.0.1:$((20000 + $$ % 40000))
  tgtd -f -C "$control" --iscsi "portal=$portal" >"$dir/tgt.log" 2>&1 &
  server=$!
  trap 'kill -9 "$server" 2>/dev/null || true; wait "$server" 2>/dev/null || true; rm -rf "$dir"' EXIT
  tries=0
  until tgt --op show --mode target >/dev/null 2>&1; do
    tries=$((tries + 1))
    if [ "$tries" -ge 60 ] || ! kill -0 "$server" 2>/dev/null; then skip "tgtd does not run here: $(tail -n 1 "$dir/tgt.log")"; fi
    sleep 0.5
  done
}

# start_target: start_tgtd, and a target $name whose logical unit 1 is "$dir/image". What tgtadm said of the image is in "$dir/said", its
# exit code in $status.
start_target() {
  start_tgtd
  name=iqn.2026-01.example:image
  tgt --op new --mode target --tid 1 -T "$name"
  tgt --op new --mode logicalunit --tid 1 --lun 1 -b "$dir/image" >"$dir/said" 2>&1 && status=0 || status=$?
  tgt --op bind --mode target --tid 1 -I ALL
}

tgt() { tgtadm -C "$control" --lld iscsi "$@"; }

# start_dockerd ARGUMENT...: dockerd 20.10.24 in "$dir" for `docker`, with the image small:1, whose sleep is busybox's, until the script ends.
start_dockerd() {
  [ "$(id -u)" = 0 ] || skip 'root is needed'
  command -v busybox >/dev/null || skip 'busybox is missing'
  need dockerd 20.10.24 dockerd --version
  DOCKER_HOST=unix://$dir/d.sock HOME=$dir
  export DOCKER_HOST HOME
  dockerd --host="$DOCKER_HOST" --data-root="$dir/data" --exec-root="$dir/exec" --pidfile="$dir/pid" --bridge=none \
    --iptables=false --ip6tables=false --storage-driver=vfs "$@" >"$dir/log" 2>&1 &
  dockerd=$!
  trap 'stop_dockerd; rm -rf "$dir"' EXIT
  for _ in $(seq 150); do
    docker version >/dev/null 2>&1 && break
    kill -0 "$dockerd" 2>/dev/null || skip "dockerd does not run here: $(tail -n 1 "$dir/log")"
    sleep 0.2
  done
  mkdir -p "$dir/image/bin"
  cp "$(command -v busybox)" "$dir/image/bin/sleep"
  tar -C "$dir/image" -c . | docker import - small:1 >/dev/null
}

# stop_dockerd: removes the containers, ends dockerd, and the containerd that the script has started for it, if any ($containerd).
stop_dockerd() {
  docker ps -aq 2>/dev/null | xargs -r docker rm -f >/dev/null 2>&1 || true
  for daemon in "$dockerd" ${containerd:-}; do
    kill "$daemon" 2>/dev/null || true
    wait "$daemon" 2>/dev/null || true
  done
}

# iptables_translate: the translating programs of iptables 1.8.9 in "$dir/root/usr/sbin".
iptables_translate() {
  debian_files i/iptables/iptables_1.8.9-2_amd64.deb i/iptables/libxtables12_1.8.9-2_amd64.deb
  XTABLES_LIBDIR=$LD_LIBRARY_PATH/xtables
  export XTABLES_LIBDIR
}

# translate PROGRAM ARGUMENT...: after iptables_translate. What it printed is in "$dir/out", its messages in "$dir/log", its exit code in $status.
translate() {
  program=$1
  shift
  "$dir/root/usr/sbin/$program" "$@" >"$dir/out" 2>"$dir/log" && status=0 || status=$?
  [ -s "$dir/out" ] || skip "$program does not run here: $(tail -n 1 "$dir/log")"
}

# own_podman ARGUMENT...: Podman of this machine with storage of its own in "$dir".
own_podman() {
  podman --root "$dir/storage" --runroot "$dir/run" --storage-driver vfs --cgroup-manager cgroupfs --events-backend none "$@"
}

# podman_pods: own_podman 4.3.1 may play pods, which are removed when the script ends.
podman_pods() {
  need podman ' 4.3.1' podman --version
  [ "$(id -u)" = 0 ] || skip 'needs root: a pod on the network of the host is made'
  plain=$PATH
  debian_files c/catatonit/catatonit_0.1.7-1+b2_amd64.deb
  PATH=$dir/root/usr/bin:$plain LD_LIBRARY_PATH=
  trap 'own_podman pod rm --all --force >/dev/null 2>&1 || true; rm -rf "$dir"' EXIT
}

# podman_5: Podman 5.4.2 and runc 1.1.15 of Debian 13 in the tree "$dir/root", for in_podman_5; a busybox to import is /tree.tar there.
podman_5() {
  [ "$(id -u)" = 0 ] || skip 'needs root, for mounts and containers of its own'
  [ "$(uname -m)" = x86_64 ] || skip 'the packages are those for x86-64'
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
  cat >root/p <<'END'
#!/bin/busybox sh
exec podman --storage-driver vfs --cgroup-manager cgroupfs --events-backend none --runtime runc "$@" 2>>/log
END
  chmod +x root/p
}

# in_podman_5: runs the script "$dir/root/try" in that tree, with mounts and processes of its own; /p is its Podman.
in_podman_5() {
  unshare --mount --pid --fork --kill-child sh -euc '
    mount --bind root root
    mount -t proc proc root/proc
    mount --rbind /sys root/sys
    mount --rbind /dev root/dev
    HOME=/root PODMAN_IGNORE_CGROUPSV1_WARNING=1 exec chroot root /bin/busybox sh /try' 2>/dev/null
}

# start_ipmi_sim PASSWORD [LINE]: OpenIPMI's simulator of a BMC at 127.0.0.1:$port with the user admin and this line of configuration, in
# "$dir", until the script ends or stop_ipmi_sim. Whether it answers, the caller asks.
start_ipmi_sim() {
  if [ -z "${port:-}" ]; then
    need ipmi_sim 2.0.33 dpkg-query -W openipmi
    need ipmitool 1.8.19 ipmitool -V
    port=$((20000 + $$ % 40000))
  fi
  rm -rf "$dir/state"
  mkdir "$dir/state"
  printf '%s\n' 'mc_setbmc 0x20' 'mc_add 0x20 0 no-device-sdrs 0x23 9 8 0x9f 0x1291 0xf02 persist_sdr' 'mc_enable 0x20' >"$dir/bmc.emu"
  cat >"$dir/lan.conf" <<CONF
name "bmc"
set_working_mc 0x20
  startlan 1
    addr 127.0.0.1 $port
    priv_limit admin
    allowed_auths_admin none md2 md5 straight
    guid a123456789abcdefa123456789abcdef
  endlan
  ${2:-}
  user 2 true "admin" "$1" admin 10 none md2 md5 straight
CONF
  ipmi_sim -c "$dir/lan.conf" -f "$dir/bmc.emu" -s "$dir/state" -n >"$dir/log" 2>&1 &
  server=$!
  trap 'stop_ipmi_sim; rm -rf "$dir"' EXIT
}

stop_ipmi_sim() {
  kill -9 "$server" 2>/dev/null || true
  wait "$server" 2>/dev/null || true
}

# run_ipxe_script: iPXE of Debian 12 in a virtual machine runs "$dir/script", which ends with reboot; the console is in "$dir/out".
run_ipxe_script() {
  command -v qemu-system-x86_64 >/dev/null || skip 'qemu-system-x86_64 is missing'
  debian_files i/ipxe/ipxe_1.0.0+git-20190125.36a4c85-5.1_all.deb
  LD_LIBRARY_PATH='' timeout 300 qemu-system-x86_64 -M pc,graphics=off -m 128 -nographic -no-reboot -net none \
    -kernel "$dir/root/boot/ipxe.lkrn" -initrd "$dir/script" </dev/null >"$dir/out" 2>&1 || true
}

# said NAME: what the script of run_ipxe_script printed between NAME= and =.
said() { tr -d '\r' <"$dir/out" | sed -n "s/.*$1=\(.*\)=.*/\1/p" | head -n 1; }

# ansible: Ansible 12 of Debian 13, for ansible_module.
ansible() {
  command -v python3 >/dev/null || skip 'python3 is missing'
  debian_files a/ansible/ansible_12.0.0+dfsg-0+deb13u1_all.deb a/ansible-core/ansible-core_2.19.11-0+deb13u1_all.deb
  unset LD_LIBRARY_PATH
}

# ansible_module NAME JSON: runs a module on this machine, as Ansible does; its answer is in "$dir/answer".
ansible_module() {
  printf '{"ANSIBLE_MODULE_ARGS": %s}' "$2" >"$dir/arguments"
  PYTHONPATH=$dir/root/usr/lib/python3/dist-packages python3 -W ignore -m "ansible_collections.$1" "$dir/arguments" >"$dir/answer" 2>"$dir/log" ||
    skip "the module does not run here: $(cat "$dir/answer" "$dir/log" | tail -n 1)"
}

# libvirt_storage: libvirt 9.0.0 and qemu-utils of Debian 12 in the tree "$dir/root", with libvirtd for in_libvirt_storage.
libvirt_storage() {
  [ "$(id -u)" = 0 ] || skip 'needs root, for mounts of its own'
  command -v mmdebstrap >/dev/null || skip 'mmdebstrap is missing'
  mmdebstrap --quiet --variant=apt --include=libvirt-daemon,libvirt-clients,qemu-utils bookworm "$dir/root" >"$dir/log" 2>&1 ||
    skip "mmdebstrap: $(tail -n 1 "$dir/log")"
  version "libvirt-daemon $(chroot "$dir/root" dpkg-query --showformat '${Version}' --show libvirt-daemon)"
  version "qemu-utils $(chroot "$dir/root" dpkg-query --showformat '${Version}' --show qemu-utils)"
  mkdir -p "$dir/root/var/log/libvirt"
  # It wants a user of its own.
  rm "$dir"/root/usr/lib/*/libvirt/connection-driver/libvirt_driver_qemu.so
}

# in_libvirt_storage: runs the script "$dir/root/try" in that tree, where `virsh` reaches libvirtd, whose pool "pool" is /srv.
in_libvirt_storage() {
  cat >"$dir/root/start" <<'END'
libvirtd >/libvirtd.log 2>&1 &
virsh() { command virsh --quiet --connect storage:///system "$@"; }
for _ in $(seq 150); do
  virsh uri >/dev/null 2>&1 && break
  sleep 0.2
done
virsh pool-create-as pool dir --target /srv >/start.log 2>&1 || exit 77
. /try
END
  # Its processes end with the first one of their pid namespace.
  # shellcheck disable=SC2016
  unshare --mount --pid --fork --kill-child sh -euc '
    mount -t proc proc "$1/proc"
    mount --rbind /dev "$1/dev"
    mount -t sysfs sysfs "$1/sys"
    mount -t tmpfs tmpfs "$1/run"
    exec chroot "$1" sh -u /start' - "$dir/root" >"$dir/out" 2>"$dir/log" && status=0 || status=$?
  [ "$status" != 77 ] || skip "libvirtd does not run here: $(cat "$dir/root/start.log" "$dir/root/libvirtd.log" | tail -n 1)"
}
