# By which commands of its own a disk can be erased. Numbers are those of the NVMe base specification 2.0 (Identify Controller,
# Format NVM, Sanitize) and of ATA/ATAPI Command Set 3 (IDENTIFY DEVICE, word 128).

# Where the kernel says what block devices there are.
blocks=/sys/block

# erase_ways NAME: with commas between them
erase_ways() {
  local ways
  ways="$(nvme_ways $1) $(ata_ways $1)"
  get $blocks/$1/queue/discard_max_bytes
  [ "${got:-0}" = 0 ] || ways="$ways discard"
  set -- $ways
  ways=$*
  echo "${ways// /,}"
}

nvme_ways() {
  local oacs fna sanicap ways=
  case $1 in
  nvme*) ;;
  *) return ;;
  esac
  nvme id-ctrl /dev/$1 >$run/controller 2>>$log || return
  oacs=$(nvme_number oacs $run/controller)
  fna=$(nvme_number fna $run/controller)
  sanicap=$(nvme_number sanicap $run/controller)
  [ $((oacs & 2)) = 0 ] || ways='nvme-format'
  [ $((oacs & 2)) = 0 ] || [ $((fna & 4)) = 0 ] || ways="$ways nvme-format-crypto"
  [ $((sanicap & 2)) = 0 ] || ways="$ways nvme-sanitize-block"
  [ $((sanicap & 1)) = 0 ] || ways="$ways nvme-sanitize-crypto"
  [ $((sanicap & 4)) = 0 ] || ways="$ways nvme-sanitize-overwrite"
  echo $ways
}

# nvme_number NAME FILE: `sanicap : 0x3`; 0 where it is not said
nvme_number() {
  local found
  found=$(sed -n "s/^ *$1 *: *\(0x[0-9a-fA-F]*\|[0-9][0-9]*\)[^0-9a-fA-Fx]*.*/\1/p" $2 | head -n 1)
  echo $((${found:-0}))
}

# ATA disks say it themselves; nothing is done by these: an erase that is interrupted leaves a disk that is locked.
ata_ways() {
  local word ways=
  get $blocks/$1/device/vendor
  [ "$got" = ATA ] || return 0
  # Eight words a line.
  word=$(hdparm --Istdout /dev/$1 2>>$log | grep -E '^([0-9a-f]{4} ){7}' | sed -n 17p)
  word=$((0x${word%% *} + 0)) 2>/dev/null || return 0
  [ $((word & 1)) != 0 ] || return 0
  ways='ata-security-erase'
  [ $((word & 32)) = 0 ] || ways="$ways ata-security-erase-enhanced"
  [ $((word & 12)) = 0 ] || ways="$ways ata-security-frozen"
  echo $ways
}

# Whether a way reaches no disk but those of the order: several ways reach all disks of a controller.
reaches_ours_alone() {
  local fna path
  if [ $1 = nvme-format ]; then
    fna=$(nvme_number fna $run/controller)
    [ $((fna & 3)) != 0 ] || return 0
  fi
  for path in $blocks/${disk%n[0-9]*}n*; do
    case " $disk_list " in
    *" ${path##*/} "*) ;;
    *)
      say "$1 would reach ${path##*/}"
      return 1
      ;;
    esac
  done
}

nvme_erase() {
  case $1 in
  # Secure Erase Settings 1: the controller erases all user data.
  nvme-format) nvme format --force --ses=1 $device >>$log 2>&1 ;;
  nvme-sanitize-block) nvme sanitize --sanact=2 $device >>$log 2>&1 && sanitized ;;
  nvme-sanitize-crypto) nvme sanitize --sanact=4 $device >>$log 2>&1 && sanitized ;;
  esac
}

# The command begins it; the log says how it ends.
sanitized() {
  local status
  while :; do
    nvme sanitize-log $device >$run/sanitize 2>>$log || return 1
    status=$(sed -n 's/.*(SSTAT) *: *\(0x[0-9a-fA-F]*\|[0-9]*\).*/\1/p' $run/sanitize)
    case $((${status:-0} & 7)) in
    1 | 4) return 0 ;;
    2) sleep 1 ;;
    *) return 1 ;;
    esac
  done
}
