import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { byPlace } from '../../conductor/index.ts'
import { SimulatedRack } from '../../../test/fixtures/conductor/index.ts'
import { Queue } from './queue.ts'

describe('machines that wait', () => {
  test('go in the order of their places, and as they came where these are the same', async () => {
    const queue = new Queue(1)
    const { signal } = new AbortController()
    const went: string[] = []
    const first = Promise.withResolvers<void>()
    const all = [queue.through(() => first.promise, signal)]
    for (const [name, place] of [
      ['a', undefined],
      ['b', 'r2/1'],
      ['c', 'r1/10'],
      ['d', 'r1/9'],
      ['e', undefined],
      ['f', 'r1/9'],
    ] as const) {
      all.push(queue.through(async () => void went.push(name), signal, { place }))
    }
    first.resolve()
    await Promise.all(all)
    assert.deepEqual(went, ['d', 'f', 'c', 'b', 'a', 'e'])
  })

  test('have an order in which numbers count by their value', () => {
    const places = ['r10/1', 'r2/10', undefined, 'r2/9', 'r1']
    assert.deepEqual(places.toSorted(byPlace), ['r1', 'r2/9', 'r2/10', 'r10/1', undefined])
  })
})

describe('machines that are switched on', () => {
  // The times of two machines to switch off, and to obey when they are switched on.
  for (const [what, offMs, onMs] of [
    ['each takes its time to switch off', [20_000, 15_000], [0, 0]],
    ['a BMC takes its time to switch on', [0, 0], [8000, 0]],
  ] as const)
    test(`come one after the other, also where ${what}`, async () => {
      const rack = new SimulatedRack()
      const { clock, conductor } = rack
      Object.assign(conductor.settings, { staggerMs: 5000 })
      const names = ['m1', 'm2']
      const onAtMs: number[] = []
      const state = new Map<string, { on: boolean; offAtMs: number }>()
      rack.openBmc = (address) => {
        const host = address.kind === 'ipmi' ? address.host : ''
        const mine = state.get(host) ?? { on: true, offAtMs: Number.POSITIVE_INFINITY }
        state.set(host, mine)
        const index = host === 'm1' ? 0 : 1
        const takesMs = offMs[index]
        return {
          shutDown: async () => undefined,
          power: async () => (mine.on && clock.monotonic() < mine.offAtMs ? 'on' : 'off'),
          setPower: async (wanted) => {
            if (wanted === 'off') {
              if (mine.offAtMs === Number.POSITIVE_INFINITY) mine.offAtMs = clock.monotonic() + takesMs
              return
            }
            await clock.sleep(onMs[index])
            onAtMs.push(clock.monotonic())
            mine.on = true
            mine.offAtMs = Number.POSITIVE_INFINITY
          },
          bootFrom: async () => 'always',
          openConsole: () => Promise.reject(new TypeError('not part of this test')),
        }
      }
      for (const name of names) {
        conductor.machines.create({
          name,
          driver: 'ipmi',
          driverInfo: { ipmi_address: name },
          properties: {},
          extra: {},
          instanceInfo: {},
          deployInterface: 'stream',
        })
        const machine = conductor.machines.find(name)
        const address = `52:54:00:00:01:0${names.indexOf(name)}`
        conductor.machines.createPort(machine, { address, pxeEnabled: true, extra: {} })
        conductor.machines.save({ ...machine, provisionState: 'manageable' })
        await conductor.ask(conductor.machines.find(name), 'inspect')
      }
      await clock.sleep(60_000)
      await conductor.stop()
      assert.equal(onAtMs.length, 2)
      const apartMs = Math.abs((onAtMs[1] ?? 0) - (onAtMs[0] ?? 0))
      assert.ok(apartMs >= 5000, `${apartMs} ms apart`)
    })
})
