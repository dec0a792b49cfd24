import * as saga from '../../saga/index.ts'
import type { Decision as SagaDecision, Machine, Reason, SagaEvent, SagaRun, Step } from '../../saga/index.ts'
import type { Census, GuestEnding } from '../guests/index.ts'
import type { CheckReport } from './check.ts'
import { effectsOf } from './effects.ts'
import type { Effect } from './effects.ts'
import type { Plan } from './plan.ts'
import type { Proof } from './prove.ts'
import { STATES, isStable } from './states.ts'
import type { StateName } from './states.ts'

/** One run of an upgrade or rollback, as it stands: plain JSON, rebuilt from the journal after a crash. */
export type Run = SagaRun &
  Readonly<{
    state: StateName
    plan: Plan
    /** The newest check: what the census and the kill sets said before anything stopped. */
    check?: CheckReport
    /** Guests that ended before the newest census, and who ended them. */
    ended?: readonly GuestEnding[]
    /** Who was alive when the way back began. */
    back?: WayBack
    /** The newest proof. */
    proof?: Proof
  }>

/** What the old release is held to once the new one has failed. */
export type WayBack = Required<Pick<CheckReport, 'bootId' | 'takenAt' | 'census'>> &
  Pick<CheckReport, 'domains'>

export type RunEvent = SagaEvent | RunFinding

/** What an effect found. */
export type RunFinding =
  | Readonly<{ type: 'nodeChecked'; report: CheckReport }>
  | GuestsRecounted
  | Readonly<{ type: 'wayBackCounted'; back: WayBack }>
  | Readonly<{ type: 'proofTaken'; proof: Proof }>

type GuestsRecounted = Readonly<{
  type: 'guestsRecounted'
  census: Census
  domains: CheckReport['domains']
  /** Absent in journals of earlier versions, as is `ended`. */
  takenAt?: number
  /** Who has ended since the check. */
  ended?: readonly GuestEnding[]
}>

export type Decision = SagaDecision<Run, Effect>

/** The machine of an upgrade: what the kernel (`saga`) carries through its states. */
export const UPGRADE: Machine<Run, Effect, RunFinding> = {
  subject: 'run',
  states: STATES,
  effectsOf: (run) => (isStable(run.state) ? [] : effectsOf(run.state, run.plan)),
  endsWith: {
    check: ['nodeChecked'],
    prove: ['proofTaken'],
    // Once libvirt has stopped nobody is counted.
    recount: ['guestsRecounted', 'effectDone'],
    countBack: ['wayBackCounted', 'effectDone'],
  },
  learn,
  next,
  // Forward only, where going back would be worse than what failed.
  failureOf: (run) => (goesBack(run) && run.plan.onFailure === 'rollForward' ? 'rollingForward' : undefined),
  cancelOf: (run) => (goesBack(run) && run.plan.onFailure === 'rollForward' ? 'finish' : undefined),
  allowanceMs: (effect) => (effect.kind === 'stopContainer' ? effect.args.graceMs : 0),
  reasons: {
    interrupted: {
      code: 'RUN_INTERRUPTED',
      message: 'Cannot finish the upgrade: the run was interrupted before the switch',
      remedy: 'start the upgrade again; no running service was changed',
    },
    cancelled: {
      code: 'RUN_CANCELLED',
      message: 'Cannot finish the upgrade: it was cancelled',
      remedy: 'start the upgrade again',
    },
  },
}

/** A run before its first effect. */
export function startOf(plan: Plan): Run {
  return { state: 'fetching', plan, cursor: 0, attempts: 0 }
}

/** A run at its start, with its first effect. */
export function begin(plan: Plan): Step<Run, Effect> {
  return saga.begin(UPGRADE, startOf(plan))
}

/** Pure: the next state and the effects to run (none in a stable state, else exactly one). */
export function decide(run: Run, event: RunEvent): Decision {
  return saga.decide(UPGRADE, run, event)
}

function goesBack({ state }: Run): boolean {
  const spec = STATES[state]
  return !spec.stable && spec.onFailure === 'rollingBack'
}

/** What was found, held by the run: the report, the proof and the way back go by it. */
function learn(run: Run, event: RunFinding): Run {
  switch (event.type) {
    case 'nodeChecked':
      return { ...run, check: event.report }
    case 'guestsRecounted':
      return recount(run, event)
    case 'wayBackCounted':
      return { ...run, back: event.back }
    case 'proofTaken':
      return { ...run, proof: event.proof }
  }
}

function next(run: Run, event: RunFinding): Run {
  switch (event.type) {
    case 'nodeChecked':
      return afterCheck(run)
    case 'guestsRecounted': {
      const lost = event.ended?.find(({ counts }) => counts)
      return lost === undefined
        ? saga.advance(run)
        : saga.fail(UPGRADE, run, { reason: lostReason(lost), retry: false })
    }
    case 'wayBackCounted':
      return saga.advance(run)
    case 'proofTaken':
      return afterProof(run)
  }
}

/** A run with what a recount found: the proof is held to it. */
function recount(run: Run, event: GuestsRecounted): Run {
  const { census, domains, takenAt } = event
  const ended = [...(run.ended ?? []), ...(event.ended ?? [])]
  return {
    ...run,
    ...(run.check === undefined
      ? {}
      : { check: { ...run.check, census, domains, ...(takenAt === undefined ? {} : { takenAt }) } }),
    ...(ended.length === 0 ? {} : { ended }),
  }
}

function lostReason({ name, pid, detail }: GuestEnding): Reason {
  return {
    code: 'GUEST_LOST',
    message: `Cannot go on with the switch: guest "${name}" (pid ${pid}) died: ${detail}`,
    remedy: 'find out in libvirt’s log of the guest who ended it, correct that, and start the upgrade again',
  }
}

function afterCheck(run: Run): Run {
  switch (run.check?.verdict) {
    case 'clear':
      return saga.enter(run, 'creating')
    case 'rescue':
      if (run.plan.rescue && run.state === 'checking') return saga.enter(run, 'rescuing')
      return saga.leaveFor(run, 'refused', run.check.reason ?? UNEXPLAINED)
    case 'refuse':
    case undefined:
      return saga.leaveFor(run, 'refused', run.check?.reason ?? UNEXPLAINED)
  }
}

const UNEXPLAINED: Reason = {
  code: 'CHECK_REFUSED',
  message: 'Cannot upgrade: the check refused and gave no reason',
  remedy: 'report this as a bug of Anneal',
}

function afterProof(run: Run): Run {
  if (run.proof?.ok === true) return saga.advance(run)
  const failure = run.proof?.failures[0]
  return saga.fail(UPGRADE, run, {
    reason: {
      code: 'PROOF_FAILED',
      message: `Cannot prove the release: ${failure?.detail ?? 'no proof was given'}`,
      remedy: 'read the failures in the report; the journal has all of them',
    },
    retry: true,
  })
}
