import type { ConfigDrive } from '../../metal/index.ts'
import { diskNow } from './disk-now.ts'
import { hear } from './hear.ts'
import { imageOf, writingWishes } from './task-context.ts'
import type { TaskContext } from './task-context.ts'
import { writeByAgent } from './write-by-agent.ts'

/**
 * Composes the machine’s disk and has it written: the ramdisk fetches the pieces, or this side writes them by iSCSI. Ends
 * when the ramdisk says that all is on the disk and was read back.
 */
export async function awaitWritten(context: TaskContext): Promise<void> {
  const { world, uuid, task, run, line } = context
  const { disk } = run
  if (disk === undefined) throw new TypeError('a disk is written before one was chosen')
  const wishes = writingWishes(context)
  const { method } = wishes
  if (method === 'direct') return writeByAgent(context)
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
  const order = {
    task: 'write',
    disk: disk.name,
    method,
    pieces: chunks.count,
    verify: wishes.verify,
    discard: true,
  } as const
  context.say(`writing ${chunks.usedBytes} bytes in ${chunks.count} pieces to ${disk.name} by ${method}`)
  if (method === 'iscsi') {
    // Of this task alone: what the machine offers ends with it.
    const chap = { user: 'anneal', password: world.secrets.token().slice(0, 16) }
    const withChap = { ...order, chap }
    line.give({ order: withChap, orderFor: (report) => ({ ...withChap, disk: diskNow(context, report) }) })
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
    line.give({ order, chunks, orderFor: (report) => ({ ...order, disk: diskNow(context, report) }) })
  }
  const { lines } = await hear(context, ['done'], context.silenceMs.work)
  for (const one of lines.split('\n').filter((text) => text !== '')) context.say(one)
}
