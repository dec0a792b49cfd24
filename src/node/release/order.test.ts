import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { draftRelease } from './draft.ts'
import type { DraftResult } from './draft.ts'
import type { Tree, TreeMap } from './tree.ts'

function draft(services: Record<string, TreeMap>): DraftResult {
  const filled = Object.entries(services).map(([name, service]): [string, Tree] => [
    name,
    { image: 'a:1', network_mode: 'host', ...service },
  ])
  const tree = { name: 'compute', services: Object.fromEntries(filled) }
  return draftRelease({ tree, directory: '/', envFiles: new Map(), lookup: () => undefined })
}

const names = (result: DraftResult): readonly string[] => result.draft.services.map((service) => service.name)
const codes = (result: DraftResult): readonly string[] => result.problems.map((problem) => problem.error.code)

test('dependencies start first, then lower orders, then names', () => {
  const result = draft({
    compute: { depends_on: ['libvirt', 'network'] },
    network: { depends_on: { libvirt: { condition: 'service_started' } } },
    libvirt: { depends_on: ['virtlogd'] },
    virtlogd: {},
    another: { 'x-anneal': { order: 5 } },
  })
  assert.deepEqual(codes(result), [])
  assert.deepEqual(names(result), ['another', 'virtlogd', 'libvirt', 'network', 'compute'])
})

test('dependency cycles are reported with their services', () => {
  const result = draft({
    a: { depends_on: ['b'] },
    b: { depends_on: ['c'] },
    c: { depends_on: ['b'] },
    d: {},
  })
  assert.deepEqual(codes(result), ['DEPENDENCY_CYCLE'])
  assert.match(result.problems[0]?.error.message ?? '', /: b, c depend/)
})

test('unknown dependencies and contradicting orders are reported', () => {
  assert.deepEqual(codes(draft({ a: { depends_on: ['nobody'] } })), ['DEPENDENCY_UNKNOWN'])
  assert.deepEqual(codes(draft({ a: { depends_on: ['b'], 'x-anneal': { order: 1 } }, b: {} })), [
    'ORDER_CONTRADICTS',
  ])
})

test('healthy can only be waited for where something tells it', () => {
  const waiting = { depends_on: { b: { condition: 'service_healthy' } } }
  assert.deepEqual(codes(draft({ a: waiting, b: {} })), ['DEPENDENCY_NEVER_HEALTHY'])
  assert.deepEqual(codes(draft({ a: waiting, b: { healthcheck: { test: 'true' } } })), [])
  assert.deepEqual(codes(draft({ a: waiting, b: { 'x-anneal': { ready: [{ log: 'x' }] } } })), [])
})

test('conditions that a release cannot keep are refused', () => {
  const of = (entry: TreeMap): readonly string[] => codes(draft({ a: { depends_on: { b: entry } }, b: {} }))
  assert.deepEqual(of({ condition: 'service_completed_successfully' }), ['UNSUPPORTED'])
  assert.deepEqual(of({ condition: 'service_started', required: false }), ['UNSUPPORTED'])
})

test('in any set of services without circles each starts after what it needs', () => {
  const graph = fc.array(fc.tuple(fc.nat(9), fc.nat(9), fc.nat(3)), { maxLength: 20 })
  fc.assert(
    fc.property(graph, (edges) => {
      const services: Record<string, TreeMap> = {}
      for (let index = 0; index < 10; index += 1) {
        // Only on lower numbers: no circle.
        const needs = edges.flatMap(([a, b]) => (a === index && b < index ? [`s${b}`] : []))
        services[`s${index}`] = { depends_on: [...new Set(needs)] }
      }
      const order = names(draft(services))
      assert.equal(order.length, 10)
      for (const [a, b] of edges) if (b < a) assert.ok(order.indexOf(`s${b}`) < order.indexOf(`s${a}`))
    }),
  )
})
