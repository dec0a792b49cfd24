# Reads back what was written. A frame of zstd ends with the lower half of the XXH64 of its content (RFC 8878, 3.1.1),
# and the frame was checked against its digest: that is what the disk must have.
sample_size=12

# note_check N OFFSET LENGTH DIGEST: remembers what piece N must read as.
note_check() {
  local sum=zero
  case $verify in
  none) return ;;
  sample) [ $(($1 * sample_size / pieces)) != $((($1 - 1) * sample_size / pieces)) ] || [ $1 = 0 ] || return ;;
  esac
  [ "$4" = zero ] || sum=$(tail -c 4 $run/pieces/$1 | hexdump -v -e '1/4 "%08x"')
  echo "$1 $2 $3 $sum" >>$run/checks
}

check_disk() {
  local n offset length sum found
  checked=0
  # Nothing of it may come out of the kernel's cache.
  blockdev --flushbufs $device 2>>$log
  while read -r n offset length sum; do
    if [ $sum = zero ]; then
      found=$(read_disk $offset $length | tr -d '\000' | wc -c)
      [ "$found" = 0 ] || fail VERIFY "piece $n at byte $offset reads otherwise than it was written"
    else
      found=$(read_disk $offset $length | xxhsum -H1 2>>$log)
      found=${found%% *}
      [ "${found#????????}" = $sum ] || fail VERIFY "piece $n at byte $offset reads otherwise than it was written"
    fi
    checked=$((checked + 1))
  done <$run/checks
  [ $checked = 0 ] || say "has read back $checked of $pieces pieces"
}

read_disk() {
  dd if=$device iflag=skip_bytes,count_bytes skip=$1 count=$2 bs=1M 2>>$log
}
