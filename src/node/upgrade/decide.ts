import type { Census } from '../census.ts'
import type { GuestEnding } from '../guest-ending.ts'
import type { CheckReport } from './check.ts'
import { effectsOf } from './effects.ts'
import type { Effect } from './effects.ts'
import type { Plan } from './plan.ts'
import type { Proof } from './prove.ts'
import { STATES, isStable } from './states.ts'
import type { StateName, StateSpec, WorkingState } from './states.ts'

/** Why a run left its way. Printable; carries no secret. */
export type Reason = Readonly<{ code: string; message: string; remedy: string }>

/** One run of an upgrade or rollback, as it stands: plain JSON, rebuilt from the journal after a crash. */
export type Run = Readonly<{
  state: StateName
  plan: Plan
  /** Index of the effect under way in `effectsOf(state, plan)`. */
  cursor: number
  /** How often the effect under way has failed in this state. */
  attempts: number
  /** The newest check: what the census and the kill sets said before anything stopped. */
  check?: CheckReport
  /** Guests that ended before the newest census, and who ended them. */
  ended?: readonly GuestEnding[]
  /** Who was alive when the way back began. */
  back?: WayBack
  /** The newest proof. */
  proof?: Proof
  /** The first thing that went wrong; later ones do not hide it. */
  reason?: Reason
  /** What went wrong on the way back, where something did. */
  secondReason?: Reason
}>

/** What the old release is held to once the new one has failed. */
export type WayBack = Required<Pick<CheckReport, 'bootId' | 'takenAt' | 'census'>> &
  Pick<CheckReport, 'domains'>

export type RunEvent =
  | Readonly<{ type: 'effectDone' }>
  | Readonly<{ type: 'effectFailed'; reason: Reason; retry: boolean }>
  | Readonly<{ type: 'nodeChecked'; report: CheckReport }>
  | GuestsRecounted
  | Readonly<{ type: 'wayBackCounted'; back: WayBack }>
  | Readonly<{ type: 'proofTaken'; proof: Proof }>
  | Readonly<{ type: 'cancelled' }>
  | Readonly<{ type: 'recovered' }>

type GuestsRecounted = Readonly<{
  type: 'guestsRecounted'
  census: Census
  domains: CheckReport['domains']
  /** Absent in journals of earlier versions, as is `ended`. */
  takenAt?: number
  /** Who has ended since the check. */
  ended?: readonly GuestEnding[]
}>

export type Decision =
  | Readonly<{ legal: true; next: Run; effects: readonly Effect[] }>
  | Readonly<{ legal: false; why: string }>

/** A run at its start, with its first effect. */
export function begin(plan: Plan): Readonly<{ next: Run; effects: readonly Effect[] }> {
  return settle({ state: 'fetching', plan, cursor: 0, attempts: 0 })
}

/** Pure: the next state and the effects to run (none in a stable state, else exactly one). */
export function decide(run: Run, event: RunEvent): Decision {
  if (isStable(run.state)) return { legal: false, why: `the run has ended in "${run.state}"` }
  const effect = effectsOf(run.state, run.plan)[run.cursor]
  switch (event.type) {
    case 'effectDone':
      if (effect?.kind === 'check' || effect?.kind === 'prove') {
        return { legal: false, why: `"${effect.kind}" ends with its finding, not with effectDone` }
      }
      return legal(advance(run))
    case 'effectFailed':
      // The way back is gone without the count, too: it is then held to the guests of the check.
      if (effect?.kind === 'countBack' && !(event.retry && run.attempts < spec(run).retries)) {
        return legal(advance(run))
      }
      return legal(fail(run, event.reason, event.retry))
    case 'nodeChecked':
      if (effect?.kind !== 'check') return { legal: false, why: `no check is under way in "${run.state}"` }
      return legal(afterCheck({ ...run, check: event.report }))
    case 'guestsRecounted': {
      if (effect?.kind !== 'recount')
        return { legal: false, why: `no recount is under way in "${run.state}"` }
      const recounted = recount(run, event)
      const lost = event.ended?.find(({ counts }) => counts)
      return legal(
        lost === undefined
          ? advance(recounted)
          : leaveFor(recounted, failureTarget(recounted), lostReason(lost)),
      )
    }
    case 'wayBackCounted':
      if (effect?.kind !== 'countBack') return { legal: false, why: `no way back begins in "${run.state}"` }
      return legal(advance({ ...run, back: event.back }))
    case 'proofTaken':
      if (effect?.kind !== 'prove') return { legal: false, why: `no proof is under way in "${run.state}"` }
      return legal(afterProof({ ...run, proof: event.proof }))
    case 'cancelled':
      return legal(cancel(run))
    case 'recovered':
      return legal(
        spec(run).afterCrash === 'abandon'
          ? leaveFor(run, 'abandoning', CRASHED)
          : enter(run, spec(run).resumeIn ?? run.state),
      )
  }
}

