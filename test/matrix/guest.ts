import { setTimeout as sleep } from 'node:timers/promises'
import {
  consoleLogPath,
  guestPid,
  guestUuid,
  instanceDirectory,
  runLibvirt,
  startGuest,
  tickPath,
  ticks,
  virsh,
  waitForTicks,
} from '../../lab/index.ts'
import type { Host, NestedEngine } from '../../lab/index.ts'
import { containerOf } from './placements.ts'
import type { Placement } from './placements.ts'
import { startEngine } from './causes.ts'

export const CONTAINER = 'libvirt'

export type LiveGuest = Readonly<{ name: string; uuid: string; pid: number; startTicks: string }>

/** Guests' names are seen by every plain host of the machine: they carry the host's. */
function nameOn(host: Host): string {
  return `${host.name}-vm`
}

function memoryImage(host: Host): string {
  return `/var/lib/nova/${nameOn(host)}.saved`
}

/**
 * A fresh libvirt container, and in it a guest that runs and ticks. The guest boots once on each host; later cells
 * resume it from its memory image, which starts a QEMU as any start does, but saves the emulated boot.
 */
export async function bringUp(host: Host, engine: NestedEngine, placement: Placement): Promise<LiveGuest> {
  const name = nameOn(host)
  await host.must(['mkdir', '-p', '/var/cache/libvirt'])
  await runLibvirt(host, containerOf(placement, engine, CONTAINER))
  const saved = await host.exec(['test', '-s', memoryImage(host)])
  if (saved.exitCode !== 0) {
    await startGuest(host, { name, via: CONTAINER, engine, console: 'file' })
    await mustVirsh(host, engine, ['save', name, memoryImage(host)])
  }
  // A guest that was killed leaves libvirt's note of who owned its console log: a new file has none.
  await host.sh(`: >${tickPath(name)}; rm -f ${consoleLogPath(name)}`)
  await mustVirsh(host, engine, ['define', `${instanceDirectory(name)}/domain.xml`])
  await mustVirsh(host, engine, ['restore', memoryImage(host)])
  await waitForTicks(host, name, 5)
  const pid = await guestPid(host, name)
  return { name, uuid: guestUuid(name), pid, startTicks: (await startTicksOf(host, pid)) ?? '' }
}

async function mustVirsh(host: Host, engine: NestedEngine, argv: readonly string[]): Promise<void> {
  const result = await virsh(host, CONTAINER, argv, { engine })
  if (result.exitCode !== 0) throw new Error(`virsh ${argv[0]}: ${result.stderr}${result.stdout}`.trim())
}

/** `lives`: the very same process, and its ticks go on. `stuck`: the process is there, but the guest stands still. */
export async function fateOf(host: Host, guest: LiveGuest): Promise<'lives' | 'dies' | 'stuck'> {
  if ((await startTicksOf(host, guest.pid)) !== guest.startTicks) return 'dies'
  const before = (await ticks(host, guest.name)).length
  const ticked = await waitForTicks(host, guest.name, 3, before, 20_000).then(
    () => true,
    () => false,
  )
  if ((await startTicksOf(host, guest.pid)) !== guest.startTicks) return 'dies'
  return ticked ? 'lives' : 'stuck'
}

/** Field 22 of /proc/PID/stat: with the pid it names one process for good. undefined for none, or one that is dead. */
async function startTicksOf(host: Host, pid: number): Promise<string | undefined> {
  const stat = await host.exec(['cat', `/proc/${pid}/stat`])
  if (stat.exitCode !== 0) return undefined
  const fields = stat.stdout.slice(stat.stdout.lastIndexOf(')') + 2).split(' ')
  return fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19]
}

/** Leaves the host as it was before the cell: no container, no guest, no state of libvirt, no control group. */
export async function clear(host: Host, engine: NestedEngine): Promise<void> {
  await startEngine(host, engine)
  const name = nameOn(host)
  const pid = await guestPid(host, name)
  if (pid !== 0) await host.exec(['kill', '-KILL', String(pid)])
  for (let attempt = 0; ; attempt += 1) {
    const all = (await host.must([engine, 'ps', '--all', '--quiet', '--no-trunc']))
      .split('\n')
      .filter(Boolean)
    if (all.length === 0) break
    const removed = await host.exec([engine, 'rm', '--force', ...all], { timeoutMs: 60_000 })
    if (removed.exitCode !== 0 && attempt === 5) throw new Error(`containers stay: ${removed.stderr}`)
    await sleep(300)
  }
  // A container whose shim was killed may leave its first process to pid 1.
  await host.sh(`
    for exe in /proc/[0-9]*/exe; do
      case "$(readlink "$exe" || true)" in
        */libvirtd | */libvirtd' (deleted)') pid=\${exe#/proc/}; kill -KILL "\${pid%/exe}" || true ;;
      esac
    done 2>/dev/null
    rm -rf /run/libvirt/* /var/lib/libvirt/qemu /etc/libvirt/qemu/* /run/anneal/rescue* /var/lib/anneal*
    for n in $(seq 50); do
      find /sys/fs/cgroup -depth -type d \\( -path '*${name}*' -o -path '*${guestUuid(name)}*' \\) -exec rmdir {} + 2>/dev/null || true
      [ -n "$(find /sys/fs/cgroup -type d \\( -name '*${name}*' -o -name '*${guestUuid(name)}*' \\) | head -n 1)" ] || exit 0
      sleep 0.1
    done
    echo "control groups of ${name} stay" >&2`)
}
