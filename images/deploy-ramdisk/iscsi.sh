# Offers the disk as an iSCSI target, as Ironic's deploy ramdisk did until 2022, and waits until the conductor has written.

target_port=3260

offer_target() {
  local before uuid answer
  uuid=$(tr A-Z a-z </sys/class/dmi/id/product_uuid 2>/dev/null)
  target=iqn.2026-11.io.anneal:${uuid:-$disk}
  clear_ends $device || fail DISK_WRITE "the ends of $device cannot be cleared"
  discarded=none
  if [ "$discard" = yes ] && /usr/bin/blkdiscard -f $device 2>>$log; then discarded=blkdiscard; fi
  before=$(sectors_written)
  mkdir -p /run/tgtd
  # Only the address of the deployment, and no other.
  portal=$address
  case $address in *:*) portal="[$address]" ;; esac
  tgtd -f --iscsi portal=$portal:$target_port >>$log 2>&1 &
  helpers="$helpers $!"
  wait_for_tgtd
  tgt_admin new target --tid 1 --targetname $target
  tgt_admin new logicalunit --tid 1 --lun 1 --backing-store $device
  # tgtadm takes the password as an argument only. Nobody but root runs in this ramdisk.
  tgt_admin new account --user "$chap_user" --password "$chap_password"
  tgt_admin bind account --tid 1 --user "$chap_user"
  tgt_admin bind target --tid 1 --initiator-address ALL
  say "offers $device as $target on $address:$target_port"
  echo "target $address $target_port $target" >$run/ready.body
  while :; do
    ask POST ready $run/ready.body
    read -r answer <$run/answer
    case $answer in
    written) break ;;
    stop) fail CALLED_OFF "the conductor has called it off" ;;
    esac
    sleep 1
  done
  tgtadm --lld iscsi --mode target --op delete --force --tid 1 >>$log 2>&1
  stop_helpers
  exec 9<>$device
  flush_disk
  {
    echo "written $((($(sectors_written) - before) * 512))"
    echo "verified 0 of 0"
    echo "discard $discarded"
  } >$run/result
}

# tgt_admin OPERATION MODE …: the mode `target` binds initiators, too.
tgt_admin() {
  local operation=$1 mode=$2
  shift 2
  tgtadm --lld iscsi --op $operation --mode $mode "$@" >>$log 2>&1 || fail TARGET "tgtadm cannot do \"$operation $mode\""
}

wait_for_tgtd() {
  local waited=0
  until tgtadm --lld iscsi --op show --mode system >/dev/null 2>&1; do
    waited=$((waited + 1))
    [ $waited -lt 50 ] || fail TARGET "tgtd does not answer"
    sleep 0.2
  done
}

# Of the disk, since the machine was started (Documentation/block/stat.rst, field 7).
sectors_written() {
  local a b c d e f sectors rest
  read -r a b c d e f sectors rest </sys/block/$disk/stat
  echo $sectors
}
