import type { RamdiskOrder } from '../../conductor/index.ts'
import type { DiskChunks } from '../../ports/index.ts'
import { diskNow } from './disk-now.ts'
import { hear } from './hear.ts'
import { writeByIscsi } from './write-by-iscsi.ts'
import { chosenDisk, imageOf, madeDrive, writingWishes } from './task-context.ts'
import type { TaskContext } from './task-context.ts'
import { wakeLost } from './wake-lost.ts'
import { writeByAgent } from './write-by-agent.ts'

/**
 * Composes the machine’s disk and has it written: the ramdisk fetches the pieces, or this side writes them by iSCSI. Ends
 * when the ramdisk says that all is on the disk and was read back.
 */
export async function awaitWritten(context: TaskContext): Promise<void> {
  const { world, task, run, line } = context
  const disk = chosenDisk(run)
  const wishes = writingWishes(context)
  const { method } = wishes
  await wakeLost(context)
  if (method === 'direct') return writeByAgent(context)
  const image = await imageOf(context)
  const configDrive = await madeDrive(context, disk.sectorSizeBytes)
  const chunks = await world.composeDisk({
    image,
    diskBytes: disk.sizeBytes,
    sectorSizeBytes: disk.sectorSizeBytes,
    seed: task,
    ...(configDrive === undefined ? {} : { configDrive }),
    signal: context.signal,
  })
  const order = {
    task: 'write',
    disk: disk.name,
    method,
    pieces: chunks.count,
    verify: wishes.verify,
    discard: true,
  } as const
  const give = (given: RamdiskOrder & { task: 'write' }, pieces?: DiskChunks): void =>
    line.give({
      order: given,
      ...(pieces === undefined ? {} : { chunks: pieces }),
      orderFor: (report) => ({ ...given, disk: diskNow(context, report) }),
    })
  context.say(`writing ${chunks.usedBytes} bytes in ${chunks.count} pieces to ${disk.name} by ${method}`)
  if (method === 'iscsi') {
    // Of this task alone: what the machine offers ends with it. The next process knows it, too: a ramdisk that offers its disk is not asked anew.
    const chap = { user: 'anneal', password: world.secrets.lasting(task).slice(0, 16) }
    give({ ...order, chap })
    await writeByIscsi(context, chunks, chap)
  } else {
    give(order, chunks)
  }
  const { lines } = await hear(context, ['done'], context.silenceMs.work)
  for (const one of lines.split('\n').filter((text) => text !== '')) context.say(one)
}
