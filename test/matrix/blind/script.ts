import type { NestedEngine } from '../../../lab/index.ts'
import type { BlindGuest, BlindNode, Move } from './node-arbitrary.ts'

/** A node of a round: its number tells its processes from those of the others. */
export type Numbered = Readonly<{ index: number; node: BlindNode }>

export const containerName = (index: number): string => `blind-${index}`
/** The container whose groups `other` means: it is never stopped. */
export const OTHER = 'blind-other'

/** The guest's UUID tells by itself whose it is. */
export function uuidOf(index: number, guest: number): string {
  return `b11d0000-0000-4000-8000-${(index * 16 + guest).toString(16).padStart(12, '0')}`
}

/** Seconds that a bystander sleeps: no other process of the machine sleeps as long. */
export function napOf(index: number, bystander: number): number {
  return 7_000_000 + index * 16 + bystander
}

/** QEMU looks for its firmware beside the directory that it is run from. */
const QEMU_ARGUMENTS =
  '-L /usr/share/seabios -L /usr/share/qemu -machine pc,accel=tcg -m 8 -nodefaults -display none -S'

function startGuest(index: number, number: number, guest: BlindGuest): string {
  const at = `/opt/blind/${number}`
  const program = `${at}/${guest.program}`
  const argv = `${QEMU_ARGUMENTS} -uuid ${uuidOf(index, number)} -name guest=blind-${index}-${number},debug-threads=on`
  const script = `${at}/start`
  const wrapped = {
    none: `exec ${program} ${argv}`,
    exec: `exec ${at}/wrapper ${argv}`,
    fork: `${program} ${argv} & wait`,
  }[guest.wrapper]
  return [
    `mkdir -p ${at}`,
    `ln /usr/bin/qemu-system-x86_64 ${program} 2>/dev/null || cp /usr/bin/qemu-system-x86_64 ${program}`,
    `printf '#!/bin/sh\\nexec ${program} "$@"\\n' >${at}/wrapper`,
    // And for its modules.
    `printf '#!/bin/sh\\nexport QEMU_MODULE_DIR=/usr/lib/x86_64-linux-gnu/qemu\\n${wrapped}\\n' >${script}; chmod +x ${at}/wrapper ${script}`,
  ].join('; ')
}

/** What is typed to start it, in the container. */
function launch(number: number, guest: BlindGuest): string {
  const script = `/opt/blind/${number}/start`
  const own = guest.ownPidNamespace ? `unshare --pid --fork ${script}` : script
  return guest.start === 'session' ? `setsid ${own}` : own
}

/** The container's first process, and whom it starts. */
function firstProcess({ index, node }: Numbered): string {
  const { guests, bystanders, supervisor } = node.container
  const trap = {
    obeys: 'trap "exit 0" TERM',
    'is slow': 'trap "sleep 0.7; exit 0" TERM',
    ignores: 'trap "" TERM',
  }[supervisor]
  return [
    trap,
    // Started again, it starts nobody: whoever is there then is of the first time.
    'if [ -e /opt/blind-started ]; then while :; do sleep 1000 & wait; done; fi; : >/opt/blind-started',
    ...guests.map((guest, number) => startGuest(index, number, guest)),
    // A first process that ignores a signal hands that down; guests do not.
    ...guests.flatMap((guest, number) =>
      guest.start === 'exec'
        ? []
        : [`(trap - TERM; exec ${launch(number, guest)}) </dev/null >/dev/null 2>&1 &`],
    ),
    // Docker 26 waits for the container's stdout to be closed, and answers nothing of the container meanwhile.
    ...bystanders.map(
      (_, number) => `(trap - TERM; exec sleep ${napOf(index, number)}) </dev/null >/dev/null 2>&1 &`,
    ),
    ': >/opt/blind-ready',
    'while :; do sleep 1000 & wait $!; done',
  ].join('\n')
}

/** Single quotes, for a shell. */
export function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}

const unitName = (index: number): string => `blind-${index}.service`

