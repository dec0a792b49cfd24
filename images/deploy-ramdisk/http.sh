# Requests to the conductor. The token is in the arguments of wget, and busybox's takes no headers from a file: nobody
# but root runs in this ramdisk.
retry_pause=2
retry_limit=600
# Debian's busybox wget waits without a limit for a server that is silent.
answer_limit=60

# The program that fetches: it takes busybox's words. Over HTTPS the conductor's public key is known, and nothing else counts: neither
# who signed its certificate, nor the machine's clock.
choose_web() {
  case $url in
  https:*)
    [ -n "$pin" ] || give_up 'the kernel argument anneal.pin is missing'
    web="/usr/bin/wget -nv --no-hsts -t 1 -T $answer_limit --no-check-certificate --pinnedpubkey=$pin"
    ;;
  *) web='busybox wget -q' ;;
  esac
}

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
    timeout $answer_limit $web -O $run/answer.new --header "X-Anneal-Token: $token" --post-file "$3" "$url/ramdisk/$2" 2>$run/wget.log
  else
    timeout $answer_limit $web -O $run/answer.new --header "X-Anneal-Token: $token" "$url/ramdisk/$2" 2>$run/wget.log
  fi || {
    read_refusal $run/wget.log
    return 1
  }
  mv $run/answer.new $run/answer
}

# read_refusal LOG: `wget: server returned error: HTTP/1.1 403 Forbidden` of busybox, `… ERROR 403: Forbidden.` of GNU wget
read_refusal() {
  refusal=$(sed -n -e 's|.*server returned error: HTTP/[0-9.]* \(4[0-9][0-9].*\)|\1|p' -e 's|.* ERROR \(4[0-9][0-9]\): \(.*\)\.$|\1 \2|p' "$1")
}
