import { firmwareOf } from '../../conductor/index.ts'
import type { BootOrder, MachineRecord } from '../../conductor/index.ts'
import type { Bmc } from '../../ports/index.ts'

/**
 * Chooses what the machine boots, and gives the record that says so. Where the BMC can choose for the next start alone, the
 * record says what to choose again before each start (`chooseAgain`), as Ironic's redfish driver does.
 */
export async function chooseBoot(
  bmc: Bmc,
  machine: MachineRecord,
  wanted: Pick<BootOrder, 'from' | 'lasts'>,
  signal?: AbortSignal,
): Promise<MachineRecord> {
  const lasts = await bmc.bootFrom({ ...wanted, firmware: firmwareOf(machine) }, signal)
  const { bootsOnce: _, ...record } = machine
  return wanted.lasts === 'always' && lasts === 'once' ? { ...record, bootsOnce: wanted.from } : record
}

/** Before a start: where the BMC chooses for one start alone. */
export async function chooseAgain(bmc: Bmc, machine: MachineRecord, signal?: AbortSignal): Promise<void> {
  const { bootsOnce: from } = machine
  if (from === undefined) return
  await bmc.bootFrom({ from, lasts: 'always', firmware: firmwareOf(machine) }, signal)
}
