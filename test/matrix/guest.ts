import {
  consoleLogPath,
  guestLife,
  guestPid,
  guestUuid,
  instanceDirectory,
  makeBridge,
  runLibvirt,
  startGuest,
  tickPath,
  virsh,
  waitForTicks,
} from '../../lab/index.ts'
import type { ByHand, ComputeHost, GuestLife, GuestSpec, NestedEngine } from '../../lab/index.ts'
import { containerOf } from './placements.ts'
import type { Placement } from './placements.ts'
import type { Stage } from './bed.ts'
import { startEngine } from './causes.ts'

export const CONTAINER = 'libvirt'

export type LiveGuest = Readonly<{
  name: string
  uuid: string
  pid: number
  startTicks: string
  /** Its network and its disk; absent where it boots a sector. */
  life?: GuestLife
}>

/** Guests' names are seen by every plain host of the machine: they carry the host's. */
function nameOn(host: ComputeHost): string {
  return `${host.name}-vm`
}

function memoryImage(host: ComputeHost): string {
  return `/var/lib/nova/${nameOn(host)}.saved`
}

/** What a guest boots: see GuestSpec. */
export const GUESTS = ['kernel', 'sector'] as const satisfies readonly GuestSpec['boots'][]

export type Boots = (typeof GUESTS)[number]

/**
 * A fresh libvirt container, and in it a guest that runs and ticks. One that boots a kernel does so once on each host;
 * later cells resume it from its memory image, which starts a QEMU as any start does, but saves the emulated boot.
 * `startLibvirt` is how the container comes about; by the engine's `run` where absent.
 */
export async function bringUp(
  stage: Stage,
  placement: Placement,
  startLibvirt: (container: ByHand) => Promise<unknown> = (container) => runLibvirt(stage.host, container),
): Promise<LiveGuest> {
  const { host, engine, boots } = stage
  const name = nameOn(host)
  const container = containerOf(placement, stage, CONTAINER)
  if (boots === 'sector') {
    await host.sh(`mkdir -p /var/cache/libvirt; rm -f ${consoleLogPath(name)}`)
    await startLibvirt(container)
    const { pid } = await startGuest(host, {
      name,
      boots,
      via: CONTAINER,
      engine,
      console: 'file',
      tickMs: 50,
    })
    return live(host, name, pid)
  }
  const ready = `mkdir -p /var/cache/libvirt; [ -s ${memoryImage(host)} ] && echo saved || echo none`
  const saved = (await host.sh(ready)).trim() === 'saved'
  const life = guestLife(1)
  await makeBridge(host)
  await startLibvirt(container)
  if (!saved) {
    await startGuest(host, { name, via: CONTAINER, engine, console: 'file', life })
    await mustVirsh(host, engine, ['save', name, memoryImage(host)])
  }
  // A guest that was killed leaves libvirt's note of who owned its console log: a new file has none.
  await host.sh(`: >${tickPath(name)}; rm -f ${consoleLogPath(name)}`)
  await mustVirsh(host, engine, ['define', `${instanceDirectory(name)}/domain.xml`])
  await mustVirsh(host, engine, ['restore', memoryImage(host)])
  await waitForTicks(host, name, 5)
  return { ...(await live(host, name, await guestPid(host, name))), life }
}

async function live(host: ComputeHost, name: string, pid: number): Promise<LiveGuest> {
  return { name, uuid: guestUuid(name), pid, startTicks: await startTicksOf(host, pid) }
}

async function mustVirsh(host: ComputeHost, engine: NestedEngine, argv: readonly string[]): Promise<void> {
  const result = await virsh(host, CONTAINER, argv, { engine })
  if (result.exitCode !== 0) throw new Error(`virsh ${argv[0]}: ${result.stderr}${result.stdout}`.trim())
}

/**
 * `lives`: the very same process, and its ticks go on. `stuck`: the process is there, but the guest stands still.
 * One script, as entering a host costs more than all that it looks at.
 */
export async function fateOf(host: ComputeHost, guest: LiveGuest): Promise<'lives' | 'dies' | 'stuck'> {
  const script = `${SAME_PROCESS}
    same "$1" "$2" || { echo dies; exit; }
    before=$(wc -l <"$3") fate=stuck
    for n in $(seq ${200 * host.patience}); do
      [ "$(wc -l <"$3")" -lt $((before + 3)) ] || { fate=lives; break; }
      sleep 0.1
    done
    same "$1" "$2" && echo $fate || echo dies`
  const argv = ['bash', '-c', script, 'bash', String(guest.pid), guest.startTicks, tickPath(guest.name)]
  const fate = (await host.must(argv)).trim()
  if (fate === 'lives' || fate === 'dies' || fate === 'stuck') return fate
  throw new Error(`the guest's fate is unclear: ${fate}`)
}

/**
 * Field 22 of /proc/PID/stat, the start time, names with the pid one process for good. What stands behind the last
 * parenthesis begins with field 3, the state.
 */
const SAME_PROCESS = `
    start() { local stat; { stat=$(cat "/proc/$1/stat"); } 2>/dev/null || return 1
      set -- \${stat##*) }; case $1 in Z | X) return 1 ;; esac; echo "\${20}"; }
    same() { [ "$(start "$1")" = "$2" ]; }`

async function startTicksOf(host: ComputeHost, pid: number): Promise<string> {
  return (await host.sh(`${SAME_PROCESS}; start ${pid}`)).trim()
}

/** Leaves the host as it was before the cell: no container, no guest, no state of libvirt, no control group. */
export async function clear(host: ComputeHost, engine: NestedEngine): Promise<void> {
  await startEngine(host, engine)
  const name = nameOn(host)
  await host.sh(
    `
    kill_by() { # FILE of /proc/PID, pattern
      local one pid
      for one in /proc/[0-9]*/"$1"; do
        pid=\${one#/proc/} pid=\${pid%%/*}
        case $1 in exe) readlink "$one" ;; *) tr '\\0' ' ' <"$one" ;; esac 2>/dev/null | grep -q "$2" || continue
        kill -KILL "$pid" 2>/dev/null || true
      done
    }
    # The bracket keeps this script from finding itself.
    kill_by cmdline "[g]uest=${name},debug-threads=on"
    for n in $(seq 6); do
      all=$(${engine} ps --all --quiet --no-trunc)
      [ -n "$all" ] || break
      ${engine} rm --force $all >/dev/null || sleep 1
    done
    [ -z "$(${engine} ps --all --quiet)" ]
    # A container whose shim was killed may leave its first process to pid 1.
    kill_by exe '/libvirtd'
    rm -rf /run/libvirt/* /var/lib/libvirt/qemu /etc/libvirt/qemu/* /run/anneal /var/lib/anneal
    left() { find /sys/fs/cgroup -type d \\( -name '*${name}*' -o -name '*${guestUuid(name)}*' \\) 2>/dev/null | head -n 1; }
    for n in $(seq 50); do
      [ -n "$(left || true)" ] || exit 0
      find /sys/fs/cgroup -depth -type d \\( -path '*${name}*' -o -path '*${guestUuid(name)}*' \\) -exec rmdir {} + 2>/dev/null || true
      sleep 0.2
    done
    echo "control groups of ${name} stay: $(left)" >&2`,
    { timeoutMs: 120_000 * host.patience },
  )
}
