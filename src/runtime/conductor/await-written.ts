import { conductorError, describeDisk, keptDisks, refuseKept, sameDisk } from '../../conductor/index.ts'
import type { MachineReport } from '../../conductor/index.ts'
import type { ConfigDrive } from '../../metal/index.ts'
import { hear } from './hear.ts'
import { imageOf, machineOf, nameOf, writingWishes } from './task-context.ts'
import type { TaskContext } from './task-context.ts'

/**
 * Composes the machine’s disk and has it written: the ramdisk fetches the pieces, or this side writes them by iSCSI. Ends
 * when the ramdisk says that all is on the disk and was read back.
 */
export async function awaitWritten(context: TaskContext): Promise<void> {
  const { world, uuid, task, run, line } = context
  const { disk } = run
  if (disk === undefined) throw new TypeError('a disk is written before one was chosen')
  const wishes = writingWishes(context)
  const image = await imageOf(context)
  const drive = world.store.configDrive(uuid)
  const configDrive =
    drive === undefined
      ? undefined
      : await world.makeConfigDrive(JSON.parse(drive) as ConfigDrive, disk.sectorSizeBytes, context.signal)
  const chunks = await world.composeDisk({
    image,
    diskBytes: disk.sizeBytes,
    sectorSizeBytes: disk.sectorSizeBytes,
    seed: task,
    ...(configDrive === undefined ? {} : { configDrive }),
    signal: context.signal,
  })
  const machine = machineOf(context)
  const name = nameOf(machine)
  const onDisk = (report: MachineReport): string => {
    const found = sameDisk(report.disks, disk)
    if (found === undefined) {
      const has = report.disks.map(describeDisk)
      throw conductorError('DISK_GONE', {
        action: 'deploy on',
        machine: name,
        disk: describeDisk(disk),
        found: has.length === 0 ? 'none' : has,
      })
    }
    refuseKept(found, keptDisks(report, run.plan.keeps ?? [], name), { action: 'deploy on', machine: name })
    return found.name
  }
  const order = {
    task: 'write',
    disk: disk.name,
    method: wishes.method,
    pieces: chunks.count,
    verify: wishes.verify,
    discard: true,
  } as const
  context.say(
    `writing ${chunks.usedBytes} bytes in ${chunks.count} pieces to ${disk.name} by ${wishes.method}`,
  )
  if (wishes.method === 'iscsi') {
    // Of this task alone: what the machine offers ends with it.
    const chap = { user: 'anneal', password: world.secrets.token().slice(0, 16) }
    const withChap = { ...order, chap }
    line.give({ order: withChap, orderFor: (report) => ({ ...withChap, disk: onDisk(report) }) })
    const offered = await hear(context, ['offered'], context.silenceMs.work)
    await world.writeByIscsi(
      { ...offered, ...chap },
      chunks,
      (bytes) => {
        line.writtenBytes = bytes
        line.heardMs = world.clock.monotonic()
      },
      context.signal,
    )
    line.isWritten = true
  } else {
    line.give({ order, chunks, orderFor: (report) => ({ ...order, disk: onDisk(report) }) })
  }
  const { lines } = await hear(context, ['done'], context.silenceMs.work)
  for (const one of lines.split('\n').filter((text) => text !== '')) context.say(one)
}
