import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { GuestEnding } from '../guests/index.ts'
import type { CheckReport } from './check.ts'
import { begin, decide } from './decide.ts'
import type { Run, RunEvent } from './decide.ts'
import { effectsOf } from './effects.ts'
import type { EffectKind } from './effects.ts'
import { makePlan } from './plan.ts'
import type { Deployment, Plan, PlanOptions, PlannedService } from './plan.ts'
import { STATES, isStable } from './states.ts'
import type { StateName, WorkingState } from './states.ts'

const service = (name: string, digest: string, more: Partial<PlannedService> = {}): PlannedService => ({
  name,
  digest,
  image: `sha256:${digest}`,
  replace: 'always',
  stopGraceMs: 1000,
  restart: 'unless-stopped',
  ...more,
})

const deployed = (id: string, ...services: PlannedService[]): Deployment => ({
  releaseId: id,
  project: 'compute',
  services: services.map(({ name, digest, image, stopGraceMs, restart }) => ({
    name,
    digest,
    image,
    stopGraceMs,
    restart,
    containerId: `${name}-${id}`,
    containerName: `compute-${name}-${id}`,
  })),
})

const OPTIONS: PlanOptions = {
  kind: 'upgrade',
  rescue: false,
  onFailure: 'rollBack',
  neededByGuests: [],
  previous: undefined,
}

function plan(options: Partial<PlanOptions> = {}): Plan {
  const current = deployed('old', service('libvirt', '1'), service('compute', '1'))
  const release = {
    id: 'new',
    project: 'compute',
    libvirt: { service: 'libvirt' },
    services: [service('libvirt', '2'), service('compute', '2')],
  }
  return makePlan(current, release, { ...OPTIONS, ...options }, () => 'plan')
}

const report = (verdict: CheckReport['verdict']): CheckReport => ({
  bootId: 'b',
  census: { guests: [], helpers: [], stale: [] },
  killSets: [],
  endangered: [],
  findings: [],
  admissibility: undefined,
  domains: [],
  growingConsoles: {},
  verdict,
  ...(verdict === 'clear' ? {} : { reason: REASON }),
})

const REASON = { code: 'X', message: 'Cannot', remedy: 'do' }
/** The way back begins with a count, without which it goes on. */
const AFTER_COUNT = 1
const FAILED: RunEvent = { type: 'effectFailed', reason: REASON, retry: false }

function at(state: StateName, more: Partial<Run> = {}): Run {
  return { state, plan: plan(), cursor: 0, attempts: 0, ...more }
}

function after(run: Run, event: RunEvent): Run {
  const decision = decide(run, event)
  assert.ok(decision.legal, JSON.stringify(decision))
  return decision.next
}

/** What event ends the effect under way well. */
function success(run: Run): RunEvent {
  const effect = effectsOf(run.state as WorkingState, run.plan)[run.cursor]
  if (effect?.kind === 'check') return { type: 'nodeChecked', report: report('clear') }
  if (effect?.kind === 'prove') return { type: 'proofTaken', proof: { ok: true, failures: [], guests: [] } }
  return { type: 'effectDone' }
}

test('a run in which everything succeeds ends committed, and stops dependents first', () => {
  let run = begin(plan()).next
  const order: string[] = []
  while (!isStable(run.state)) {
    const effect = effectsOf(run.state, run.plan)[run.cursor]
    if (effect?.kind === 'stopContainer' || effect?.kind === 'startContainer')
      order.push(`${effect.kind} ${effect.args.name}`)
    run = after(run, success(run))
  }
  assert.equal(run.state, 'committed')
  assert.deepEqual(order, [
    'stopContainer compute-compute-old',
    'stopContainer compute-libvirt-old',
    'startContainer compute-libvirt-new',
    'startContainer compute-compute-new',
  ])
})

test('a failure in every working state leads where the table says', () => {
  for (const [name, spec] of Object.entries(STATES)) {
    if (spec.stable) continue
    const cursor = name === 'rollingBack' ? AFTER_COUNT : 0
    assert.equal(after(at(name as WorkingState, { cursor }), FAILED).state, spec.onFailure, name)
  }
})

test('what can be tried again is, as often as the table says', () => {
  const again: RunEvent = { type: 'effectFailed', reason: REASON, retry: true }
  const once = after(at('fetching'), again)
  assert.deepEqual([once.state, once.attempts], ['fetching', 1])
  assert.equal(after(after(once, again), again).state, 'abandoning')
})

test('endangered guests refuse the run unless it may rescue', () => {
  const checked: RunEvent = { type: 'nodeChecked', report: report('rescue') }
  assert.equal(after(at('checking'), checked).state, 'refused')
  assert.equal(after(at('checking', { plan: plan({ rescue: true }) }), checked).state, 'rescuing')
  assert.equal(after(at('rescuing', { plan: plan({ rescue: true }), cursor: 1 }), checked).state, 'refused')
})

test('a failed switch goes forward where a way back was ruled out', () => {
  const forward = plan({ onFailure: 'rollForward' })
  assert.equal(after(at('switching', { plan: forward }), FAILED).state, 'rollingForward')
  assert.equal(after(at('switching', { plan: forward }), { type: 'cancelled' }).state, 'switching')
})

