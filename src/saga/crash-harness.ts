import { CrashSignal } from './crash-points.ts'
import type { CrashPoints } from './crash-points.ts'

/**
 * What a machine gives to be crashed at every boundary. A world survives the program; everything the program does to it
 * passes through its crash points.
 */
export type CrashBed<World> = Readonly<{
  /** A fresh world, right before the run. The same every time. */
  prepare: () => World | Promise<World>
  points: (world: World) => CrashPoints
  run: (world: World) => Promise<unknown>
  /** What the next start of the program does; called after each crash, until it is not crashed itself. */
  recover: (world: World) => Promise<unknown>
  /** What else the crash does, before the program starts again: a power cut also ends what runs. */
  onCrash?: (world: World, told: string) => void
  /** Throws unless everything holds that must hold at rest. `told` names the crash. */
  assertAtRest: (world: World, told: string) => void
}>

/** How many boundaries an undisturbed run passes. */
export async function boundariesOf<World>(bed: CrashBed<World>): Promise<number> {
  const world = await bed.prepare()
  const before = bed.points(world).passed
  await bed.run(world)
  return bed.points(world).passed - before
}

/** Runs once for each boundary, crashes there, recovers, and checks. Gives the number of boundaries. */
export async function crashAtEveryBoundary<World>(bed: CrashBed<World>): Promise<number> {
  const boundaries = await boundariesOf(bed)
  for (let at = 1; at <= boundaries; at += 1) {
    const world = await bed.prepare()
    const points = bed.points(world)
    points.crashAt(at)
    const end = await dying(() => bed.run(world))
    const told = `crash ${at}/${boundaries} at "${points.names.at(-1)}"`
    if (end !== 'crashed') throw new Error(`${told}: the run did not reach the boundary`)
    points.revive()
    bed.onCrash?.(world, told)
    await bed.recover(world)
    bed.assertAtRest(world, told)
  }
  return boundaries
}

/** A crash during the run, then crashes during recovery: each so many boundaries after a start of the program. */
export async function crashBySchedule<World>(
  bed: Omit<CrashBed<World>, 'onCrash'>,
  world: World,
  crashes: readonly Readonly<{ after: number; onCrash?: (world: World) => void }>[],
): Promise<void> {
  const points = bed.points(world)
  let act = bed.run
  for (const { after, onCrash } of crashes) {
    points.crashAt(after)
    await dying(() => act(world))
    act = bed.recover
    points.revive()
    onCrash?.(world)
  }
  await bed.recover(world)
  bed.assertAtRest(world, JSON.stringify(crashes))
}

/** Runs an act that a crash may end. Any other error is thrown. */
export async function dying(act: () => Promise<unknown>): Promise<'crashed' | 'finished'> {
  try {
    await act()
    return 'finished'
  } catch (error) {
    if (error instanceof CrashSignal) return 'crashed'
    throw error
  }
}