/** A run with what a recount found: the proof is held to it. */
export function recount(run: Run, event: GuestsRecounted): Run {
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
    remedy: 'see who ended it in libvirt’s log of the guest, and start the upgrade again once that is mended',
  }
}

const CRASHED: Reason = {
  code: 'RUN_INTERRUPTED',
  message: 'Cannot finish the upgrade: the run was interrupted before the switch',
  remedy: 'start the upgrade again; nothing that runs was touched',
}

const CANCELLED: Reason = {
  code: 'RUN_CANCELLED',
  message: 'Cannot finish the upgrade: it was cancelled',
  remedy: 'start the upgrade again',
}

function legal(run: Run): Decision {
  return { legal: true, ...settle(run) }
}

/** Passes over states that have nothing to do, and names the effect under way. */
function settle(run: Run): Readonly<{ next: Run; effects: readonly Effect[] }> {
  if (isStable(run.state)) return { next: run, effects: [] }
  const effect = effectsOf(run.state, run.plan)[run.cursor]
  return effect === undefined ? settle(enter(run, spec(run).target)) : { next: run, effects: [effect] }
}

function spec(run: Run): Extract<StateSpec, { stable: false }> {
  return STATES[run.state as WorkingState]
}

function enter(run: Run, state: StateName): Run {
  return { ...run, state, cursor: 0, attempts: 0 }
}

function advance(run: Run): Run {
  return { ...run, cursor: run.cursor + 1, attempts: 0 }
}

function fail(run: Run, reason: Reason, retry: boolean): Run {
  if (retry && run.attempts < spec(run).retries) return { ...run, attempts: run.attempts + 1 }
  return leaveFor(run, failureTarget(run), reason)
}

/** Forward only, where going back would be worse than what failed. */
function failureTarget(run: Run): StateName {
  const target = spec(run).onFailure
  return target === 'rollingBack' && run.plan.onFailure === 'rollForward' ? 'rollingForward' : target
}

function leaveFor(run: Run, state: StateName, reason: Reason): Run {
  const reasons = run.reason === undefined ? { reason } : { secondReason: reason }
  return { ...enter(run, state), ...reasons }
}

function afterCheck(run: Run): Run {
  switch (run.check?.verdict) {
    case 'clear':
      return enter(run, 'creating')
    case 'rescue':
      if (run.plan.rescue && run.state === 'checking') return enter(run, 'rescuing')
      return leaveFor(run, 'refused', run.check.reason ?? UNEXPLAINED)
    case 'refuse':
    case undefined:
      return leaveFor(run, 'refused', run.check?.reason ?? UNEXPLAINED)
  }
}

const UNEXPLAINED: Reason = {
  code: 'CHECK_REFUSED',
  message: 'Cannot upgrade: the check said no without a reason',
  remedy: 'report this as a bug of Anneal',
}

function afterProof(run: Run): Run {
  if (run.proof?.ok === true) return advance(run)
  const failure = run.proof?.failures[0]
  return fail(
    run,
    {
      code: 'PROOF_FAILED',
      message: `Cannot prove the release: ${failure?.detail ?? 'no proof was given'}`,
      remedy: 'read the failures in the report; the journal keeps all of them',
    },
    true,
  )
}

/** Before the switch a cancelled run is abandoned; in it, it goes back; on a way back or forward it is finished. */
function cancel(run: Run): Run {
  switch (run.state) {
    case 'fetching':
    case 'checking':
    case 'rescuing':
    case 'creating':
      return leaveFor(run, 'abandoning', CANCELLED)
    case 'switching':
    case 'proving':
      return run.plan.onFailure === 'rollForward' ? run : leaveFor(run, 'rollingBack', CANCELLED)
    case 'committing':
    case 'abandoning':
    case 'rollingBack':
    case 'provingBack':
    case 'rollingForward':
    case 'committed':
    case 'refused':
    case 'abandoned':
    case 'rolledBack':
    case 'attention':
      return run
  }
}
