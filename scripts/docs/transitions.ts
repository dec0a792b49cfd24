import { UPGRADE, makePlan, startOf } from '../../src/node/index.ts'
import type { CheckReport, Deployment, Plan, RunEvent, RunFinding, StateName } from '../../src/node/index.ts'
import { findWays } from '../../src/saga/index.ts'
import type { Possible, Way } from '../../src/saga/index.ts'

export type Transition = Way<StateName>

/** A plan that makes every state do something: one service is replaced. */
export function samplePlan(rescue: boolean, onFailure: Plan['onFailure']): Plan {
  const service = {
    name: 'libvirt',
    digest: 'sha256:new',
    image: 'image',
    replace: 'always',
    stopGraceMs: 10_000,
    restart: 'always',
  } as const
  const current: Deployment = {
    releaseId: 'old',
    project: 'compute',
    services: [
      {
        name: 'libvirt',
        digest: 'sha256:old',
        image: 'image',
        containerId: 'id',
        containerName: 'old',
        stopGraceMs: 10_000,
        restart: 'always',
      },
    ],
  }
  return makePlan(
    current,
    { id: 'new', project: 'compute', libvirt: { service: 'libvirt' }, services: [service] },
    { kind: 'upgrade', rescue, onFailure, neededByGuests: [], previous: undefined },
    () => 'plan',
  )
}

/**
 * Every way that `decide` goes, found by giving every event to every run that can be reached. Nothing is written down
 * here that the code could contradict.
 */
export function findTransitions(): readonly Transition[] {
  const plans = [false, true].flatMap((rescue) =>
    (['rollBack', 'rollForward'] as const).map((onFailure) => samplePlan(rescue, onFailure)),
  )
  return findWays(
    UPGRADE,
    plans.map((plan) => startOf(plan)),
    Object.values(EVENTS).flat(),
    ({ plan }) => `${plan.rescue} ${plan.onFailure}`,
  )
}

const REPORT: Omit<CheckReport, 'verdict'> = {
  bootId: 'boot',
  census: { guests: [], helpers: [], stale: [] },
  killSets: [],
  endangered: [],
  findings: [],
  admissibility: undefined,
  domains: undefined,
  growingConsoles: {},
}

const REASON = { code: 'CODE', message: 'Cannot', remedy: 'none' } as const
const LOST = { uuid: 'uuid', name: 'guest', pid: 1, kind: 'crashed', counts: true, detail: 'died' } as const
const FAILURE = { code: 'GUEST_DIED', subject: 'guest', detail: 'died' } as const

/** Every kind of event, with all that makes a difference in it. A run refuses those that it does not wait for. */
const EVENTS: Readonly<Record<RunEvent['type'], readonly Possible<RunFinding>[]>> = {
  effectDone: [{ event: { type: 'effectDone' }, because: 'done' }],
  effectFailed: [false, true].map((retry) => ({
    event: { type: 'effectFailed', reason: REASON, retry },
    because: 'failed',
  })),
  nodeChecked: (['clear', 'rescue', 'refuse'] as const).map((verdict) => ({
    event: { type: 'nodeChecked', report: { ...REPORT, verdict, reason: REASON } },
    because: { clear: 'clear', rescue: 'guests endangered', refuse: 'refused' }[verdict],
  })),
  guestsRecounted: [
    { event: { type: 'guestsRecounted', census: REPORT.census, domains: undefined }, because: 'done' },
    {
      event: { type: 'guestsRecounted', census: REPORT.census, domains: undefined, ended: [LOST] },
      because: 'guest lost',
    },
  ],
  wayBackCounted: [
    {
      event: {
        type: 'wayBackCounted',
        back: { bootId: 'boot', takenAt: 0, census: REPORT.census, domains: undefined },
      },
      because: 'done',
    },
  ],
  proofTaken: [
    { event: { type: 'proofTaken', proof: { ok: true, failures: [], guests: [] } }, because: 'proven' },
    {
      event: { type: 'proofTaken', proof: { ok: false, failures: [FAILURE], guests: [] } },
      because: 'not proven',
    },
  ],
  cancelled: [{ event: { type: 'cancelled' }, because: 'cancelled' }],
  recovered: [{ event: { type: 'recovered' }, because: 'restarted after a crash' }],
}
