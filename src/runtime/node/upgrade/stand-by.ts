import { LABELS, hostPathOf, stopped } from '../../../node/index.ts'
import type { Container, Run } from '../../../node/index.ts'
import type { NodeWorld } from '../../../ports/index.ts'
import { raise } from '../errors.ts'
import type { Sides } from './side.ts'
import { startContainer } from '../containers/start-container.ts'

/** What an image's label has to say: it waits for this daemon of another container, and begins when that is gone. */
const LIBVIRTD = 'libvirtd'

/** What its output says once it waits, and how long that is waited for. */
const WAITING = 'standing by'
const PATIENCE_MS = 2000

/**
 * Starts the new libvirt's container while the old one runs, so that nobody waits for the engine while libvirt is away.
 * Left out wherever the two must not follow each other directly; the container is then started after the stop, as
 * any other.
 */
export async function standBy(
  world: NodeWorld,
  run: Run,
  sides: Sides,
  { service, name }: Readonly<{ service: string; name: string }>,
): Promise<void> {
  const next = await world.engine.inspectContainer(name)
  if (next === undefined) throw raise('CONTAINER_MISSING', { name, service })
  const old = stopped(run.plan).find((candidate) => candidate.name === run.plan.hypervisor)
  const before = old === undefined ? undefined : await world.engine.inspectContainer(old.containerName)
  if (before?.status !== 'running' || next.status === 'running') return
  if (!readsAsTheyAre(run) || !meet(before, next, sides)) return
  const image = await world.engine.inspectImage(next.imageId)
  if (image?.labels[LABELS.standBy] !== LIBVIRTD) return
  await startContainer(world, sides.next, service, next.id)
  await untilItWaits(world, next.id)
}

/** It need not: one that is late begins all the same once the other is gone. But then libvirt is away for longer. */
async function untilItWaits(world: NodeWorld, id: string): Promise<void> {
  const since = (await world.engine.inspectContainer(id))?.startedAt
  const until = world.clock.monotonic() + PATIENCE_MS
  while (world.clock.monotonic() < until) {
    if ((await world.engine.logs(id, 20, since)).includes(WAITING)) return
    await world.clock.sleep(50)
  }
}

/**
 * Nothing has to be taken out of the status files in between. The new libvirt was asked about every flag that the old
 * one can write, so this holds for a guest, too, that is started right before the stop.
 */
function readsAsTheyAre({ check }: Run): boolean {
  const forward = check?.admissibility?.forward
  return forward === undefined || (forward.unknownFlags.length === 0 && forward.elements.length === 0)
}

/** Both see the same pids and the same state, so that the one can tell when the other is gone. */
function meet(before: Container, next: Container, sides: Sides): boolean {
  const state = sides.next.libvirt?.stateDir
  if (state === undefined || before.pidMode !== 'host' || next.pidMode !== 'host') return false
  const [old, there] = [before, next].map(({ mounts }) => hostPathOf(mounts, '/run/libvirt'))
  return old !== undefined && old === there && old === state
}
