import { bootTraceWords, conductorError, nameOf } from '../../conductor/index.ts'
import type { BootTrace } from '../../conductor/index.ts'
import type { RamdiskWord } from './ramdisk-line.ts'
import { ACTIONS } from './actions.ts'
import { machineOf } from './task-context.ts'
import type { TaskContext } from './task-context.ts'

/**
 * Waits until the deploy ramdisk says one of `kinds`. It may take as long as it takes, as long as the ramdisk gives signs
 * of life: throws MACHINE_NOT_HEARD after `silenceMs` without one, RAMDISK_FAILED and SECOND_RAMDISK.
 */
export async function hear<K extends RamdiskWord['kind']>(
  context: TaskContext,
  kinds: readonly K[],
  silenceMs: number,
  traced?: () => BootTrace | undefined,
): Promise<Extract<RamdiskWord, { kind: K }>> {
  const { line, world, signal } = context
  line.heardMs = Math.max(line.heardMs, world.clock.monotonic())
  for (;;) {
    const word = line.take(kinds)
    if (word !== undefined) return word
    signal.throwIfAborted()
    context.stopping.throwIfAborted()
    await nextWord(context, refuseFailure(context, silenceMs, traced))
  }
}

/** Until something is said on the machine’s line, or the time is over, or the task is to end. */
export async function nextWord(
  { line, world, signal, stopping }: TaskContext,
  mostMs: number,
): Promise<void> {
  const wait = new AbortController()
  const ends = AbortSignal.any([signal, stopping, wait.signal])
  try {
    await Promise.race([line.next(ends), world.clock.sleep(mostMs, ends)])
  } finally {
    wait.abort()
  }
}

/** How much longer the machine may be silent. Throws RAMDISK_FAILED, SECOND_RAMDISK, MACHINE_NOT_HEARD. */
export function refuseFailure(
  { line, world, run, uuid }: TaskContext,
  silenceMs: number,
  traced?: () => BootTrace | undefined,
): number {
  const action = ACTIONS[run.plan.kind]
  const machine = nameOf(machineOf({ world, uuid }))
  const bad = line.take(['failed', 'twice'])
  if (bad?.kind === 'failed') {
    throw conductorError('RAMDISK_FAILED', { action, machine, code: bad.code, lines: bad.lines })
  }
  if (bad?.kind === 'twice') {
    throw conductorError('SECOND_RAMDISK', { action, machine, first: bad.first, second: bad.second })
  }
  const leftMs = line.heardMs + silenceMs - world.clock.monotonic()
  if (leftMs > 0) return leftMs
  const seconds = Math.round(silenceMs / 1000)
  throw conductorError('MACHINE_NOT_HEARD', { action, machine, seconds, ...bootTraceWords(traced?.()) })
}
