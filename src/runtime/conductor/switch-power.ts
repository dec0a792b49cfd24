import { conductorError } from '../../conductor/index.ts'
import { bmcOfMachine, machineOf, nameOf } from './task-context.ts'
import type { TaskContext } from './task-context.ts'

const LOOK_MS = 1000
const MOST_MS = 120_000

/** Switches a machine and waits until its BMC says that it is so. Throws MACHINE_POWER_STUCK and what the BMC throws. */
export async function switchPower(
  context: Pick<TaskContext, 'world' | 'uuid' | 'signal' | 'change'>,
  wanted: 'on' | 'off',
): Promise<void> {
  const { world, signal } = context
  const { clock } = world
  const bmc = bmcOfMachine(context)
  await bmc.setPower(wanted, signal)
  for (const sinceMs = clock.monotonic(); ;) {
    const found = await bmc.power(signal)
    // Nobody can tell of a machine without a BMC.
    if (found === wanted || found === 'unknown') break
    const ms = clock.monotonic() - sinceMs
    if (ms > MOST_MS) {
      const seconds = Math.round(ms / 1000)
      throw conductorError('MACHINE_POWER_STUCK', {
        machine: nameOf(machineOf(context)),
        wanted,
        found,
        seconds,
      })
    }
    await clock.sleep(LOOK_MS, signal)
    signal.throwIfAborted()
  }
  context.change({ powerState: `power ${wanted}` })
}
