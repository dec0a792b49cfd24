import { isAnnealError } from '../../core/index.ts'
import {
  VERBS,
  agentFiles,
  architectureOf,
  askedBy,
  chosenMethod,
  conductorError,
  deployWishes,
  firmwareOf,
  keepWishes,
  lastErrorOf,
  nameOf,
  ramdiskArchitecture,
} from '../../conductor/index.ts'
import type { BootOrder, MachineRecord, TaskKind, TaskPlan, Verb } from '../../conductor/index.ts'
import type { ConfigDrive } from '../../metal/index.ts'
import type { Bmc, ConductorWorld } from '../../ports/index.ts'
import { AgentCalls } from './agent-calls.ts'
import { BootAnswers } from './boot-answers.ts'
import type { BootSettings } from './boot-answers.ts'
import { chooseBoot, withChoice } from './choose-boot.ts'
import { Consoles } from './consoles.ts'
import { Machines, refuseProtected } from './machines.ts'
import { OperatorPower } from './operator-power.ts'
import type { PowerWish } from './operator-power.ts'
import { PowerSync } from './power-sync.ts'
import type { PowerSyncSettings } from './power-sync.ts'
import { RamdiskCalls } from './ramdisk-calls.ts'
import { bmcOfMachine, ramdiskOf } from './task-context.ts'
import { TaskRunner } from './task-runner.ts'
import type { TaskSettings } from './task-runner.ts'

export type ConductorSettings = TaskSettings &
  BootSettings &
  PowerSyncSettings &
  Readonly<{
    /** Of this conductor, as clients see it. */
    host: string
    /** Whether disks are wiped before a machine is given to somebody else. */
    wipes: 'disks' | 'nothing'
  }>

export type AskOptions = Readonly<{
  configDrive?: ConfigDrive
  /** `off`: the machine is left off once its disk is written. */
  afterwards?: 'boots' | 'off'
}>

/** What each part of a machine says of a deployment before it begins. */
export type Opinion = Readonly<{ part: string; ok: boolean; reason?: string }>

/** A conductor: machines, what is done with them, and what they say. */
export class Conductor {
  readonly settings: ConductorSettings
  readonly machines: Machines
  readonly ramdisks: RamdiskCalls
  readonly agents: AgentCalls
  readonly boots: BootAnswers
  readonly consoles: Consoles
  readonly #world: ConductorWorld
  readonly #tasks: TaskRunner
  readonly #power: PowerSync
  readonly #operators: OperatorPower

