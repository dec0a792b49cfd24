import type { ByteSource } from '../../bytes/index.ts'
import { isAnnealError } from '../../core/index.ts'
import {
  bmcOf,
  chosenMethod,
  conductorError,
  deployWishes,
  firmwareOf,
  nameOf,
  refuseUnfit,
} from '../../conductor/index.ts'
import type {
  DeployWishes,
  DiskFacts,
  LiveWishes,
  MachineRecord,
  PowerState,
  TaskKind,
  TaskRun,
} from '../../conductor/index.ts'
import type { ConfigDrive } from '../../metal/index.ts'
import type { Bmc, ConductorWorld, DeployImage, LiveSet } from '../../ports/index.ts'
import type { OpenImages } from './open-images.ts'
import type { RamdiskLine } from './ramdisk-line.ts'

/** What the executors of one task work with. */
export type TaskContext = Readonly<{
  world: ConductorWorld
  uuid: string
  run: TaskRun
  /** Id of the run: the same after a restart. */
  task: string
  images: OpenImages
  /** Closed when the task is at rest. */
  held: AsyncDisposableStack
  line: RamdiskLine
  signal: AbortSignal
  /** The conductor ends: the task stays where it is, and the next process goes on with it. */
  stopping: AbortSignal
  /** Serves DHCP to the machines as they are now. */
  serveNetboot: () => Promise<void>
  /** Does it when this machine may be switched on: machines are started one after the other. */
  inTurn: <T>(act: () => Promise<T>, signal: AbortSignal) => Promise<T>
  change: (changes: Partial<MachineRecord>) => void
  silenceMs: Readonly<{ boot: number; work: number }>
  say: (text: string) => void
  /** Root of the conductor’s HTTP service, as machines reach it. */
  url: string
}>

export function machineOf({ world, uuid }: Pick<TaskContext, 'world' | 'uuid'>): MachineRecord {
  const machine = world.store.machine(uuid)
  if (machine === undefined) throw new TypeError(`machine ${uuid} was removed during its task`)
  return machine
}

/** The disk that the deployment chose. */
export function chosenDisk({ disk }: TaskRun): DiskFacts {
  if (disk === undefined) throw new TypeError('a disk is written before one was chosen')
  return disk
}

/** The config drive of a deployment as a file system; undefined where it has none. */
export async function madeDrive(
  { world, uuid, signal }: TaskContext,
  sectorSizeBytes: number,
): Promise<ByteSource | undefined> {
  const drive = world.store.configDrive(uuid)
  if (drive === undefined) return undefined
  return world.makeConfigDrive(JSON.parse(drive) as ConfigDrive, sectorSizeBytes, signal)
}

export function bmcOfMachine(context: Pick<TaskContext, 'world' | 'uuid'>): Bmc {
  const { world, uuid } = context
  const mac = world.store.ports().find(({ machine }) => machine === uuid)?.address
  return world.openBmc(bmcOf(machineOf(context), world.store.credentials(uuid), mac))
}

/** `unknown`, too, where the BMC does not answer: it may be asked again. */
export async function powerNow(context: Pick<TaskContext, 'world' | 'uuid' | 'signal'>): Promise<PowerState> {
  try {
    return await bmcOfMachine(context).power(context.signal)
  } catch (error) {
    if (!isAnnealError(error)) throw error
    return 'unknown'
  }
}

/** The image of a deployment that writes a disk. It stays open until the task is at rest. */
export async function imageOf(context: TaskContext): Promise<DeployImage> {
  const wishes = writingWishes(context)
  const { location, form, addedArguments, deletedArguments } = wishes
  const used = await context.images.use({
    location,
    form,
    addedArguments,
    deletedArguments,
    firmware: firmwareOf(machineOf(context)),
    signal: context.signal,
  })
  context.held.use(used)
  return used.image
}

/** The live set of a deployment, which the machine can run as far as anything is known of it. Throws LIVE_UNFIT. */
export async function liveSetOf(context: TaskContext, wishes: LiveWishes): Promise<LiveSet> {
  const { location, addedArguments, deletedArguments } = wishes
  const { world, signal } = context
  await using stack = new AsyncDisposableStack()
  const set = stack.use(await world.openLiveSet({ location, addedArguments, deletedArguments, signal }))
  refuseUnfit(machineOf(context), { image: location, ...set })
  stack.move()
  return set
}

/** Which ramdisk a task boots: Ironic’s agent where the machine, or what is deployed, is written by `direct`. */
export function ramdiskOf(machine: MachineRecord, kind: TaskKind): 'agent' | 'ramdisk' {
  const method = kind === 'deploy' ? chosenMethod(machine) : machine.deployInterface
  return method === 'direct' ? 'agent' : 'ramdisk'
}

export function writingWishes(context: TaskContext): Exclude<DeployWishes, { method: 'ramdisk' }> {
  const machine = machineOf(context)
  const wishes = deployWishes(machine)
  if (wishes.method !== 'ramdisk') return wishes
  throw conductorError('MACHINE_UNPREPARED', {
    machine: nameOf(machine),
    why: 'deploy_interface became "ramdisk" while the disk was to be written',
  })
}
