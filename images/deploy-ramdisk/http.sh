# Requests to the conductor. The token is in the arguments of busybox's wget, which takes no headers from a file: nobody
# but root runs in this ramdisk.
retry_pause=2
retry_limit=600
# Debian's busybox wget waits without a limit for a server that is silent.
answer_limit=60

# ask GET|POST WHAT [FILE]: the answer is in $run/answer. 4xx ends the work.
ask() {
  local method=$1 what=$2 body=$3 since
  since=$(now)
  while :; do
    if try_once "$method" "$what" "$body"; then
      return 0
    fi
    if [ -n "$refusal" ]; then
      give_up "the conductor refused $what: $refusal"
    fi
    if [ $(($(now) - since)) -ge $retry_limit ]; then
      give_up "the conductor does not answer since $retry_limit s"
    fi
    say "$what: $(tail -n 1 $run/wget.log); tries again"
    sleep $retry_pause
  done
}

# One request. Where it fails, $refusal says whether it was refused for good.
try_once() {
  refusal=
  if [ "$1" = POST ]; then
    timeout $answer_limit busybox wget -q -O $run/answer.new --header "X-Anneal-Token: $token" --post-file "$3" "$url/ramdisk/$2" 2>$run/wget.log
  else
    timeout $answer_limit busybox wget -q -O $run/answer.new --header "X-Anneal-Token: $token" "$url/ramdisk/$2" 2>$run/wget.log
  fi || {
    read_refusal $run/wget.log
    return 1
  }
  mv $run/answer.new $run/answer
}

# read_refusal LOG: `wget: server returned error: HTTP/1.1 403 Forbidden`
read_refusal() {
  refusal=$(sed -n 's|.*server returned error: HTTP/[0-9.]* \(4[0-9][0-9].*\)|\1|p' "$1")
}
