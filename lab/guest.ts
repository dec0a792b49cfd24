import { setTimeout as sleep } from 'node:timers/promises'
import { bootDiskScript } from './boot-sector.ts'
import {
  DEFAULT_TICK_MS,
  GUEST_KERNEL_DIRECTORY,
  consoleLogPath,
  diskTickPath,
  diskPath,
  domainXml,
  guestUuid,
  instanceDirectory,
  tickPath,
} from './domain-xml.ts'
import type { GuestSpec } from './domain-xml.ts'
import { raise } from './errors.ts'
import { engines } from './host-arguments.ts'
import type { ComputeHost } from './compute-host.ts'
import type { RunResult } from './run.ts'
import type { NestedEngine } from './seed.ts'
import { Silence } from './silence.ts'

const LIFE_DISK_BYTES = 1 << 20
/** libvirt-qemu of the images. */
const QEMU_UID = 64_055

export type GuestStart = GuestSpec &
  Readonly<{
    /** Name of the container that libvirtd runs in. */
    via: string
    /** Which of the host's engines runs it; the first where absent. */
    engine?: NestedEngine
  }>

export type Guest = Readonly<{ name: string; uuid: string; pid: number }>

/** In place of a container's name: the libvirt that the host itself has. */
export const HOST_ITSELF = ''

/** `virsh …` in a container of the host, or on it. */
export function virsh(
  host: ComputeHost,
  via: string,
  argv: readonly string[],
  options: { engine?: NestedEngine; timeoutMs?: number } = {},
): Promise<RunResult> {
  const engine = options.engine ?? engines(host.spec)[0] ?? 'docker'
  const { timeoutMs = 60_000 * host.patience } = options
  const inside = via === HOST_ITSELF ? [] : [engine, 'exec', via]
  return host.exec([...inside, 'virsh', '--connect', 'qemu:///system', ...argv], { timeoutMs })
}

/** Defines and starts a tick guest, and waits for its first ticks. Throws LAB_GUEST_START, LAB_GUEST_SILENT. */
export async function startGuest(host: ComputeHost, start: GuestStart): Promise<Guest> {
  const { name, via } = start
  const definition = await layOut(host, start)
  const options = start.engine === undefined ? {} : { engine: start.engine }
  for (const command of [
    ['define', definition],
    ['start', name],
  ]) {
    const result = await virsh(host, via, command, options)
    if (result.exitCode !== 0) {
      throw raise('LAB_GUEST_START', { name, via, output: `${result.stderr}${result.stdout}`.trim() })
    }
  }
  await waitForTicks(host, name, 3)
  return { name, uuid: guestUuid(name), pid: await guestPid(host, name) }
}

/** The files of a guest as they are before its first start. Gives the path of its definition. */
async function layOut(host: ComputeHost, spec: GuestSpec): Promise<string> {
  const { name, boots = 'kernel', tickMs = DEFAULT_TICK_MS, life, uid = QEMU_UID } = spec
  const directory = instanceDirectory(name)
  // QEMU's own user writes the ticks: libvirt labels only what it knows of.
  const script = `install -d -o ${uid} -g ${uid} -m 755 "${directory}"
    for file in "${tickPath(name)}" "${diskTickPath(name)}"; do : >"$file"; chown ${uid}:${uid} "$file"; done; cat >"${directory}/domain.xml"
    rm -f "$2"; ${boots === 'kernel' ? (life === undefined ? '' : `truncate --size ${LIFE_DISK_BYTES} "$2"`) : bootDiskScript(tickMs)}`
  const argv = ['bash', '-euc', script, 'bash', `${GUEST_KERNEL_DIRECTORY}/boot-sector`, diskPath(name)]
  await host.must(argv, { input: domainXml(spec) })
  return `${directory}/domain.xml`
}

export type Tick = Readonly<{ number: number; microseconds: number }>

/** All ticks of the guest so far, as its own monotonic clock dates them. */
export async function ticks(host: ComputeHost, name: string): Promise<readonly Tick[]> {
  return parseTicks(await host.read(tickPath(name)))
}

/** Every block that the guest has written and flushed so far. Throws where a write failed. */
export async function diskWrites(host: ComputeHost, name: string): Promise<readonly Tick[]> {
  const text = await host.read(diskTickPath(name))
  const failed = /^E .*$/m.exec(text)?.[0]
  if (failed !== undefined) throw new Error(`a write of guest ${name} failed: ${failed}`)
  return parseTicks(text, 'D')
}

/** Lines `T number microseconds`; a last line without its end is left out. */
export function parseTicks(text: string, letter: 'T' | 'D' = 'T'): readonly Tick[] {
  return Array.from(text.matchAll(new RegExp(`^${letter} (\\d+) (\\d+)\\r?\\n`, 'gm')), (match) => ({
    number: Number(match[1]),
    microseconds: Number(match[2]),
  }))
}

/** The longest time between two neighbouring ticks in milliseconds, and how many ticks are missing between first and last. */
export function tickGaps(all: readonly Tick[]): Readonly<{ longestMs: number; lost: number }> {
  let longest = 0
  let lost = 0
  for (const [index, tick] of all.entries()) {
    const before = all[index - 1]
    if (before === undefined) continue
    longest = Math.max(longest, tick.microseconds - before.microseconds)
    lost += Math.max(0, tick.number - before.number - 1)
  }
  return { longestMs: longest / 1000, lost }
}

/**
 * Waits until the guest has ticked `count` times more than `after`, as long as it goes on ticking. Throws
 * LAB_GUEST_SILENT.
 */
export async function waitForTicks(
  host: ComputeHost,
  name: string,
  count: number,
  after = 0,
  silenceMs = 90_000 * host.slowness,
): Promise<number> {
  const silence = new Silence(silenceMs)
  for (;;) {
    const seen = (await ticks(host, name)).length
    if (seen >= after + count) return seen
    if (silence.over(String(seen)))
      throw raise('LAB_GUEST_SILENT', { name, ticks: seen - after, seconds: silence.seconds })
    await sleep(100)
  }
}

/** Bytes of the guest's console log. */
export async function consoleBytes(host: ComputeHost, name: string): Promise<number> {
  return (await host.read(consoleLogPath(name))).length
}

/** Pid of the guest's QEMU on the host, found by its command line: it needs no libvirt. 0 where there is none. */
export async function guestPid(host: ComputeHost, name: string): Promise<number> {
  const script = `for exe in /proc/[0-9]*/cmdline; do
    if tr '\\0' '\\n' <"$exe" 2>/dev/null | grep -qx "guest=$1,debug-threads=on"; then pid=\${exe#/proc/}; echo "\${pid%/cmdline}"; fi
  done`
  const result = await host.exec(['sh', '-c', script, 'sh', name])
  return Number(result.stdout.trim().split('\n')[0] ?? 0)
}
