# Drivers and disks, without udev.

# Loads the driver of each device that the kernel knows. New buses bring new devices: until there are no more.
load_drivers() {
  local known= found
  modprobe -a af_packet sd_mod 2>/dev/null
  # A host adapter's module then returns when all its disks are there.
  [ -e /sys/module/scsi_mod ] && echo sync >/sys/module/scsi_mod/parameters/scan
  while :; do
    found=$(find /sys/devices -name modalias -exec cat {} + | sort -u)
    [ "$found" != "$known" ] || break
    known=$found
    set -f
    modprobe -a -q -b $found 2>/dev/null
    set +f
  done
}

# get FILE: its first line is in $got, without blanks at its ends; empty where there is none. No process is started.
get() {
  got=
  [ ! -r "$1" ] || read -r got <"$1" 2>/dev/null
}

# Names of disks that an image can be written to: no CD, floppy, memory disk, boot area of eMMC, nor a stick.
disks() {
  local path name
  for path in /sys/block/*; do
    name=${path##*/}
    case $name in
    loop* | ram* | zram* | sr* | fd* | md* | dm-* | nbd* | mtd* | mmcblk*boot* | mmcblk*rpmb) continue ;;
    esac
    get $path/size
    [ "${got:-0}" -gt 0 ] || continue
    get $path/hidden
    [ "$got" != 1 ] || continue
    get $path/removable
    [ "$got" = 0 ] || continue
    get $path/ro
    [ "$got" = 0 ] || continue
    echo "$name"
  done
}

# NVMe namespaces and SAS disks come some time after their driver: until nothing has come for a while.
wait_for_disks() {
  local before= seen quiet=0 waited=0
  while [ $waited -lt 100 ]; do
    seen=$(disks)
    if [ "$seen" = "$before" ] && ! controllers_start; then quiet=$((quiet + 1)); else quiet=0; fi
    if [ $quiet -ge 3 ] && { [ -n "$seen" ] || [ $waited -ge 50 ]; }; then break; fi
    before=$seen
    waited=$((waited + 1))
    sleep 0.2
  done
  say "disks:" $seen
}

controllers_start() {
  local state
  for state in /sys/class/nvme/nvme*/state; do
    [ -e "$state" ] || continue
    get $state
    case $got in
    live | dead) ;;
    *) return 0 ;;
    esac
  done
  return 1
}

# The order's disk must be one of those that were reported.
find_disk() {
  local name
  for name in $(disks); do
    if [ "$name" = "$disk" ]; then
      device=/dev/$name
      return
    fi
  done
  fail DISK_MISSING "there is no disk \"$disk\""
}
