import { isAnnealError } from '../../core/index.ts'
import { conductorError, formatOrder, parseReport } from '../../conductor/index.ts'
import type { MachineReport, RamdiskOrder } from '../../conductor/index.ts'
import type { ConductorWorld, DiskPiece, RamdiskSession } from '../../ports/index.ts'
import { PRESENT_MS, isAnother, isReportOf, noteHeard } from './machine-calls.ts'
import type { RamdiskLine } from './ramdisk-line.ts'
import type { TaskRunner } from './task-runner.ts'

const MOST_LINES_SHOWN = 2000

type Caller = Readonly<{ machine: string; session: RamdiskSession; line: RamdiskLine }>

/**
 * What deploy ramdisks say and fetch (docs/deploy-protocol.md). Each call carries a token; one that is not of a task under way
 * is refused with RAMDISK_TOKEN_INVALID and changes nothing.
 */
export class RamdiskCalls {
  readonly #world: ConductorWorld
  readonly #tasks: TaskRunner

  constructor(world: ConductorWorld, tasks: TaskRunner) {
    this.#world = world
    this.#tasks = tasks
  }

  /** The report. Resolves to the order, once there is one. */
  async hello(token: string, text: string, from: string): Promise<string> {
    const { store, secrets, clock } = this.#world
    const digest = secrets.digest(token)
    const { machine, session, line } = this.#caller(from, ({ bootToken }) => bootToken === digest)
    const report = parseReport(text)
    if (!isReportOf(this.#world, machine, report)) throw conductorError('RAMDISK_TOKEN_INVALID', { from })
    const nowMs = clock.monotonic()
    const first = session.reportedFrom
    const before = store.machine(machine)?.report
    if (
      first !== undefined &&
      isAnother(before, report, first !== from && nowMs - line.heardMs < PRESENT_MS)
    ) {
      line.say({ kind: 'twice', first, second: from }, nowMs)
      throw conductorError('RAMDISK_TOKEN_INVALID', { from })
    }
    const work = secrets.token()
    // The token of the boot stays good until the work begins: the answer to this call may be lost.
    store.saveSession(machine, { ...session, workToken: secrets.digest(work), reportedFrom: from })
    line.say({ kind: 'reported', report, from }, nowMs)
    noteHeard(this.#world, machine)
    const { order, orderFor } = await line.order()
    return formatOrder(orderFor === undefined ? order : this.#revised(line, orderFor, report), work)
  }

  #revised(
    line: RamdiskLine,
    orderFor: (report: MachineReport) => RamdiskOrder,
    report: MachineReport,
  ): RamdiskOrder {
    try {
      return orderFor(report)
    } catch (error) {
      if (!isAnnealError(error)) throw error
      line.say({ kind: 'failed', code: error.code, lines: error.message }, this.#world.clock.monotonic())
      throw error
    }
  }

  /** One piece, packed. */
  async piece(token: string, index: number, from: string, signal: AbortSignal): Promise<DiskPiece> {
    const { line } = this.#worker(token, from)
    line.heardMs = this.#world.clock.monotonic()
    // After a restart of the conductor the ramdisk goes on, and the pieces are made anew.
    const { chunks } = await line.order()
    if (chunks === undefined || !(index >= 0 && index < chunks.count)) {
      throw conductorError('MACHINE_VALUE_INVALID', { what: `piece ${index}`, why: 'there is none' })
    }
    return chunks.piece(index, signal)
  }

  /** `stop` where the task was called off. */
  progress(token: string, text: string, from: string): 'go on' {
    const { machine, line } = this.#worker(token, from)
    line.heardMs = this.#world.clock.monotonic()
    const written = /^written (\d+)$/m.exec(text)?.[1]
    if (written !== undefined) line.writtenBytes = Math.max(line.writtenBytes, Number(written))
    noteHeard(this.#world, machine)
    return 'go on'
  }

  /** The disk is offered by iSCSI. The ramdisk asks again and again until this side has written it. */
  offered(token: string, text: string, from: string): 'wait' | 'written' {
    const { machine, line } = this.#worker(token, from)
    const [, address = '', port = '', name = ''] = /^target (\S+) (\d+) (\S+)\s*$/.exec(text) ?? []
    if (name === '') {
      throw conductorError('MACHINE_VALUE_INVALID', {
        what: 'the target',
        why: 'it is not ADDRESS PORT NAME',
      })
    }
    if (address !== from) {
      // Else a machine could have this side call whomever it names.
      const why = `its address is ${address}, and ${from} offers it`
      throw conductorError('MACHINE_VALUE_INVALID', { what: 'the target', why })
    }
    noteHeard(this.#world, machine)
    line.offer({ kind: 'offered', address, port: Number(port), name }, this.#world.clock.monotonic())
    return line.isWritten ? 'written' : 'wait'
  }

  /** What the ramdisk does at last: the machine is switched off by its BMC, and this only helps. */
  done(token: string, lines: string, from: string): 'off' {
    return this.#last(token, from, { kind: 'done', lines: lines.slice(0, MOST_LINES_SHOWN) })
  }

  failed(token: string, text: string, from: string): 'off' {
    const [code = '', ...lines] = text.slice(0, MOST_LINES_SHOWN).split('\n')
    const said = lines.filter((one) => one !== '').join('; ')
    return this.#last(token, from, {
      kind: 'failed',
      code: code.trim() || 'no code',
      lines: said || 'it says no more',
    })
  }

  #last(token: string, from: string, last: NonNullable<RamdiskSession['last']>): 'off' {
    const { store, clock } = this.#world
    const { machine, session, line } = this.#worker(token, from)
    // Before it is answered: after a crash nobody says it again.
    store.saveSession(machine, { ...session, last })
    line.say(last, clock.monotonic())
    return 'off'
  }

  #worker(token: string, from: string): Caller {
    const { store, secrets } = this.#world
    const digest = secrets.digest(token)
    // A token that somebody overheard is of no use elsewhere.
    const caller = this.#caller(
      from,
      ({ workToken, reportedFrom }) => workToken === digest && reportedFrom === from,
    )
    const { bootToken, ...session } = caller.session
    if (bootToken === undefined) return caller
    store.saveSession(caller.machine, session)
    return { ...caller, session }
  }

  #caller(from: string, isHis: (session: RamdiskSession) => boolean): Caller {
    const found = this.#world.store
      .sessions()
      .find(({ session }) => session.boots === 'ramdisk' && isHis(session))
    const line = found && this.#tasks.line(found.machine)
    if (found === undefined || line === undefined) throw conductorError('RAMDISK_TOKEN_INVALID', { from })
    return { ...found, line }
  }
}
