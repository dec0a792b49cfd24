import { isAnnealError } from '../../core/index.ts'
import { conductorError, nameOf } from '../../conductor/index.ts'
import { chooseAgain } from './choose-boot.ts'
import { bmcOfMachine, machineOf } from './task-context.ts'
import type { TaskContext } from './task-context.ts'

const LOOK_MS = 1000
const MOST_MS = 120_000

/**
 * Switches a machine and waits until its BMC says that it is so. It is switched on in its turn: one after the other, so that a rack
 * does not take all its current at once; it takes its time to switch off. Throws MACHINE_POWER_STUCK and
 * what the BMC throws.
 */
export async function switchPower(
  context: Pick<TaskContext, 'world' | 'uuid' | 'signal' | 'stopping' | 'inTurn' | 'change' | 'say'>,
  wanted: 'on' | 'off',
): Promise<void> {
  const { world, signal } = context
  const { clock } = world
  const bmc = bmcOfMachine(context)
  const ask = () =>
    byHand(context, async () => {
      if (wanted === 'on' && (await bmc.power(signal)) !== 'on') {
        await chooseAgain(bmc, machineOf(context), signal)
      }
      await bmc.setPower(wanted, signal)
    })
  const how = await (wanted === 'on' ? context.inTurn(ask, signal) : ask())
  if (how === 'by hand') return
  for (const sinceMs = clock.monotonic(); ;) {
    const found = await bmc.power(signal)
    // Nobody can tell of a machine without a BMC. A BMC that does not tell for a moment is asked again.
    const isUntold = found === 'unknown' && machineOf(context).driver === 'manual-management'
    if (found === wanted || isUntold) break
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
    await clock.sleep(LOOK_MS, AbortSignal.any([signal, context.stopping]))
    signal.throwIfAborted()
    context.stopping.throwIfAborted()
  }
  context.change({ powerState: `power ${wanted}` })
}

/**
 * Asks a BMC for something. A machine without one (Wake-on-LAN) cannot do it: the log says what a person has to do, and the
 * task goes on and waits for the machine.
 */
export async function byHand(
  context: Pick<TaskContext, 'world' | 'uuid' | 'say'>,
  ask: () => Promise<void>,
): Promise<'done' | 'by hand'> {
  try {
    await ask()
    return 'done'
  } catch (error) {
    const isManual = machineOf(context).driver === 'manual-management'
    if (!isManual || !isAnnealError(error, 'BMC_UNABLE')) throw error
    context.say(`${error.message}; ${error.remedy}`)
    return 'by hand'
  }
}
