/**
 * What a machine shows of its power, asked of OpenIPMI's simulator of a BMC by ipmitool, while a hand is at the button or at the
 * cable. Witnesses: freeipmi for the BMC, `openstack baremetal` for what an operator sees.
 */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { after, before, describe, test } from 'node:test'
import { promisify } from 'node:util'
import type { ServedConductor } from '../../../src/server/index.ts'
import { SimulatedRack } from '../../fixtures/conductor/index.ts'
import { powerByFreeipmi } from './support/bmc-clients.ts'
import { IpmiSim } from './support/ipmi-sim.ts'
import { serveRackWithBmc } from './support/rack-with-bmc.ts'

const execute = promisify(execFile)

describe('the power of a machine behind a real BMC', () => {
  const rack = new SimulatedRack()
  const bmc = new IpmiSim()
  let served: ServedConductor

  before(async () => {
    await bmc.start()
    served = await serveRackWithBmc(rack, bmc)
    // A task would run by the clock of the simulated rack, which does not wait for a real BMC.
    rack.conductor.machines.save({ ...rack.conductor.machines.find('one'), provisionState: 'manageable' })
  })
  after(async () => {
    await served?.[Symbol.asyncDispose]()
    await bmc[Symbol.asyncDispose]()
  })

  async function openstack(...words: readonly string[]): Promise<unknown> {
    const { stdout } = await execute('openstack', ['baremetal', 'node', ...words, '-f', 'json'], {
      env: {
        PATH: process.env['PATH'],
        OS_AUTH_TYPE: 'none',
        OS_ENDPOINT: `http://127.0.0.1:${served.api.port}`,
      },
    })
    return JSON.parse(stdout)
  }

  async function seen(): Promise<Readonly<Record<string, unknown>>> {
    return (await openstack('show', 'one')) as Readonly<Record<string, unknown>>
  }

  test('is shown as it is after somebody pressed the button', async () => {
    await rack.conductor.syncPower()
    assert.equal((await seen())['power_state'], 'power off')
    bmc.press('on')
    assert.equal(await powerByFreeipmi(bmc.address), 'on')
    await rack.conductor.syncPower()
    assert.equal((await seen())['power_state'], 'power on')
  })

  test('is not known once the BMC is gone: the machine is in maintenance, for a power failure', async () => {
    await bmc.stop()
    for (let round = 0; round < 4; round += 1) await rack.conductor.syncPower()
    const node = await seen()
    assert.deepEqual([node['power_state'], node['maintenance'], node['fault']], [null, true, 'power failure'])
    assert.match(String(node['maintenance_reason']), /4 times in a row: Cannot read the power state/)
    assert.doesNotMatch(JSON.stringify(node), new RegExp(bmc.address.password))
    const listed = (await openstack('list', '--fault', 'power failure')) as readonly unknown[]
    assert.equal(listed.length, 1)
  })

  test('is known again once the BMC answers: the machine leaves maintenance', async () => {
    bmc.press('off')
    await bmc.start()
    await rack.conductor.syncPower()
    const node = await seen()
    assert.deepEqual([node['power_state'], node['maintenance'], node['fault']], ['power off', false, null])
    assert.equal(node['maintenance_reason'], null)
    assert.deepEqual(await openstack('list', '--fault', 'power failure'), [])
  })
})
