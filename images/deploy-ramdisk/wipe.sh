# Makes disks unreadable, by the best that each offers, and says by which.

wipe_disks() {
  local known
  known=" $(disks | tr '\n' ' ')"
  : >$run/result
  for disk in $disk_list; do
    case $known in
    *" $disk "*) ;;
    *) fail DISK_MISSING "there is no disk \"$disk\"" ;;
    esac
    device=/dev/$disk
    say "wipes $device"
    # What a controller says it has erased may still be readable as zeros only later: tables go in any case.
    wipe_metadata || fail WIPE "the tables of $device cannot be cleared"
    way=$(wipe_content)
    say "has wiped $device: $way"
    echo "wiped $disk $way" >>$run/result
  done
}

wipe_content() {
  local ways way
  ways=" $(nvme_ways $disk) "
  for way in nvme-format nvme-sanitize-block nvme-sanitize-crypto; do
    case $ways in
    *" $way "*) ;;
    *) continue ;;
    esac
    reaches_ours_alone $way || continue
    if nvme_erase $way; then
      echo $way
      return
    fi
  done
  if /usr/bin/blkdiscard -f -s $device 2>>$log; then
    echo secure-discard
  elif /usr/bin/blkdiscard -f $device 2>>$log; then
    echo blkdiscard
  else
    echo metadata
  fi
}

# Signatures of file systems, LVM, RAID and partition tables: those of each partition, then those of the disk.
wipe_metadata() {
  local path part
  for path in /sys/block/$disk/$disk*; do
    [ -e $path/partition ] || continue
    part=/dev/${path##*/}
    wipefs -a -f -q $part >>$log 2>&1
    clear_ends $part || return 1
  done
  wipefs -a -f -q $device >>$log 2>&1
  clear_ends $device
}
