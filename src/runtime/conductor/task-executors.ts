import { changedByIpxe } from '../../core/index.ts'
import { chooseDisk, conductorError, deployWishes, keptDisks, nameOf } from '../../conductor/index.ts'
import type {
  DeployWishes,
  MachineReport,
  MachineReported,
  Members,
  TaskArgs,
} from '../../conductor/index.ts'
import type { SagaEvent } from '../../saga/index.ts'
import type { Executors } from '../saga/index.ts'
import { ACTIONS } from './actions.ts'
import { bmcOfMachine, imageOf, liveSetOf, machineOf, ramdiskOf } from './task-context.ts'
import type { TaskContext } from './task-context.ts'
import { withAgent } from './agent-work.ts'
import { awaitWritten } from './await-written.ts'
import { chooseBoot, withChoice } from './choose-boot.ts'
import { hear } from './hear.ts'
import { wipeRecord } from './wipe-record.ts'
import { byHand, switchPower } from './switch-power.ts'
import { wakeLost } from './wake-lost.ts'
import { wipeByAgent } from './wipe-by-agent.ts'

const DONE = { type: 'effectDone' } as const

/** One function for each effect. Each looks at the world first: it may be a repetition. */
export const TASK_EXECUTORS: Executors<TaskArgs, TaskContext, SagaEvent | MachineReported> = {
  async openImage(_, context) {
    const wishes = deployWishes(machineOf(context))
    if (context.run.plan.kind !== 'deploy') return DONE
    if (wishes.method === 'ramdisk') {
      if (wishes.of === 'addresses') refuseChanged(context, wishes.commandLine)
      else {
        await using set = await liveSetOf(context, wishes)
        refuseChanged(context, set.boot.commandLine)
        context.say(`the live image needs ${set.memoryMib} MiB of memory`)
      }
      return DONE
    }
    const image = await imageOf(context)
    refuseChanged(context, image.boot?.commandLine ?? '')
    // The whole image is read for it: that takes no longer than the machine takes to boot.
    if (wishes.method === 'direct') context.world.digestImage(image, context.stopping).catch(() => undefined)
    return DONE
  },

  async askPower(_, context) {
    const state = await bmcOfMachine(context).power(context.signal)
    context.change(state === 'on' || state === 'off' ? { powerState: `power ${state}` } : {})
    return DONE
  },

  async armRamdisk(_, context) {
    const { world, uuid, task, run } = context
    world.store.saveSession(uuid, { task, boots: ramdiskOf(machineOf(context), run.plan.kind) })
    await context.serveNetboot()
    return DONE
  },

  async bootNetwork(_, context) {
    // As long as something may be half written, the machine must not come to its disk by itself.
    await bootAlways(context, 'network')
    return DONE
  },

  async bootDisk(_, context) {
    await bootAlways(context, 'disk')
    return DONE
  },

  async restart(_, context) {
    await switchPower(context, 'off')
    await switchPower(context, 'on')
    return DONE
  },

  async awaitReport(_, context) {
    const { run } = context
    const report = isAgents(context) ? await agentReport(context) : await ramdiskReport(context)
    if (run.plan.kind !== 'inspect') refuseReplaced(context, report)
    context.change({ report })
    noteSwitches(context, report)
    if (run.plan.kind === 'inspect') {
      context.line.give({ order: { task: 'inspect' } })
      return { type: 'machineReported' }
    }
    if (run.plan.kind !== 'deploy') return { type: 'machineReported' }
    const machine = machineOf(context)
    const kept = keptDisks(report, run.plan.keeps ?? [], nameOf(machine))
    for (const { disk, found } of kept) context.say(`${disk} is kept: ${found}`)
    return {
      type: 'machineReported',
      disk: chooseDisk(report.disks, hintsOf(machine), nameOf(machine), kept),
    }
  },

  async awaitWritten(_, context) {
    await awaitWritten(context)
    return DONE
  },

  async awaitWiped(_, context) {
    await wakeLost(context)
    if (isAgents(context)) {
      await wipeByAgent(context)
      return DONE
    }
    const { report } = machineOf(context)
    const orderFor = (one: MachineReport) => ({ task: 'wipe', disks: disksToWipe(context, one) }) as const
    const disks = report === undefined ? [] : disksToWipe(context, report)
    context.line.give({ order: { task: 'wipe', disks }, orderFor })
    const { lines } = await hear(context, ['done'], context.silenceMs.work)
    const record = wipeRecord(context, lines)
    context.change({ wiped: record })
    for (const { name, way } of record.disks) if (way !== 'kept') context.say(`wiped ${name} ${way}`)
    return DONE
  },

  async armInstance(_, context) {
    const { world, uuid, task, run } = context
    const wishes = deployWishes(machineOf(context))
    if (wishes.method === 'ramdisk' || run.plan.boots === 'network') {
      if (run.plan.kind === 'deploy') await saveInstance(context, wishes)
      world.store.saveSession(uuid, { task, boots: 'instance' })
    } else {
      world.store.saveSession(uuid, undefined)
    }
    await context.serveNetboot()
    return DONE
  },

  async disarm(_, context) {
    context.world.store.saveSession(context.uuid, undefined)
    await context.serveNetboot()
    return DONE
  },

  async powerOff(_, context) {
    await switchPower(context, 'off')
    return DONE
  },

  async powerOn(_, context) {
    await switchPower(context, 'on')
    return DONE
  },

  async forgetInstance(_, context) {
    const { world, uuid } = context
    await world.instances.remove(uuid)
    world.store.saveConfigDrive(uuid, undefined)
    const { instanceUuid: _uuid, instanceName: _name, ...machine } = machineOf(context)
    world.store.saveMachine({ ...machine, instanceInfo: {}, hasConfigDrive: false })
    return DONE
  },
}

