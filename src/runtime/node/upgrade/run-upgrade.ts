import { isAnnealError } from '../../../core/index.ts'
import { STATES, UPGRADE, decide, begin, isStable } from '../../../node/index.ts'
import type { Effect, Plan, Run, RunEvent, RunFinding, StableState, StateName } from '../../../node/index.ts'
import type { StateSpec, Step } from '../../../saga/index.ts'
import type { JournalEntry, NodeWorld, PullProgress } from '../../../ports/index.ts'
import { raise } from '../errors.ts'
import { execute } from './executors.ts'
import type { ExecutorContext } from './executors.ts'
import { replay } from './journal.ts'
import { OutageMeter } from './outage-meter.ts'
import { makeReport } from './report.ts'
import type { RunReport, Timing } from './report.ts'
import { Journal, drive } from '../../saga/index.ts'
import { loadSides, saveSides } from './side.ts'
import type { Sides } from './side.ts'

export type RunOptions = Readonly<{
  signal?: AbortSignal
  onEntry?: (entry: JournalEntry) => void
  onPull?: (progress: PullProgress) => void
}>

/**
 * Applies a plan: journal the intention, do, journal the outcome, decide, until the run rests.
 * The caller holds the node's lock and has recovered whatever an earlier run left.
 */
export async function runUpgrade(
  world: NodeWorld,
  plan: Plan,
  sides: Sides,
  runId: string,
  options: RunOptions = {},
): Promise<RunReport> {
  const before = replay(await world.state.readJournal())
  if (before !== undefined && !before.ended) {
    throw raise('RUN_UNFINISHED', { run: before.run, state: before.state.state })
  }
  await saveSides(world.state, runId, sides)
  await world.state.startJournal()
  const journal = new Journal(runId, 0, journalOf(world), options.onEntry)
  await journal.planned(plan)
  const { next, effects } = begin(plan)
  return finish({ world, sides, journal, options, startedAt: world.clock.now() }, { next, effects })
}

/**
 * Brings an interrupted run to rest. Gives its report, or undefined where there was nothing to do.
 * A run that had ended but was not reported yet is reported.
 */
export async function recoverRun(world: NodeWorld, options: RunOptions = {}): Promise<RunReport | undefined> {
  const replayed = replay(await world.state.readJournal())
  if (replayed === undefined || replayed.ended) return undefined
  const sides = await loadSides(world.state, replayed.run, replayed.state.plan)
  const journal = new Journal(replayed.run, replayed.nextSequence, journalOf(world), options.onEntry)
  const drivers = { world, sides, journal, options, startedAt: Date.parse(replayed.startedAt) }
  if (isStable(replayed.state.state)) return finish(drivers, { next: replayed.state, effects: [] })
  const event: RunEvent = { type: 'recovered' }
  const decision = decide(replayed.state, event)
  if (!decision.legal)
    throw raise('JOURNAL_BROKEN', { run: replayed.run, sequence: replayed.nextSequence, why: decision.why })
  await journal.happened(event, decision.next.state)
  return finish(drivers, decision)
}

type Drivers = Readonly<{
  world: NodeWorld
  sides: Sides
  journal: Journal
  options: RunOptions
  startedAt: number
}>

/** Drives a run to rest, reports it, and ends its journal. */
async function finish(drivers: Drivers, start: Step<Run, Effect>): Promise<RunReport> {
  const { world, sides, journal, options } = drivers
  const timings: Timing[] = []
  const meter = new SwitchMeter(world, sides)
  const signal = options.signal ?? new AbortController().signal
  const onPull = options.onPull ?? (() => undefined)
  const contextOf = (run: Run): ExecutorContext => ({
    world,
    plan: run.plan,
    sides,
    run: () => run,
    signal,
    onPull,
  })
  let run: Run
  try {
    run = await drive<Run, Effect, RunFinding>(
      {
        machine: UPGRADE,
        journal,
        clock: world.clock,
        signal,
        execute: (effect, at) => execute(effect, contextOf(at)),
        tookTooLong: (effect, ms) =>
          raise('EFFECT_TIMEOUT', {
            effect: effect.kind,
            seconds: Math.round(ms / 1000),
            engine: world.engine.kind,
          }),
        onEffect: (_, { state }) => meter.entering(state),
        onOutcome: ({ run: { state }, effect, event, ms }) =>
          timings.push({ state, effect, ms, failed: event.type === 'effectFailed' }),
        beforeRetry: (at) => beforeRetry(world, at),
        illegal: (why) => raise('JOURNAL_BROKEN', { run: journal.run, sequence: -1, why }),
      },
      start,
    )
  } finally {
    await meter.end()
  }

  const report = makeReport({
    runId: journal.run,
    run: run as Run & { state: StableState },
    startedAt: drivers.startedAt,
    endedAt: world.clock.now(),
    timings,
    outage: meter.outage,
    engine: await world.engine.facts().then(
      ({ kind, version }) => ({ kind, version }),
      () => undefined,
    ),
  })
  const hash = await recordOnce(world, report)
  await journal.ended(run.state)
  return { ...report, hash }
}

/** A moment, and then as long as the engine is away, up to what the state has patience for. */
async function beforeRetry({ clock, ...world }: NodeWorld, { state, attempts }: Run): Promise<void> {
  const spec: StateSpec<StateName> = STATES[state]
  const patienceMs = spec.stable ? 0 : (spec.patienceMs ?? 0)
  await clock.sleep(500 * attempts)
  const until = clock.monotonic() + patienceMs
  while (clock.monotonic() < until && !(await answers(world))) await clock.sleep(500)
}

function answers(world: Pick<NodeWorld, 'engine'>): Promise<boolean> {
  return world.engine.listContainers({ running: true }).then(
    () => true,
    (error: unknown) => !isAnnealError(error, 'ENGINE_UNREACHABLE'),
  )
}

/** A crash between the record and the journal's end must not record a run twice. */
async function recordOnce(world: NodeWorld, report: RunReport): Promise<string> {
  const last = (await world.state.readHistory()).at(-1)
  if ((last?.record as RunReport | undefined)?.run === report.run && last !== undefined) return last.hash
  return world.state.appendHistory(report)
}

/** Measures from the first stop to the proof. */
class SwitchMeter {
  outage: Awaited<ReturnType<OutageMeter['stop']>> | undefined
  readonly #meter: OutageMeter | undefined
  #running = false

  constructor(world: NodeWorld, sides: Sides) {
    const place = sides.next.libvirt ?? sides.old.libvirt
    this.#meter = place === undefined ? undefined : new OutageMeter(world.hypervisor(place), world.clock)
  }

  entering(state: Run['state']): void {
    if (state !== 'switching' || this.#running) return
    this.#meter?.start()
    this.#running = true
  }

  async end(): Promise<void> {
    if (this.#running) this.outage = await this.#meter?.stop()
  }
}

function journalOf({ state, clock }: NodeWorld): ConstructorParameters<typeof Journal>[2] {
  return { append: (entry) => state.appendJournal(entry), clock }
}
