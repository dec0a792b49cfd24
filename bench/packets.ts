import { setTimeout as sleep } from 'node:timers/promises'
import {
  OVS_IMAGES,
  OpenVSwitchBed,
  guestLife,
  guestPid,
  makeBridge,
  ovsRelease,
  startGuest,
  waitForPing,
  watchLife,
} from '../lab/index.ts'
import type { GuestLife, LifeSeen, NestedEngine } from '../lab/index.ts'
import { BenchNode } from './bench-node.ts'
import { median, worst } from './statistics.ts'

/**
 * What a guest's network and disk notice of upgrades: pings every 10 ms, a write with a flush every 20 ms and a tick every
 * 20 ms, during each switch between libvirt 9.0 and 11.3, and during a window of the same length in which nothing happens.
 * `npm run bench:packets -- [SWITCHES] [docker|podman] [bridge|ovs]`; with `ovs` the network agent is replaced, too.
 */
const SWITCHES = Number(process.argv[2] ?? 20)
const ENGINE: NestedEngine = process.argv[3] === 'podman' ? 'podman' : 'docker'
const NETWORK = process.argv[4] === 'ovs' ? 'ovs' : 'bridge'
const LIBVIRTS = ['bookworm', 'bookworm-backports'] as const
const GUEST = `packets-${ENGINE}-${NETWORK}`

const images = NETWORK === 'ovs' ? OVS_IMAGES : LIBVIRTS.map((tag) => `nova-libvirt:${tag}`)
const node = await BenchNode.up(GUEST, images, ENGINE)
const { host } = node
try {
  const [one, two] = await Promise.all(LIBVIRTS.map(lock))
  const life = await bringUp(one ?? '')
  await measure(life, [one ?? '', two ?? ''])
} finally {
  await host.down()
}

/** A release with this libvirt. */
async function lock(libvirt: (typeof LIBVIRTS)[number]): Promise<string> {
  if (NETWORK === 'ovs') {
    const example = await host.must(['cat', '/opt/anneal/examples/compute-ovs/compose.yaml'])
    return node.lockText(libvirt, ovsRelease(example, { mark: libvirt, libvirt }))
  }
  const example = await host.must(['cat', '/opt/anneal/examples/compute/compose.yaml'])
  const text = example
    .replace(/\n {2}# Wires guests' taps[\s\S]*$/, '\n')
    .replaceAll('${ANNEAL_LIBVIRT:-bookworm}', libvirt)
  return node.lockText(libvirt, text)
}

/** The first release, and a guest that answers. */
async function bringUp(release: string): Promise<GuestLife> {
  const bed = NETWORK === 'ovs' ? await OpenVSwitchBed.up(host, ENGINE) : undefined
  await node.anneal(0, 'upgrade', release)
  if (bed === undefined) await makeBridge(host)
  const life = (await bed?.addPorts(GUEST, guestLife(1), await node.current('vswitchd'))) ?? guestLife(1)
  await startGuest(host, { name: GUEST, via: await node.current(), engine: ENGINE, console: 'logd', life })
  await waitForPing(host, life.address)
  return life
}

async function measure(life: GuestLife, releases: readonly string[]): Promise<void> {
  const pid = await guestPid(host, GUEST)
  const switched: LifeSeen[] = []
  const idle: LifeSeen[] = []
  for (let round = 1; round <= SWITCHES; round += 1) {
    const startedAt = performance.now()
    const upgrade = (): Promise<unknown> => node.anneal(0, 'upgrade', releases[round % 2] ?? '')
    switched.push(await watchLife(host, GUEST, life, upgrade))
    const lengthMs = performance.now() - startedAt
    idle.push(await watchLife(host, GUEST, life, () => sleep(lengthMs)))
    if ((await guestPid(host, GUEST)) !== pid) throw new Error('the guest is another process')
    const lost = [switched, idle].map((list) => list.at(-1)?.packetsLost ?? 0)
    process.stderr.write(
      `switch ${round}/${SWITCHES}: ${lost[0]} packets lost, ${lost[1]} in ${(lengthMs / 1000).toFixed(0)} s of doing nothing\n`,
    )
  }
  process.stdout.write(
    [
      `${ENGINE}, ${NETWORK}, ${SWITCHES} switches, guest pid ${pid} throughout`,
      '',
      '| window | packets sent | lost | longest answer, median (worst) | writes lost | longest time without a write | ticks lost | longest time without a tick |',
      '|---|---|---|---|---|---|---|---|',
      row('switch', switched),
      row('nothing (control)', idle),
      '',
    ].join('\n'),
  )
}

function row(title: string, list: readonly LifeSeen[]): string {
  const sum = (pick: (one: LifeSeen) => number): number => list.reduce((all, one) => all + pick(one), 0)
  const longest = (pick: (one: LifeSeen) => number): string =>
    `${median(list.map(pick)).toFixed(0)} (${worst(list.map(pick)).toFixed(0)}) ms`
  return `| ${[
    title,
    sum((one) => one.packetsSent),
    sum((one) => one.packetsLost),
    longest((one) => one.longestAnswerMs),
    sum((one) => one.writesLost),
    longest((one) => one.longestWriteGapMs),
    sum((one) => one.ticksLost),
    longest((one) => one.longestTickGapMs),
  ].join(' | ')} |`
}
