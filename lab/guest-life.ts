import { diskWrites, tickGaps, ticks } from './guest.ts'
import type { ComputeHost } from './compute-host.ts'
import type { GuestLife } from './domain-xml.ts'
import { GUEST_KERNEL_DIRECTORY } from './domain-xml.ts'

/** The bridge that guests of the test bed hang on, and the host's own address on it. */
const BRIDGE = 'br-anneal'
const HOST_ADDRESS = '10.77.0.1/24'

/** What a guest did while it was watched. Milliseconds. */
export type LifeSeen = Readonly<{
  ticksLost: number
  longestTickGapMs: number
  writesLost: number
  longestWriteGapMs: number
  packetsSent: number
  packetsLost: number
  /** The longest time from sending a packet to its answer. */
  longestAnswerMs: number
}>

export function guestLife(number: number): GuestLife {
  return { address: `10.77.0.${number + 1}`, bridge: BRIDGE, diskMs: 20 }
}

/** Makes the bridge. One that is there stays. */
export async function makeBridge(host: ComputeHost): Promise<void> {
  await host.sh(
    `ip link show ${BRIDGE} >/dev/null 2>&1 || { ip link add ${BRIDGE} type bridge; ip address add ${HOST_ADDRESS} dev ${BRIDGE}; ip link set ${BRIDGE} up; }`,
  )
}

/** Waits for the first answer of a guest that boots, or whose network comes back. */
export async function waitForPing(host: ComputeHost, address: string): Promise<void> {
  await host.must([PING, address, '500', '1'], { timeoutMs: 120_000 * host.patience })
}

const PING = `${GUEST_KERNEL_DIRECTORY}/ping`

/**
 * Watches clock, disk and network of a guest while `act` runs: a ping every 10 ms (guest/ping.c), the guest's own account of
 * its writes and ticks.
 */
export async function watchLife(
  host: ComputeHost,
  name: string,
  { address }: GuestLife,
  act: () => Promise<unknown>,
): Promise<LifeSeen> {
  const before = [(await ticks(host, name)).length, (await diskWrites(host, name)).length] as const
  const log = `/run/ping-${name}.log`
  const pid = (await host.sh(`setsid ${PING} ${address} 10 >${log} 2>&1 & echo $!`)).trim()
  try {
    await act()
  } finally {
    // Answers that are under way come in first.
    await host.sh(`sleep 1; kill -INT ${pid}; while [ -d /proc/${pid} ]; do sleep 0.02; done`)
  }
  const clock = tickGaps((await ticks(host, name)).slice(before[0]))
  const disk = tickGaps((await diskWrites(host, name)).slice(before[1]))
  return {
    ticksLost: clock.lost,
    longestTickGapMs: clock.longestMs,
    writesLost: disk.lost,
    longestWriteGapMs: disk.longestMs,
    ...readPing(await host.read(log)),
  }
}

/** Packets of the last second: their answers may still be under way when the watch ends. */
const UNDER_WAY = 100

/** What the pinging program printed. A packet without an answer is lost, unless it was sent in the last second. */
export function readPing(
  text: string,
): Readonly<Pick<LifeSeen, 'packetsSent' | 'packetsLost' | 'longestAnswerMs'>> {
  const answers = [...text.matchAll(/ seq=(\d+) .*time=([\d.]+) ms/g)]
  const last = Math.max(-1, ...answers.map((match) => Number(match[1])))
  const transmitted = Number(/^(\d+) packets transmitted/m.exec(text)?.[1] ?? 0)
  const packetsSent = Math.max(last + 1, transmitted - UNDER_WAY)
  return {
    packetsSent,
    packetsLost: packetsSent - new Set(answers.map((match) => match[1])).size,
    longestAnswerMs: Math.max(0, ...answers.map((match) => Number(match[2]))),
  }
}