/**
 * Starts the container, by a unit that waits for it where it has one: its cgroup is one that processes may be moved into. Podman 5 cannot
 * wait by `start --attach` for a container that runs already.
 */
function start(engine: NestedEngine, { index, node }: Numbered): string {
  const { unit } = node.container
  const plain = `${engine} start ${containerName(index)} >/dev/null`
  return unit === 'none'
    ? plain
    : `if [ ! -d /run/systemd/system ]; then ${plain}; else systemd-run --quiet --unit=${unitName(index)} --property=KillMode=${unit} --property=TimeoutStopSec=2 /usr/bin/${engine} start --attach ${containerName(index)}; fi`
}

export function runContainer(engine: NestedEngine, image: string, one: Numbered, parent: string): string {
  const { pid, cgroupns, cgroupBind, restart, guests } = one.node.container
  const name = containerName(one.index)
  const flags = [
    `--name=${name}`,
    '--privileged',
    '--network=host',
    ...(pid === 'host' ? ['--pid=host'] : []),
    `--cgroupns=${cgroupns}`,
    ...(one.node.container.terminal ? ['--tty'] : []),
    ...(cgroupBind ? ['--volume=/sys/fs/cgroup:/sys/fs/cgroup'] : []),
    ...(one.node.container.parent === 'own' ? [`--cgroup-parent=${parent}`] : []),
    `--restart=${restart}`,
    '--stop-timeout=2',
    '--entrypoint=bash',
  ]
  const started = guests.flatMap((guest, number) =>
    guest.start === 'exec' ? [`${engine} exec --detach ${name} ${launch(number, guest)}`] : [],
  )
  return [
    `${engine} create ${flags.join(' ')} ${image} -c ${quote(firstProcess(one))} >/dev/null`,
    start(engine, one),
    `for n in $(seq 150); do ${engine} exec ${name} test -e /opt/blind-ready && break; sleep 0.2; done`,
    ...started,
  ].join('\n')
}

/** `GROUP of the container`, from its first process. */
export const FUNCTIONS = `
mount_of() { # a line of /proc/PID/cgroup: where its hierarchy is mounted
  local names=$1
  case $names in
    '') if [ -e /sys/fs/cgroup/cgroup.procs ]; then echo /sys/fs/cgroup; else echo /sys/fs/cgroup/unified; fi ;;
    name=*) echo "/sys/fs/cgroup/\${names#name=}" ;;
    *) if [ -d "/sys/fs/cgroup/$names" ]; then echo "/sys/fs/cgroup/$names"; else echo "/sys/fs/cgroup/\${names%%,*}"; fi ;;
  esac
}
path_in() { # PID NUMBER: its path in that hierarchy
  sed -n "s/^$2:[^:]*://p" "/proc/$1/cgroup"
}
move() { # PID MASK PLACE FIRST OTHER UNIT: as far as the kernel lets
  local at=0 number names path mount group
  while IFS=: read -r number names path; do
    if [ $(($2 >> (at % 16) & 1)) = 1 ]; then
      mount=$(mount_of "$names")
      case $3 in
        root) group=$mount ;;
        outside) group=$mount/blind-outside ;;
        below) group=$mount$(path_in "$4" "$number")/blind-below ;;
        other) group=$mount$(path_in "$5" "$number") ;;
        unit) group=$mount$6 ;;
      esac
      mkdir -p "$group" 2>/dev/null || :
      # A new group of cpuset has neither processors nor memory.
      for one in cpuset.cpus cpuset.mems; do
        [ ! -e "$group/$one" ] || [ -n "$(cat "$group/$one")" ] || cat "$group/../$one" >"$group/$one" 2>/dev/null || :
      done
      { echo "$1" >"$group/cgroup.procs"; } 2>/dev/null || :
    fi
    at=$((at + 1))
  done <<END
$(cat "/proc/$1/cgroup")
END
}
guest_pid() { # UUID: of the process that is no shell
  local file pid
  for file in $(grep -la -- "$1" /proc/[0-9]*/cmdline 2>/dev/null); do
    pid=\${file#/proc/}; pid=\${pid%/cmdline}
    case $(readlink "/proc/$pid/exe") in '' | */bash | */dash | */sh | */grep | */unshare | */setsid | */docker | */podman | */timeout) continue ;; esac
    echo "$pid"; return
  done
}
nap_pid() { # SECONDS
  local file pid
  for file in $(grep -la -- "$1" /proc/[0-9]*/cmdline 2>/dev/null); do
    pid=\${file#/proc/}; pid=\${pid%/cmdline}
    [ "$(tr '\\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null)" != "sleep $1 " ] || { echo "$pid"; return; }
  done
}
start_of() { # PID: field 22 of its stat; nothing where it is gone or a zombie
  local stat
  { stat=$(cat "/proc/$1/stat"); } 2>/dev/null || return 0
  set -- \${stat##*) }
  case $1 in Z | X) ;; *) echo "\${20}" ;; esac
}
`

