import {
  conductorError,
  describeDisk,
  keptDisks,
  refuseKept,
  sameDisk,
  nameOf,
} from '../../conductor/index.ts'
import type { MachineReport } from '../../conductor/index.ts'
import { chosenDisk, machineOf } from './task-context.ts'
import type { TaskContext } from './task-context.ts'

/** Name of the disk that was chosen, as the machine names it in this boot. Throws DISK_GONE, DISK_KEPT. */
export function diskNow(context: TaskContext, report: MachineReport): string {
  const { run } = context
  const disk = chosenDisk(run)
  const action = 'deploy on'
  const machine = nameOf(machineOf(context))
  const found = sameDisk(report.disks, disk)
  if (found === undefined) {
    const has = report.disks.map(describeDisk)
    throw conductorError('DISK_GONE', {
      action,
      machine,
      disk: describeDisk(disk),
      found: has.length === 0 ? 'none' : has,
    })
  }
  refuseKept(found, keptDisks(report, run.plan.keeps ?? [], machine), { action, machine })
  return found.name
}