test('a run cancelled before the switch is abandoned, in the switch rolled back, after it finished', () => {
  assert.equal(after(at('creating'), { type: 'cancelled' }).state, 'abandoning')
  assert.equal(after(at('proving'), { type: 'cancelled' }).state, 'rollingBack')
  assert.equal(after(at('committing'), { type: 'cancelled' }).state, 'committing')
})

test('after a crash, preparations are abandoned and a switch is resumed from its first effect', () => {
  assert.equal(after(at('creating', { cursor: 1 }), { type: 'recovered' }).state, 'abandoning')
  const resumed = after(at('switching', { cursor: 3 }), { type: 'recovered' })
  assert.deepEqual([resumed.state, resumed.cursor], ['switching', 0])
  assert.equal(after(at('proving'), { type: 'recovered' }).state, 'switching')
})

test('the first reason is kept when the rollback fails as well', () => {
  const run = after(at('switching'), FAILED)
  const counted = after(run, { type: 'effectDone' })
  const worse = after(counted, { type: 'effectFailed', reason: { ...REASON, code: 'Y' }, retry: false })
  assert.deepEqual([worse.state, worse.reason?.code, worse.secondReason?.code], ['attention', 'X', 'Y'])
})

const LOST: GuestEnding = { uuid: 'u', name: 'one', pid: 1, kind: 'crashed', counts: true, detail: 'died' }
const NOBODY = { guests: [], helpers: [], stale: [] }

function atEffect(state: WorkingState, kind: EffectKind, more: Partial<Run> = {}): Run {
  const cursor = effectsOf(state, plan()).findIndex((effect) => effect.kind === kind)
  assert.ok(cursor >= 0)
  return at(state, { cursor, check: report('clear'), ...more })
}

test('a guest that ended by itself before the last count is kept on record; a lost one ends the switch', () => {
  const counted = (...ended: GuestEnding[]): Run =>
    after(atEffect('switching', 'recount'), {
      type: 'guestsRecounted',
      census: NOBODY,
      domains: [],
      takenAt: 5,
      ended,
    })
  const gone = { ...LOST, kind: 'shutDown', counts: false } as const
  const goesOn = counted(gone)
  assert.deepEqual([goesOn.state, goesOn.ended, goesOn.check?.takenAt], ['switching', [gone], 5])
  const stops = counted(gone, LOST)
  assert.deepEqual([stops.state, stops.reason?.code], ['rollingBack', 'GUEST_LOST'])
  assert.deepEqual(stops.ended, [gone, LOST])
})

test('who was alive when the way back began stands in the run, also where the way back begins again', () => {
  const back = { bootId: 'b', takenAt: 7, census: NOBODY, domains: [] }
  const run = after(atEffect('rollingBack', 'countBack'), { type: 'wayBackCounted', back })
  assert.deepEqual([run.state, run.cursor, run.back], ['rollingBack', 1, back])
  assert.deepEqual(after(run, { type: 'recovered' }).back, back)
  assert.equal(decide(at('switching'), { type: 'wayBackCounted', back }).legal, false)
})

test('a way back goes on where nobody could be counted', () => {
  const once = after(at('rollingBack'), { type: 'effectFailed', reason: REASON, retry: true })
  assert.deepEqual([once.state, once.cursor, once.attempts], ['rollingBack', 0, 1])
  const done = after(at('rollingBack'), FAILED)
  assert.deepEqual([done.state, done.cursor, done.reason], ['rollingBack', 1, undefined])
})

test('illegal events are refused with a reason, never thrown', () => {
  assert.equal(decide(at('committed'), { type: 'effectDone' }).legal, false)
  assert.equal(decide(at('checking'), { type: 'effectDone' }).legal, false)
  assert.equal(decide(at('switching'), { type: 'nodeChecked', report: report('clear') }).legal, false)
})

test('an unchanged service is kept, and one that guests need is held', () => {
  const current = deployed('old', service('virtlogd', '1'), service('libvirt', '1'))
  const services = [service('virtlogd', '2', { replace: 'when-idle' }), service('libvirt', '1')]
  const actions = (needed: string[]) =>
    makePlan(
      current,
      { id: 'new', project: 'compute', libvirt: { service: 'libvirt' }, services },
      { ...OPTIONS, neededByGuests: needed },
      () => 'p',
    ).actions.map((one) => [one.service, one.action, one.action === 'keep' ? one.because : ''])
  assert.deepEqual(actions(['virtlogd']), [
    ['virtlogd', 'keep', 'guestsNeedIt'],
    ['libvirt', 'keep', 'unchanged'],
  ])
  assert.deepEqual(actions([])[0], ['virtlogd', 'replace', ''])
})

test('a rollback uses the containers of the release before under their own names', () => {
  const before = deployed('a', service('libvirt', '1'))
  const current = deployed('b', service('libvirt', '2'))
  const next = {
    id: 'c',
    project: 'compute',
    libvirt: { service: 'libvirt' },
    services: [service('libvirt', '1')],
  }
  const [action] = makePlan(current, next, { ...OPTIONS, previous: before }, () => 'p').actions
  assert.equal(action?.action === 'replace' ? action.newName : undefined, 'compute-libvirt-a')
})
