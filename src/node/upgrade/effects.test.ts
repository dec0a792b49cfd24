import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Dependency } from '../release/index.ts'
import { effectsOf } from './effects.ts'
import { makePlan } from './plan.ts'
import type { Deployment, Plan, PlannedService } from './plan.ts'
import type { WorkingState } from './states.ts'

type Given = Readonly<Record<string, Readonly<Record<string, Dependency['condition']>> | undefined>>

const NODE: Given = {
  libvirt: {},
  network: { libvirt: 'healthy' },
  compute: { libvirt: 'healthy', network: 'started' },
}

function planned(services: Given, digest: string): readonly PlannedService[] {
  return Object.entries(services).map(([name, on]) => ({
    name,
    digest,
    image: digest,
    replace: 'always',
    stopGraceMs: 1,
    restart: 'no',
    ...(on === undefined
      ? {}
      : { dependsOn: Object.entries(on).map(([service, condition]) => ({ service, condition })) }),
  }))
}

function plan(services: Given, hypervisor = 'libvirt'): Plan {
  const current: Deployment = {
    releaseId: 'old',
    project: 'p',
    services: planned(services, 'old').map((service) => ({
      ...service,
      containerId: service.name,
      containerName: `old-${service.name}`,
    })),
  }
  const release = {
    id: 'new',
    project: 'p',
    libvirt: { service: hypervisor },
    services: planned(services, 'new'),
  }
  const options = { kind: 'upgrade', rescue: false, onFailure: 'rollBack', neededByGuests: [] } as const
  return makePlan(current, release, { ...options, previous: undefined }, () => 'plan')
}

/** `start libvirt`, `await libvirt`, … of one state. */
function told(state: WorkingState, of: Plan): readonly string[] {
  const words = {
    startContainer: 'start',
    awaitReady: 'await',
    arm: 'arm',
    stopContainer: 'stop',
    standBy: 'stand by',
  }
  return effectsOf(state, of).flatMap((effect) => {
    const word = Object.entries(words).find(([kind]) => kind === effect.kind)?.[1]
    return word !== undefined && 'service' in effect.args ? [`${word} ${effect.args.service}`] : []
  })
}

test('services of which only the start is waited for become ready side by side', () => {
  assert.deepEqual(told('switching', plan(NODE)).slice(-6), [
    'start libvirt',
    'await libvirt',
    'start network',
    'start compute',
    'await network',
    'await compute',
  ])
})

test('on the way back as well; each is armed once it is ready', () => {
  assert.deepEqual(told('rollingBack', plan(NODE)).slice(-9), [
    'start libvirt',
    'await libvirt',
    'arm libvirt',
    'start network',
    'start compute',
    'await network',
    'arm network',
    'await compute',
    'arm compute',
  ])
})

test('without a word about each other, services start one after the other', () => {
  const expected = ['start a', 'await a', 'start b', 'await b']
  assert.deepEqual(told('switching', plan({ a: {}, b: {} })).slice(-4), expected)
  assert.deepEqual(told('switching', plan({ a: undefined, b: undefined })).slice(-4), expected)
})

test('libvirt stands by before it is the last to stop', () => {
  assert.deepEqual(told('switching', plan(NODE)).slice(0, 4), [
    'stop compute',
    'stop network',
    'stand by libvirt',
    'stop libvirt',
  ])
})

test('a libvirt stands by only where it is the first to start', () => {
  const withLogs = plan({ logs: {}, libvirt: { logs: 'healthy' } })
  assert.ok(!told('switching', withLogs).includes('stand by libvirt'))
  assert.ok(!told('switching', plan(NODE, 'compute')).includes('stand by compute'))
})
