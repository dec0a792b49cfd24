import { conductorError, nameOf } from '../../conductor/index.ts'
import type { DiskFacts, Members } from '../../conductor/index.ts'
import type { DeployImage, RamdiskSession } from '../../ports/index.ts'
import { withAgent } from './agent-work.ts'
import { diskNow } from './disk-now.ts'
import { chosenDisk, imageOf, machineOf, madeDrive } from './task-context.ts'
import type { TaskContext } from './task-context.ts'

/**
 * Has ironic-python-agent write the disk, as Ironic’s deploy interface `direct` does: it fetches the whole disk from here,
 * writes it while it comes, compares its SHA-256, and adds the config drive. On UEFI it also makes the boot entry.
 */
export async function writeByAgent(context: TaskContext): Promise<void> {
  const { world, uuid, task, run, line } = context
  const disk = chosenDisk(run)
  const image = await imageOf(context)
  refuseDisk(context, image, disk)
  const sha256 = world.digestImage(image, context.stopping)
  // Whoever waits for it hears of it.
  sha256.catch(() => undefined)
  const configDrive = await packedDrive(context)
  line.giveFiles({ image, ...(configDrive === undefined ? {} : { configDrive }) })
  const info = async (name: string): Promise<Members> => {
    const token = world.secrets.token()
    world.store.saveSession(uuid, { ...sessionOf(context), imageToken: world.secrets.digest(token) })
    const url = `${context.url}/agent/${token}`
    context.say(`${name}: ironic-python-agent writes ${image.disk.size} bytes`)
    return {
      image_info: {
        // The agent does not write an image twice, by this id.
        id: task,
        urls: [`${url}/image`],
        os_hash_algo: 'sha256',
        os_hash_value: await sha256,
        disk_format: 'raw',
        container_format: 'bare',
        stream_raw_images: true,
        image_type: 'whole-disk-image',
        node_uuid: uuid,
      },
      ...(configDrive === undefined ? {} : { configdrive: `${url}/config-drive` }),
    }
  }
  await withAgent(context, async (agent) => {
    const said = await agent.carryOut('standby.prepare_image', async () => {
      const report = await agent.report()
      context.change({ report })
      const name = diskNow(context, report)
      await agent.deploySteps(name)
      return info(name)
    })
    if (machineOf(context).report?.firmware === 'uefi') {
      await agent.carryOut('image.install_bootloader', async () => ({
        root_uuid: null,
        efi_system_part_uuid: null,
        prep_boot_part_uuid: null,
        target_boot_mode: 'uefi',
      }))
    }
    await agent.carryOut('standby.sync', async () => ({}))
    context.say(textOf(said))
  })
  const { imageToken: _, ...session } = sessionOf(context)
  world.store.saveSession(uuid, session)
}

function sessionOf({ world, uuid }: TaskContext): RamdiskSession {
  const session = world.store.session(uuid)
  if (session === undefined) throw new TypeError('a disk is written without a session')
  return session
}

/** The agent looks at neither before it writes. */
function refuseDisk(context: TaskContext, image: DeployImage, disk: DiskFacts): void {
  const machine = nameOf(machineOf(context))
  if (image.disk.size > disk.sizeBytes) {
    throw conductorError('AGENT_DISK_TOO_SMALL', {
      machine,
      disk: disk.name,
      diskBytes: disk.sizeBytes,
      imageBytes: image.disk.size,
    })
  }
  if (image.sectorSizesBytes.includes(disk.sectorSizeBytes)) return
  throw conductorError('AGENT_DISK_SECTORS', {
    machine,
    disk: disk.name,
    diskBytes: disk.sectorSizeBytes,
    imageBytes: image.sectorSizesBytes.join(' or '),
  })
}

/** As the agent takes it: gzip within base64. It makes FAT of it by itself where the disk does not take ISO 9660. */
async function packedDrive(context: TaskContext): Promise<Uint8Array | undefined> {
  const made = await madeDrive(context, 512)
  return made && context.world.packConfigDrive(await made.read(0, made.size))
}

function textOf(said: unknown): string {
  if (typeof said !== 'object' || said === null || !('result' in said)) return 'written'
  return String(said.result)
}
