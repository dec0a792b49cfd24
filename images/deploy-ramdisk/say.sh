# What the ramdisk says, and how it ends.
run=/run/anneal
log=$run/log

# To all consoles. No token and no password may be in it.
say() { echo "<5>anneal: $*" >/dev/kmsg; }

# Seconds since the machine was started.
now() {
  local up rest
  read -r up rest </proc/uptime
  echo "${up%%.*}"
}

# end off|reboot
end() {
  sync
  case $1 in
  reboot) reboot -f ;;
  *) poweroff -f ;;
  esac
  sleep 60
  exit 1
}

# give_up WHY: where the conductor cannot be told.
give_up() {
  echo "<3>anneal: $*: the machine powers off" >/dev/kmsg
  sleep 2
  end off
}

# fail CODE WHY: tells the conductor, with the last lines that programs wrote.
fail() {
  code=$1
  shift
  echo "<3>anneal: $code: $*" >/dev/kmsg
  {
    echo "$code"
    echo "$*"
    [ -f $log ] && tail -n 20 $log
  } >$run/failure
  stop_helpers
  ask POST failed $run/failure
  end off
}

# Processes in the background, by their ids.
helpers=
stop_helpers() {
  [ -z "$helpers" ] || kill $helpers 2>/dev/null
  helpers=
}
