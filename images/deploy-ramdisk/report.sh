# What the machine is made of, one fact a line.

write_report() {
  local name
  echo "version 1"
  if [ -d /sys/firmware/efi ]; then echo "firmware uefi"; else echo "firmware bios"; fi
  echo "architecture $(uname -m)"
  echo "memory-mib $(memory_mib)"
  echo "cpus $(nproc)"
  get /sys/class/dmi/id/product_uuid
  fact system-uuid "$(echo "$got" | tr A-Z a-z)"
  for name in $(interfaces); do report_nic $name; done
  for name in $(disks); do report_disk $name; done
  report_contents
}

# What is plugged in; the kernel keeps some of it for itself.
memory_mib() {
  local blocks
  if [ -e /sys/devices/system/memory/block_size_bytes ]; then
    get /sys/devices/system/memory/block_size_bytes
    blocks=$(ls -d /sys/devices/system/memory/memory[0-9]* | wc -l)
    echo $((0x$got / 1048576 * blocks))
  else
    awk '/^MemTotal:/ { print int($2 / 1024) }' /proc/meminfo
  fi
}

# fact NAME VALUE: nothing where the value is not known.
fact() { [ -z "$2" ] || echo "$1 $2"; }

# pair NAME VALUE: ` name=value`, with blanks and percent signs encoded. Shell alone: a process for each value takes long.
pair() {
  local value=$2
  [ -n "$value" ] || return 0
  value=${value//%/%25}
  printf ' %s=%s' "$1" "${value// /%20}"
}

# pair_of NAME FILE
pair_of() {
  get "$2"
  pair "$1" "$got"
}

report_nic() {
  local path=/sys/class/net/$1
  printf nic
  pair_of mac $path/address
  pair name "$1"
  pair_of carrier $path/carrier
  get $path/speed
  [ "${got:--1}" -le 0 ] || pair speed "$got"
  pair lldp "$(lldp_of $1)"
  echo
}

report_disk() {
  local name=$1 path=/sys/block/$1 real
  real=$(readlink -f $path/device)
  printf disk
  pair name $name
  get $path/size
  pair bytes $((got * 512))
  pair_of sector $path/queue/logical_block_size
  pair_of rotational $path/queue/rotational
  get_serial $path
  pair serial "$got"
  get_wwn $path
  pair wwn "$got"
  pair_of model $path/device/model
  pair_of vendor $path/device/vendor
  pair by-path "$(path_of $path "$real")"
  case ${real##*/} in
  *:*:*:*) pair hctl "${real##*/}" ;;
  esac
  pair erase "$(erase_ways $name)"
  case $name in
  nvme*) pair nvme 1 ;;
  *) pair nvme 0 ;;
  esac
  echo
}

get_serial() {
  if [ -e $1/serial ]; then
    get $1/serial
  elif [ -e $1/device/vpd_pg80 ]; then
    # The page begins with four bytes of header (SPC-4, 7.8.11).
    tail -c +5 $1/device/vpd_pg80 >$run/page
    get $run/page
  else
    get $1/device/serial
  fi
}

# As udev writes ID_WWN.
get_wwn() {
  get $1/wwid
  [ -n "$got" ] || get $1/device/wwid
  case $got in
  naa.*) got=0x${got#naa.} ;;
  eui.* | nvme.*) ;;
  *) got= ;;
  esac
}

# As udev names it in /dev/disk/by-path, for what hangs on PCI by virtio, NVMe or ATA; others have none.
path_of() {
  local path=$1 real=$2 pci port
  pci=$(echo "$real" | grep -o '[0-9a-f]\{4\}:[0-9a-f]\{2\}:[0-9a-f]\{2\}\.[0-7]' | tail -n 1)
  [ -n "$pci" ] || return
  case $real in
  */virtio[0-9]*/host*) ;;
  */virtio[0-9]*) echo "pci-$pci" ;;
  */nvme/*)
    get $path/nsid
    echo "pci-$pci-nvme-$got"
    ;;
  */ata[0-9]*)
    port=$(echo "$real" | grep -o '/ata[0-9]*' | head -n 1)
    get ${real%$port/*}$port/ata_port$port/port_no
    echo "pci-$pci-ata-$got"
    ;;
  esac
}

# Reads the order. The password of CHAP stays in its file.
read_order() {
  local name value
  disk_list=
  while read -r name value; do
    case $name in
    token) token=$value ;;
    task) task=$value ;;
    disk) disk=$value disk_list="$disk_list $value" ;;
    method) method=$value ;;
    pieces) pieces=$value ;;
    verify) verify=$value ;;
    discard) discard=$value ;;
    chap) chap_user=${value%% *} chap_password=${value#* } ;;
    esac
  done <$run/order
  say "order: $task$disk_list $method"
}
