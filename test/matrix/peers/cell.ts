import { waitForLibvirt, waitForPing, watchLife } from '../../../lab/index.ts'
import type { ByHand, LifeSeen, Suite } from '../../../lab/index.ts'
import { outageDuring } from '../../../bench/outage-during.ts'
import type { Stage } from '../bed.ts'
import { predict } from '../cell.ts'
import { CONTAINER, bringUp, clear, fateOf } from '../guest.ts'
import type { LiveGuest } from '../guest.ts'
import { containerOf } from '../placements.ts'
import type { Placement } from '../placements.ts'
import { FILE, lockedRelease, seenRunning } from '../upgrade.ts'
import type { Deed, Peer } from './peers.ts'

/** What one replacement did. Times in milliseconds. */
export type Act = Deed &
  Readonly<{
    guest: 'lives' | 'dies' | 'stuck'
    /** How long libvirt's API was away. */
    outageMs: number
    packetsLost: number
    packetsSent: number
    longestTickGapMs: number
    /** The libvirt that runs afterwards says that the guest runs. */
    seen: boolean
  }>

export type PeerCell = Readonly<{
  suite: Suite
  engine: string
  placement: string
  peer: string
  predicted?: 'lives' | 'dies'
  there?: Act
  back?: Act
  error?: string
  at: string
}>

/** The same libvirt, replaced and brought back by one tool. */
export async function runPeer(
  stage: Stage,
  suite: Suite,
  placement: Placement,
  peer: Peer,
): Promise<PeerCell> {
  const { host, engine, libvirts } = stage
  const base = { suite, engine, placement: placement.name, peer: peer.name }
  const of = (tag: string): ByHand =>
    containerOf(placement, { engine, libvirts: { ...libvirts, now: tag } }, CONTAINER)
  const found: { predicted?: 'lives' | 'dies'; there?: Act; back?: Act } = {}
  try {
    await peer.clean(host)
    await clear(host, engine)
    const guest = await bringUp(stage, placement, async (container) => {
      await host.sh('mkdir -p /run/libvirt /var/lib/libvirt /etc/libvirt/qemu /var/log/libvirt /var/lib/nova')
      await peer.start(host, container)
      await waitForLibvirt(host, CONTAINER, engine)
    })
    await host.sh(`cat >${FILE}`, { input: await lockedRelease(stage) })
    const { dies } = await predict(host, engine, guest, 'stop')
    found.predicted = dies ? 'dies' : 'lives'
    found.there = await observe(stage, guest, () => peer.replace(host, of(libvirts.next), dies))
    if (found.there.guest === 'lives')
      found.back = await observe(stage, guest, () => peer.back(host, of(libvirts.now)))
    return { ...base, ...found, at: new Date().toISOString() }
  } catch (error) {
    return { ...base, ...found, error: messageOf(error), at: new Date().toISOString() }
  } finally {
    await peer.clean(host)
  }
}

async function observe(stage: Stage, guest: LiveGuest, act: () => Promise<Deed>): Promise<Act> {
  const { host, engine } = stage
  const { life } = guest
  if (life === undefined) throw new TypeError('the guest has no network')
  await waitForPing(host, life.address)
  const deeds: Deed[] = []
  const seen: LifeSeen[] = []
  const outage = await outageDuring(host, async () => {
    seen.push(
      await watchLife(host, guest.name, life, async () => {
        deeds.push(await act())
        await waitUntilSeen(stage)
      }),
    )
  })
  const [deed] = deeds
  const [watched] = seen
  if (deed === undefined || watched === undefined) throw new TypeError('nothing was done')
  const fate = await fateOf(host, guest)
  return {
    ...deed,
    guest: fate,
    outageMs: outage.longestGapMs,
    packetsLost: watched.packetsLost,
    packetsSent: watched.packetsSent,
    longestTickGapMs: watched.longestTickGapMs,
    seen: fate === 'lives' && (await isSeen(host, engine, guest)),
  }
}

/** Until libvirt answers in the container that runs, whatever its name. A unit may have begun to start it and no more. */
async function waitUntilSeen({ host, engine }: Stage): Promise<void> {
  const running = `for n in $(seq ${600 * host.patience}); do one=$(${engine} ps --quiet | head -n 1); [ -z "$one" ] || { echo "$one"; exit 0; }; sleep 0.1; done; exit 1`
  await waitForLibvirt(host, (await host.sh(running)).trim(), engine)
}

async function isSeen(host: Stage['host'], engine: Stage['engine'], guest: LiveGuest): Promise<boolean> {
  try {
    await seenRunning(host, engine, guest)
    return true
  } catch {
    return false
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