  constructor(world: ConductorWorld, settings: ConductorSettings) {
    this.#world = world
    this.settings = settings
    this.machines = new Machines(world)
    this.#tasks = new TaskRunner(world, settings)
    this.#power = new PowerSync(world, settings, (uuid) => this.#tasks.isWorking(uuid))
    this.#operators = new OperatorPower(world, settings)
    this.ramdisks = new RamdiskCalls(world, this.#tasks)
    this.agents = new AgentCalls(world, this.#tasks)
    this.boots = new BootAnswers(world, settings)
    this.consoles = new Consoles((uuid) => bmcOfMachine({ world, uuid }))
  }

  /** Before anybody is answered: machines that an earlier process of this conductor works on are known from here on. */
  takeUp(): void {
    this.#tasks.takeUp()
  }

  /** Goes on with what an earlier process of this conductor left. */
  async start(): Promise<void> {
    this.#tasks.takeUp()
    for (const machine of this.machines.all())
      if (machine.calledOff !== undefined) this.#endTask(machine.uuid)
    await this.#tasks.start()
    this.#operators.start()
    this.#power.start()
  }

  /** Leaves every task where it is. Resolves when nothing is at work any more. */
  async stop(): Promise<void> {
    await Promise.all([this.#power.stop(), this.#operators.stop(), this.#tasks.stop(), this.consoles.stop()])
  }

  /** Asks the BMCs of all machines that nothing is done with whether they are on. Resolves when all have answered or failed. */
  syncPower(): Promise<void> {
    return this.#power.round()
  }

  /** Machines that are enrolled, or not any more, get or lose their answers over the network. */
  portsChanged(): Promise<void> {
    return this.#tasks.serveNetboot()
  }

  isWorking(machine: MachineRecord): boolean {
    return this.#tasks.isWorking(machine.uuid)
  }

  /** Bytes that the deploy ramdisk of a machine has written. */
  writtenBytes(machine: MachineRecord): number | undefined {
    return this.#tasks.line(machine.uuid)?.writtenBytes
  }

  /** Throws MACHINE_BUSY. */
  refuseBusy(machine: MachineRecord, action: string): void {
    if (!this.isWorking(machine) && !this.#power.isTaken(machine.uuid)) return
    throw conductorError('MACHINE_BUSY', {
      action,
      machine: nameOf(machine),
      host: this.settings.host,
    })
  }

  /** Asks for a state and does not wait for it. Throws MACHINE_VERB_REFUSED, MACHINE_PROTECTED, MACHINE_BUSY, MACHINE_UNPREPARED. */
  async ask(machine: MachineRecord, verb: Verb, options: AskOptions = {}): Promise<void> {
    const asked = machine.maintenance && verb !== 'manage' ? undefined : askedBy(verb, machine.provisionState)
    if (asked === undefined) {
      const allowed = VERBS.filter(
        (one) =>
          askedBy(one, machine.provisionState) !== undefined && (!machine.maintenance || one === 'manage'),
      )
      throw conductorError('MACHINE_VERB_REFUSED', {
        verb,
        machine: nameOf(machine),
        state: machine.provisionState,
        maintenance: machine.maintenance ? ', and it is in maintenance' : '',
        allowed: allowed.length === 0 ? 'nothing' : allowed.join(', '),
        remedy: machine.maintenance
          ? 'take it out of maintenance first: `openstack baremetal node maintenance unset MACHINE`'
          : 'bring the machine to another state first',
      })
    }
    if (verb === 'deleted') refuseProtected(machine, 'undeploy')
    if (verb === 'rebuild') refuseProtected(machine, 'rebuild')
    if (asked.does === 'callOff') {
      const task = this.#tasks.lastTask(machine.uuid)
      if (task === undefined || (verb !== 'deleted' && verb !== 'abort')) return
      // Kept before it is accepted: where this process ends, the next one ends the task.
      this.machines.save({ ...machine, calledOff: { task: task.id, verb } })
      // Who called it off does not wait for the machine.
      this.#endTask(machine.uuid)
      return
    }
    this.refuseBusy(machine, verb)
    if (asked.does === 'nothing') {
      const { lastError: _, ...rest } = machine
      this.machines.save({ ...rest, provisionState: asked.target })
      return
    }
    const plan = this.#plan(machine, asked.does, options)
    const { lastError: _, ...rest } = machine
    const drive = options.configDrive
    if (drive !== undefined) this.#world.store.saveConfigDrive(machine.uuid, JSON.stringify(drive))
    if (drive !== undefined) this.machines.save({ ...rest, hasConfigDrive: true })
    this.#begin(plan)
  }

  /**
   * Switches a machine that is not at work. Resolves when its BMC has taken it. `shutDown` asks its system, which may take that long;
   * until then the machine has `power off` as its target. Throws MACHINE_BUSY.
   */
  async power(machine: MachineRecord, wanted: PowerWish, shutDownMs?: number): Promise<void> {
    this.refuseBusy(machine, 'switch')
    await this.#power.apart(machine.uuid, () => this.#operators.ask(machine, wanted, shutDownMs))
  }

  /** Chooses what a machine boots that is not at work. */
  async bootFrom(machine: MachineRecord, wanted: Pick<BootOrder, 'from' | 'lasts'>): Promise<void> {
    this.refuseBusy(machine, 'set the boot device of')
    await this.#power.apart(machine.uuid, async () => {
      const again = await chooseBoot(this.bmc(machine), machine, wanted)
      this.#world.store.saveMachine(withChoice(this.machines.find(machine.uuid), again))
    })
  }

  bmc(machine: MachineRecord): Bmc {
    return bmcOfMachine({ world: this.#world, uuid: machine.uuid })
  }

  /** Whether what the machine was told can be deployed. Changes nothing. */
  opinions(machine: MachineRecord): readonly Opinion[] {
    const tried = (part: string, look: () => unknown): Opinion => {
      try {
        look()
        return { part, ok: true }
      } catch (error) {
        return { part, ok: false, reason: error instanceof Error ? error.message : String(error) }
      }
    }
    return [
      tried('power', () => this.bmc(machine)),
      tried('management', () => this.bmc(machine)),
      tried('boot', () => this.#refuseBoot(machine, 'deploy')),
      tried('deploy', () => [deployWishes(machine), keepWishes(machine)]),
      { part: 'network', ok: true },
      { part: 'storage', ok: true },
    ]
  }

  firmware(machine: MachineRecord): 'bios' | 'uefi' {
    return firmwareOf(machine)
  }

  #plan(
    machine: MachineRecord,
    asked: TaskKind,
    { afterwards = 'boots', configDrive }: AskOptions,
  ): TaskPlan {
    const wipes = this.#wipes(machine)
    const hasDrive = configDrive !== undefined
    // As with Ironic, a machine whose disk was written is written anew; a live set is read anew.
    const kind = asked === 'boot' && !bootsFromAddresses(machine) ? 'deploy' : asked
    const keeps = keepWishes(machine)
    const base = { kind, machine: machine.uuid, wipes, afterwards, writes: 'nothing', boots: 'disk' } as const
    const plan: TaskPlan = keeps.length === 0 ? base : { ...base, keeps }
    if (kind !== 'verify') this.#refuseBoot(machine, kind)
    if (kind !== 'deploy' && kind !== 'boot') return plan
    const wishes = deployWishes(machine)
    if (hasDrive && wishes.method === 'ramdisk') {
      throw conductorError('MACHINE_UNPREPARED', {
        machine: nameOf(machine),
        why: 'no disk is written that could hold the config drive (deploy_interface ramdisk)',
      })
    }
    const boots = wishes.method === 'ramdisk' || wishes.form === 'trio' ? 'network' : 'disk'
    const writes = kind === 'boot' || wishes.method === 'ramdisk' ? 'nothing' : wishes.method
    return { ...plan, boots, writes }
  }

  /** What a machine says itself counts before what holds for all. */
  #wipes({ automatedClean }: MachineRecord): TaskPlan['wipes'] {
    if (automatedClean === undefined) return this.settings.wipes
    return automatedClean ? 'disks' : 'nothing'
  }

  #begin(plan: TaskPlan): void {
    this.#power.leave(plan.machine)
    this.#operators.leave(plan.machine)
    this.#tasks.begin(plan)
  }

  /**
   * Throws where a machine cannot boot over the network what the task wants: MACHINE_UNPREPARED without a port that does;
   * NETBOOT_PROGRAM_MISSING, RAMDISK_MISSING; AGENT_UNFIT where
   * ironic-python-agent cannot do what is asked.
   */
  #refuseBoot(machine: MachineRecord, kind: TaskKind): void {
    const bootsNone = (kind === 'clean' || kind === 'release') && this.#wipes(machine) === 'nothing'
    if (bootsNone) return
    // Nobody would know it when it boots, and it would be waited for in vain.
    if (!this.machines.ports().some((one) => one.machine === machine.uuid && one.pxeEnabled)) {
      const why = 'it has no port that boots over the network'
      throw conductorError('MACHINE_UNPREPARED', { machine: nameOf(machine), why })
    }
    this.#world.netboot.check({ firmware: firmwareOf(machine), architecture: architectureOf(machine) })
    // Nothing is written: the machine boots its own kernel and ramdisk.
    if (kind === 'boot' || (kind === 'deploy' && chosenMethod(machine) === 'ramdisk')) return
    if (ramdiskOf(machine, kind) !== 'agent') {
      ramdiskArchitecture(machine, this.settings.deployRamdisks)
      return
    }
    agentFiles(machine, this.settings.agents)
    const keeps = keepWishes(machine)
    if (kind === 'inspect' || keeps.length === 0) return
    throw conductorError('AGENT_UNFIT', {
      machine: nameOf(machine),
      why: `the agent does not say what disks hold, and ${keeps.join(', ')} is to be kept`,
    })
  }

  /** Has the task of a machine end that was called off. A deployment then gives its machine back. */
  #endTask(uuid: string): void {
    this.#ended(uuid).catch(this.settings.onFault)
  }

  async #ended(uuid: string): Promise<void> {
    const isTheirs = (): MachineRecord | undefined => {
      const machine = this.#world.store.machine(uuid)
      return machine?.calledOff?.task === this.#tasks.lastTask(uuid)?.id ? machine : undefined
    }
    if (isTheirs() !== undefined) await this.#tasks.callOff(uuid)
    const machine = isTheirs()
    // This process ends before the task: the next one goes on with both.
    if (machine?.calledOff === undefined || this.#tasks.lastTask(uuid)?.isUnfinished === true) return
    const { calledOff, lastError: _, ...rest } = machine
    const isGivenBack =
      calledOff.verb === 'deleted' && askedBy('deleted', machine.provisionState) !== undefined
    if (!isGivenBack) {
      const { calledOff: _called, ...kept } = machine
      this.machines.save(kept)
      return
    }
    try {
      // A task that begins takes the place of what was called off.
      this.#begin(this.#plan(machine, 'release', {}))
    } catch (error) {
      // Nobody waits for it: the machine shows why.
      if (!isAnnealError(error)) throw error
      this.machines.save({ ...rest, lastError: lastErrorOf(error) })
    }
  }
}

/** Nothing of such a machine is here: its kernel and ramdisk stay where they are. */
function bootsFromAddresses(machine: MachineRecord): boolean {
  if (chosenMethod(machine) !== 'ramdisk') return false
  const wishes = deployWishes(machine)
  return wishes.method === 'ramdisk' && wishes.of === 'addresses'
}