/** Of the process `$pid`. */
function moveAll(moves: readonly Move[]): string {
  return moves.map(({ mask, place }) => `move "$pid" ${mask} ${place} "$first" "$other" "$unit"`).join('\n')
}

/** Finds each process of the node, puts it in its place, and prints `seen ROLE NUMBER PID START`. */
export function settleIn(engine: NestedEngine, one: Numbered): string {
  const { guests, bystanders } = one.node.container
  const name = containerName(one.index)
  return [
    `first=$(${engine} inspect --format '{{.State.Pid}}' ${name})`,
    `other=$(${engine} inspect --format '{{.State.Pid}}' ${OTHER})`,
    `unit=$(systemctl show --value --property=ControlGroup ${unitName(one.index)} 2>/dev/null || :)`,
    'unit=${unit:-/blind-outside}',
    ...guests.flatMap((guest, number) => [
      `for n in $(seq 50); do pid=$(guest_pid ${uuidOf(one.index, number)}); [ -z "$pid" ] || break; sleep 0.2; done`,
      `if [ -n "$pid" ]; then ${[moveAll(guest.moves), ':'].filter(Boolean).join('\n')}`,
      `echo "seen ${one.index} guest ${number} $pid $(start_of "$pid")"; else echo "absent ${one.index} guest ${number}"; fi`,
    ]),
    ...bystanders.flatMap((bystander, number) => [
      `pid=$(nap_pid ${napOf(one.index, number)})`,
      `if [ -n "$pid" ]; then ${[moveAll(bystander.moves), ':'].filter(Boolean).join('\n')}`,
      `echo "seen ${one.index} bystander ${number} $pid $(start_of "$pid")"; fi`,
    ]),
  ].join('\n')
}

/** The state that the question is asked in. */
export function reach(engine: NestedEngine, { index, node }: Numbered): string {
  if (node.state === 'paused') return `${engine} pause ${containerName(index)} >/dev/null`
  if (node.state === 'stopped') return `${engine} stop ${containerName(index)} >/dev/null`
  return ':'
}

/** An engine that waits for a process which will not end is not waited for. */
const PATIENCE_S = 90

export function act(engine: NestedEngine, { index, node }: Numbered): string {
  const name = containerName(index)
  const call = `timeout ${PATIENCE_S} ${engine}`
  switch (node.act) {
    case 'stop':
      return `${call} stop ${name} >/dev/null`
    case 'kill':
      return `${call} kill --signal KILL ${name} >/dev/null`
    case 'remove':
      return `${call} rm --force ${name} >/dev/null`
    case 'start':
      return `${call} start ${name} >/dev/null`
    case 'shim killed':
      return engine === 'docker'
        ? `kill -KILL "$(ps -o ppid= -p "$(${engine} inspect --format '{{.State.Pid}}' ${name})" | tr -d ' ')"`
        : `kill -KILL "$(${engine} inspect --format '{{.State.ConmonPid}}' ${name})"`
  }
}