/** What the machine boots over the network is kept here: its image may change or go meanwhile. */
async function saveInstance(context: TaskContext, wishes: DeployWishes): Promise<void> {
  const { world, uuid } = context
  if (wishes.method !== 'ramdisk') {
    const { boot } = await imageOf(context)
    if (boot !== undefined) await world.instances.save(uuid, boot)
  } else if (wishes.of === 'liveSet') {
    await using set = await liveSetOf(context, wishes)
    await world.instances.save(uuid, set.boot)
  }
}

async function bootAlways(context: TaskContext, from: 'network' | 'disk'): Promise<void> {
  const { world, signal } = context
  await byHand(context, async () => {
    const again = await chooseBoot(
      bmcOfMachine(context),
      machineOf(context),
      { from, lasts: 'always' },
      signal,
    )
    // As the record is now: the machine may have been heard meanwhile.
    world.store.saveMachine(withChoice(machineOf(context), again))
    if (again === undefined) return
    context.say(`its BMC chooses what to boot for one start alone: the ${from} is chosen again at each start`)
  })
}

function disksToWipe(context: TaskContext, report: MachineReport): readonly string[] {
  const kept = keptDisks(report, context.run.plan.keeps ?? [], nameOf(machineOf(context)))
  for (const { disk, found } of kept) context.say(`${disk} is kept: ${found}`)
  return report.disks.map(({ name }) => name).filter((name) => !kept.some(({ disk }) => disk === name))
}

/** Nothing is written for a kernel that iPXE would give other arguments. */
function refuseChanged(context: TaskContext, commandLine: string): void {
  const why = changedByIpxe(commandLine)
  if (why === undefined) return
  throw conductorError('KERNEL_ARGUMENTS_IPXE', { machine: nameOf(machineOf(context)), why })
}

/** Whether the machine boots ironic-python-agent, not the deploy ramdisk of Anneal. */
function isAgents({ world, uuid }: TaskContext): boolean {
  return world.store.session(uuid)?.boots === 'agent'
}

/** Ports keep what was heard last: switches do not speak up at each boot. */
function noteSwitches({ world, uuid }: TaskContext, report: MachineReport): void {
  for (const port of world.store.ports().filter(({ machine }) => machine === uuid)) {
    const connectedTo = report.nics.find(({ mac }) => mac === port.address)?.lldp
    if (connectedTo !== undefined) world.store.savePort({ ...port, connectedTo })
  }
}

/** Nothing is written to a machine that is not the one which was looked at before. */
function refuseReplaced(context: TaskContext, report: MachineReport): void {
  const machine = machineOf(context)
  const [known, found] = [machine.report?.systemUuid, report.systemUuid]
  if (known === undefined || found === undefined || known === found) return
  const action = ACTIONS[context.run.plan.kind]
  throw conductorError('MACHINE_REPLACED', { action, machine: nameOf(machine), known, found })
}

async function ramdiskReport(context: TaskContext): Promise<MachineReport> {
  const traced = context.world.netboot.watch(context.uuid)
  return (await hear(context, ['reported'], context.silenceMs.boot, traced)).report
}

/** The agent says that it is there; it is then asked what the machine is made of. */
async function agentReport(context: TaskContext): Promise<MachineReport> {
  await hear(context, ['heartbeat'], context.silenceMs.boot, context.world.netboot.watch(context.uuid))
  return withAgent(context, (agent) => agent.report())
}

function hintsOf(machine: ReturnType<typeof machineOf>): Members {
  const { instanceInfo, properties } = machine
  const said = instanceInfo['root_device'] ?? properties['root_device']
  if (said === undefined || said === null) return {}
  if (typeof said === 'object' && !Array.isArray(said)) return said as Members
  throw conductorError('ROOT_DEVICE_HINT_INVALID', {
    machine: nameOf(machine),
    hint: 'root_device',
    why: 'it is no object of hints',
  })
}
