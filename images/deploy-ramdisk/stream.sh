# The disk in pieces: one is fetched and its digest checked while another is unpacked to the disk.

# Pieces that are in memory at a time, beside the first of the disk.
places=2
# Copies of a piece with a wrong digest, before it counts as damaged.
damaged_limit=3
# Seconds without a byte after which a connection counts as dead.
silence_limit=60

write_stream() {
  local n=0 answer head offset length digest first=
  mkdir -p $run/pieces
  : >$run/checks
  written=0
  # Held open: with the last open file the kernel would drop what it has cached of the disk. It also hears of each error.
  exec 9<>$device || fail DISK_WRITE "$device cannot be opened"
  begin_disk
  mkfifo $run/free $run/ready
  exec 6<>$run/free 7<>$run/ready
  while [ $n -lt $places ]; do
    echo place >&6
    n=$((n + 1))
  done
  fetch_pieces &
  helpers="$helpers $!"
  watch_silence &
  helpers="$helpers $!"
  say "writes $pieces pieces to $device"
  n=0
  while [ $n -lt $pieces ]; do
    read -r answer <&7
    [ "$answer" = "$n" ] || fail $answer
    [ ! -e $run/refused ] || give_up "the conductor refused: $(cat $run/refused)"
    [ ! -e $run/stopped ] || fail CALLED_OFF "the conductor has called it off"
    read -r offset length digest <$run/pieces/$n
    if [ "$offset" = 0 ]; then
      # Until all else is there, nothing can boot from the disk.
      first=$n
    else
      write_piece $n $offset $length $digest
    fi
    echo place >&6
    n=$((n + 1))
  done
  if [ -n "$first" ]; then
    flush_disk
    read -r offset length digest <$run/pieces/$first
    write_piece $first $offset $length $digest
  fi
  flush_disk
  stop_helpers
  say "has written $written bytes after $(now) s"
  check_disk
  exec 9<&-
  {
    echo "written $written"
    echo "verified $checked of $pieces"
    echo "discard $discarded"
  } >$run/result
}

# The old content goes: first its partition tables, at both ends, so that nothing boots it from here on.
begin_disk() {
  # The kernel begins to write early, and few bytes wait in memory for a slow disk.
  echo 16777216 >/proc/sys/vm/dirty_background_bytes
  echo 67108864 >/proc/sys/vm/dirty_bytes
  clear_ends $device || fail DISK_WRITE "the ends of $device cannot be cleared"
  discarded=none
  if [ "$discard" = yes ] && /usr/bin/blkdiscard -f $device 2>>$log; then discarded=blkdiscard; fi
}

# clear_ends DEVICE: a MiB of zeros at each end.
clear_ends() {
  local bytes mib=1048576
  bytes=$(blockdev --getsize64 $1)
  [ $bytes -gt $mib ] || mib=$bytes
  /usr/bin/blkdiscard -f -z -o 0 -l $mib $1 2>>$log && /usr/bin/blkdiscard -f -z -o $((bytes - mib)) -l $mib $1 2>>$log
}

write_piece() {
  local file=$run/pieces/$1 offset=$2 length=$3 digest=$4
  if [ "$digest" = zero ]; then
    # The disk may have a command for it; else the kernel writes zeros.
    /usr/bin/blkdiscard -f -z -o $offset -l $length $device 2>>$log || fail DISK_WRITE "zeros at byte $offset"
  else
    # Straight into the kernel's cache of the disk: a program in between would cost a copy.
    {
      dd bs=1 oflag=seek_bytes seek=$offset count=0 2>>$log &&
        read -r head &&
        zstd -dcq --no-sparse --no-check 2>>$log
    } <$file 1<>$device || fail DISK_WRITE "piece $1 at byte $offset"
  fi
  note_check $1 $offset $length $digest
  written=$((written + length))
  echo $written >$run/written
  rm $file
}

flush_disk() {
  dd bs=1 count=0 conv=fsync >&9 2>>$log </dev/null || fail DISK_WRITE "$device reports an error"
}

# In the background: hands over the number of each piece that is sound, or a code and why.
fetch_pieces() {
  local n=0 place
  while [ $n -lt $pieces ]; do
    read -r place <&6
    fetch_piece $n
    echo $n >&7
    n=$((n + 1))
  done
}

fetch_piece() {
  local file=$run/pieces/$1 since tries=0 offset length digest sum rest
  since=$(now)
  while :; do
    $web -O $run/part --header "X-Anneal-Token: $token" "$url/ramdisk/piece/$1" 2>$run/fetch.log &
    echo $! >$run/fetcher
    if wait $!; then
      read -r offset length digest <$run/part
      case $offset$length in
      '' | *[!0-9]*) hand_over_failure PIECE_FORMAT "piece $1 does not begin with its place" ;;
      esac
      [ "$digest" != zero ] || break
      read -r sum rest <<-SUM
	$({ read -r head && b2sum; } <$run/part)
	SUM
      [ "$sum" != "$digest" ] || break
      tries=$((tries + 1))
      say "piece $1 is damaged: its digest differs"
      [ $tries -lt $damaged_limit ] || hand_over_failure PIECE_DIGEST "piece $1 came damaged $tries times"
    else
      read_refusal $run/fetch.log
      if [ -n "$refusal" ]; then
        echo "piece $1: $refusal" >$run/refused
        hand_over_failure REFUSED
      fi
      say "piece $1: $(tail -n 1 $run/fetch.log); tries again"
      [ $(($(now) - since)) -lt $retry_limit ] || hand_over_failure CONDUCTOR_SILENT "piece $1 does not come"
      sleep $retry_pause
    fi
  done
  mv $run/part $file
}

# hand_over_failure CODE WHY: ends the process that fetches.
hand_over_failure() {
  echo "$*" >&7
  exit 1
}

# In the background: ends a fetch whose file does not grow.
watch_silence() {
  local size last= pid lastpid=
  while sleep $silence_limit; do
    size=$(stat -c %s $run/part 2>/dev/null)
    pid=$(cat $run/fetcher)
    if [ "$pid $size" = "$lastpid $last" ]; then kill $pid 2>/dev/null; fi
    last=$size lastpid=$pid
  done
}

# In the background, for as long as there is work: says how far it is, which is also its sign of life, and hears whether it
# was called off. A lost report does not matter.
tell_progress() {
  local bytes answer
  while sleep 2; do
    read -r bytes <$run/written
    echo "written $bytes" >$run/progress
    if timeout 10 $web -O $run/progress.answer --header "X-Anneal-Token: $token" --post-file $run/progress "$url/ramdisk/progress" 2>$run/progress.log; then
      read -r answer <$run/progress.answer
      [ "$answer" != stop ] || : >$run/stopped
    else
      read_refusal $run/progress.log
      [ -z "$refusal" ] || echo "progress: $refusal" >$run/refused
    fi
  done
}
