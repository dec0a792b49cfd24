import { firmwareOf } from '../../conductor/index.ts'
import type { BootOrder, MachineRecord } from '../../conductor/index.ts'
import type { Bmc } from '../../ports/index.ts'

/**
 * Chooses what the machine boots. Gives what is to be chosen again before each start, where the BMC can choose for the next start
 * alone, as Ironic's redfish driver does.
 */
export async function chooseBoot(
  bmc: Bmc,
  machine: MachineRecord,
  wanted: Pick<BootOrder, 'from' | 'lasts'>,
  signal?: AbortSignal,
): Promise<BootOrder['from'] | undefined> {
  const lasts = await bmc.bootFrom({ ...wanted, firmware: firmwareOf(machine) }, signal)
  return wanted.lasts === 'always' && lasts === 'once' ? wanted.from : undefined
}

/** The record with what is to be chosen again, in place of what was before. */
export function withChoice(machine: MachineRecord, again: BootOrder['from'] | undefined): MachineRecord {
  const { bootsOnce: _, ...record } = machine
  return again === undefined ? record : { ...record, bootsOnce: again }
}

/** Before a start: where the BMC chooses for one start alone. */
export async function chooseAgain(bmc: Bmc, machine: MachineRecord, signal?: AbortSignal): Promise<void> {
  const { bootsOnce: from } = machine
  if (from === undefined) return
  await bmc.bootFrom({ from, lasts: 'always', firmware: firmwareOf(machine) }, signal)
}
