import { parseKernelCommandLine } from '../core/index.ts'
import { raise } from './errors.ts'
import { DEPLOY_METHODS, nameOf } from './machine.ts'
import type { MachineRecord } from './machine.ts'
import type { Verify } from './order.ts'

/** What the instance information of a machine asks for. */
export type DeployWishes =
  | Readonly<{
      /** `direct`: ironic-python-agent writes the disk. */
      method: 'stream' | 'iscsi' | 'direct'
      /** A path or address that the conductor can open. */
      location: string
      form: 'wholeDisk' | 'trio'
      addedArguments: readonly string[]
      deletedArguments: readonly string[]
      verify: Verify
    }>
  | Readonly<{
      method: 'ramdisk'
      of: 'addresses'
      /** URLs that the machine itself fetches. */
      kernel: string
      ramdisk: string
      commandLine: string
    }>
  | LiveWishes

/** A live set: the conductor serves its kernel, ramdisk and root image at each start, and no disk is written. */
export type LiveWishes = Readonly<{
  method: 'ramdisk'
  of: 'liveSet'
  /** The directory that `anneal image convert --live` wrote, on the conductor’s machine. */
  location: string
  addedArguments: readonly string[]
  deletedArguments: readonly string[]
}>

/** Names of instance_info that Anneal’s own client sets beside Ironic’s. Lists have one value a line. */
const ADDED_ARGUMENTS = 'anneal_added_arguments'
const DELETED_ARGUMENTS = 'anneal_deleted_arguments'
const VERIFY = 'anneal_verify'

/** Reads instance_info. Throws MACHINE_UNPREPARED where something is missing or contradicts itself. */
export function deployWishes(machine: MachineRecord): DeployWishes {
  const info = machine.instanceInfo
  const method = chosenMethod(machine)
  const text = (name: string): string | undefined => {
    const value = info[name]
    return typeof value === 'string' && value !== '' ? value : undefined
  }
  const needed = (name: string): string => {
    const value = text(name)
    if (value === undefined) throw unprepared(machine, `instance_info has no ${name}`)
    return value
  }
  if (method === 'ramdisk') {
    const commandLine = text('ramdisk_kernel_arguments') ?? ''
    const location = text('image_source')
    // Kernel and ramdisk that are named go before the image, as in Ironic (deploy_utils, get_image_properties).
    if (text('kernel') !== undefined || text('ramdisk') !== undefined) {
      return { method, of: 'addresses', kernel: needed('kernel'), ramdisk: needed('ramdisk'), commandLine }
    }
    if (location === undefined) {
      throw unprepared(machine, 'instance_info has neither kernel and ramdisk nor image_source')
    }
    return {
      method,
      of: 'liveSet',
      location,
      addedArguments: [
        ...lines(text(ADDED_ARGUMENTS)),
        ...parseKernelCommandLine(commandLine).arguments.map((one) => one.text),
      ],
      deletedArguments: lines(text(DELETED_ARGUMENTS)),
    }
  }
  const type = text('image_type') ?? 'whole-disk'
  if (type !== 'whole-disk' && type !== 'partition') {
    throw unprepared(machine, `image_type is "${type}", neither whole-disk nor partition`)
  }
  const verify = text(VERIFY) ?? 'sample'
  if (verify !== 'sample' && verify !== 'all' && verify !== 'none') {
    throw unprepared(machine, `${VERIFY} is "${verify}", none of sample, all and none`)
  }
  if (method === 'direct') {
    if (type === 'partition') {
      throw unprepared(machine, 'deploy_interface direct writes whole disks, and image_type is "partition"')
    }
    if (verify === 'all') {
      throw unprepared(
        machine,
        `deploy_interface direct checks the image while it comes and reads nothing back, and ${VERIFY} is "all"`,
      )
    }
  }
  return {
    method,
    location: needed('image_source'),
    form: type === 'partition' ? 'trio' : 'wholeDisk',
    addedArguments: lines(text(ADDED_ARGUMENTS)),
    deletedArguments: lines(text(DELETED_ARGUMENTS)),
    verify,
  }
}

/** `deploy_interface` of the instance before that of the machine. */
export function chosenMethod(machine: MachineRecord): MachineRecord['deployInterface'] {
  const own = machine.instanceInfo['deploy_interface']
  if (own === undefined) return machine.deployInterface
  const found = DEPLOY_METHODS.find((one) => one === own)
  if (found !== undefined) return found
  const known = DEPLOY_METHODS.join(', ')
  throw unprepared(machine, `deploy_interface is ${JSON.stringify(own)}, none of ${known}`)
}

function lines(text: string | undefined): readonly string[] {
  return (text ?? '').split('\n').filter((one) => one !== '')
}

function unprepared(machine: MachineRecord, why: string): Error {
  return raise('MACHINE_UNPREPARED', { machine: nameOf(machine), why })
}
