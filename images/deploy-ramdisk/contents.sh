# What is on the disks: signatures of the disk and of its partitions, and the volume groups of LVM. Nothing is assembled:
# what lies inside LVM, RAID or encryption is not seen.

report_contents() {
  local name path
  for name in $(disks); do
    report_content $name $name
    for path in /sys/block/$name/$name*; do
      [ ! -e $path/partition ] || report_content $name ${path##*/}
    done
  done
  echo "contents known"
}

# report_content DISK DEVICE
report_content() {
  local line value type= label= uuid= partlabel= partuuid= group= unclear= answer
  # A program that says nothing about an unreadable disk must not make it an empty one.
  if dd if=/dev/$2 of=/dev/null bs=4096 count=1 2>/dev/null; then
    blkid -p -o udev /dev/$2 >$run/content 2>/dev/null
    answer=$?
  else
    answer=unreadable
  fi
  case $answer in
  0)
    while IFS= read -r line; do
      # Encoded already: \x20 is a blank.
      value=${line#*=}
      value=${value//\\x/%}
      case $line in
      ID_FS_TYPE=*) type=$value ;;
      ID_FS_LABEL_ENC=*) label=$value ;;
      ID_FS_UUID_ENC=*) uuid=$value ;;
      ID_PART_ENTRY_NAME=*) partlabel=$value ;;
      ID_PART_ENTRY_UUID=*) partuuid=$value ;;
      esac
    done <$run/content
    ;;
  2) ;;
  *) unclear=1 ;;
  esac
  [ "$type" != LVM2_member ] || group=$(group_of /dev/$2)
  [ -n "$type$partlabel$partuuid$unclear" ] || return 0
  printf 'holds disk=%s on=%s' $1 $2
  encoded type "$type"
  encoded label "$label"
  encoded uuid "$uuid"
  encoded partlabel "$partlabel"
  encoded partuuid "$partuuid"
  pair vg "$group"
  encoded unclear "$unclear"
  echo
}

# encoded NAME VALUE: of a value without blanks and with percent signs that mean what they say.
encoded() { [ -z "$2" ] || printf ' %s=%s' "$1" "$2"; }

# The volume group of a physical volume; nothing where it does not say. The label is in one of the first four sectors, and leads
# to the metadata, a text that begins with the group's name (lib/format_text/layout.h of LVM2).
group_of() {
  local sector at offset place=0 area line
  for sector in 0 512 1024 1536; do
    [ "$(bytes_at $1 $sector 8)" != LABELONE ] || break
  done
  at=$((sector + $(number_at $1 $((sector + 20)) 4) + 40))
  # Areas of data, then those of metadata: pairs of offset and length, each list up to a pair of zeros.
  while [ $place -lt 16 ] && [ "$(number_at $1 $at 8)" != 0 ]; do
    at=$((at + 16)) place=$((place + 1))
  done
  place=0
  while [ $place -lt 16 ]; do
    at=$((at + 16)) place=$((place + 1))
    area=$(number_at $1 $at 8)
    [ "$area" != 0 ] || return
    offset=$(number_at $1 $((area + 40)) 8)
    [ "$offset" != 0 ] || continue
    line=$(bytes_at $1 $((area + offset)) 256 | head -n 1)
    case $line in
    *' {')
      echo "${line% \{}"
      return
      ;;
    esac
  done
}

# bytes_at FILE OFFSET COUNT
bytes_at() { dd if=$1 bs=$3 count=1 skip=$2 iflag=skip_bytes 2>/dev/null | tr -d '\000'; }

# number_at FILE OFFSET 4|8: little-endian
number_at() {
  set -- $(dd if=$1 bs=$3 count=1 skip=$2 iflag=skip_bytes 2>/dev/null | hexdump -v -e '1/4 "%u "')
  echo $((${1:-0} + (${2:-0} << 32)))
}
