import { agentNode, conductorError, parseAgentInventory, nameOf } from '../../conductor/index.ts'
import type { MachineReport, Members } from '../../conductor/index.ts'
import { isAnnealError } from '../../core/index.ts'
import type { AgentAddress, AgentCommand } from '../../ports/index.ts'
import { ACTIONS } from './actions.ts'
import { hear, nextWord, refuseFailure } from './hear.ts'
import { isReportOf } from './machine-calls.ts'
import { machineOf } from './task-context.ts'
import type { TaskContext } from './task-context.ts'

/** Between two looks at a command that runs. */
const LOOK_MS = 2000

/** The machine restarted meanwhile: what an agent has in memory is gone, and its work begins anew. */
class OtherAgent extends Error {}

/**
 * Works with the ironic-python-agent of a machine until `work` is done. It begins again where the machine restarts; what an
 * agent carried out already is not asked of it twice. Throws MACHINE_NOT_HEARD, AGENT_COMMAND_FAILED, AGENT_….
 */
export async function withAgent<T>(context: TaskContext, work: (agent: AgentWork) => Promise<T>): Promise<T> {
  for (;;) {
    const { line } = context
    // After a restart of the conductor, its next heartbeat says where the agent is.
    const address = line.agent ?? (await hear(context, ['heartbeat'], context.silenceMs.work)).agent
    try {
      return await work(new AgentWork(context, address))
    } catch (error) {
      if (!(error instanceof OtherAgent)) throw error
    }
  }
}

/** One agent, from its start to its end. */
class AgentWork {
  readonly #context: TaskContext
  readonly #address: AgentAddress

  constructor(context: TaskContext, address: AgentAddress) {
    this.#context = context
    this.#address = address
  }

  /** What the machine is made of. */
  async report(): Promise<MachineReport> {
    const report = parseAgentInventory(await this.#ask('poll.get_hardware_info', {}))
    const { world, uuid } = this.#context
    if (isReportOf(world, uuid, report)) return report
    const macs = report.nics.map(({ mac }) => mac)
    const why = `it has none of the MAC addresses of this machine, but ${macs.join(', ') || 'none'}`
    throw conductorError('AGENT_INVENTORY_INVALID', { why })
  }

  /** The steps that it offers; from now on it works on this disk. */
  deploySteps(disk: string): Promise<unknown> {
    return this.#ask('deploy.get_deploy_steps', this.node(disk))
  }

  cleanSteps(): Promise<unknown> {
    return this.#ask('clean.get_clean_steps', this.node())
  }

  /**
   * A command that takes its time. It looks first whether the agent has it already: a conductor that was restarted goes on
   * waiting. `params` are made where it has not.
   */
  async carryOut(name: string, params: () => Promise<Members>): Promise<unknown> {
    const short = name.slice(name.indexOf('.') + 1)
    for (;;) {
      const commands = await this.#patiently((signal) => this.#agent().commands(signal))
      const command = commands.findLast((one) => one.name === short || one.name === name)
      if (command !== undefined && command.state !== 'running') return this.#resultOf(name, command)
      if (command === undefined) {
        const given = await params()
        const begun = await this.#patiently((signal) => this.#agent().run(name, given, signal), 'look again')
        if (begun !== undefined && begun.state !== 'running') return this.#resultOf(name, begun)
      }
      await this.#pause()
    }
  }

  /** The machine and its ports, as steps take them. */
  node(disk?: string): Members {
    const { world, uuid } = this.#context
    const ports = world.store.ports().filter(({ machine }) => machine === uuid)
    return {
      node: agentNode(machineOf(this.#context), disk),
      ports: ports.map((one) => ({ uuid: one.uuid, address: one.address })),
    }
  }

  /** A command that only asks: it may be given as often as it takes. */
  async #ask(name: string, params: Members): Promise<unknown> {
    const command = await this.#patiently((signal) => this.#agent().run(name, params, signal))
    return this.#resultOf(name, command)
  }

  #agent() {
    return this.#context.world.openAgent(this.#address)
  }

  #resultOf(command: string, { state, result, error }: AgentCommand): unknown {
    if (state === 'succeeded') return result
    const { run } = this.#context
    const machine = nameOf(machineOf(this.#context))
    const action = ACTIONS[run.plan.kind]
    const why = error === undefined ? 'it does not say why' : `${error.kind}: ${error.text}`
    if (error?.kind === 'ImageChecksumError') {
      throw conductorError('AGENT_IMAGE_CHECKSUM', { action, machine, why: error.text })
    }
    throw conductorError('AGENT_COMMAND_FAILED', { action, machine, command, why })
  }

  /** Asks until there is an answer, or the machine has been silent for too long. */
  async #patiently<T>(ask: (signal: AbortSignal) => Promise<T>): Promise<T>
  async #patiently<T>(ask: (signal: AbortSignal) => Promise<T>, lost: 'look again'): Promise<T | undefined>
  async #patiently<T>(
    ask: (signal: AbortSignal) => Promise<T>,
    lost: 'ask again' | 'look again' = 'ask again',
  ): Promise<T | undefined> {
    const { signal, stopping, line, world } = this.#context
    for (;;) {
      this.#refuseOther()
      try {
        const answer = await ask(AbortSignal.any([signal, stopping]))
        this.#refuseOther()
        line.heardMs = world.clock.monotonic()
        return answer
      } catch (error) {
        signal.throwIfAborted()
        stopping.throwIfAborted()
        const isPassing = isAnnealError(error, 'AGENT_UNREACHABLE') || isAnnealError(error, 'AGENT_BUSY')
        if (!isPassing) throw error
        await this.#pause()
        if (lost === 'look again') return undefined
      }
    }
  }

  /** Waits a little. Throws what the machine’s line says, and MACHINE_NOT_HEARD. */
  async #pause(): Promise<void> {
    const { signal, stopping } = this.#context
    await nextWord(this.#context, LOOK_MS)
    signal.throwIfAborted()
    stopping.throwIfAborted()
    refuseFailure(this.#context, this.#context.silenceMs.work)
  }

  #refuseOther(): void {
    const { agent } = this.#context.line
    if (agent !== undefined && agent.token !== this.#address.token) throw new OtherAgent()
  }
}
