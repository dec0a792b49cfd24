import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ironic, ironicProvisioner, openSession } from '../adapters/openstack/index.ts'
import { MARK } from '../metal/index.ts'
import { MAC, SimulatedRack } from '../../test/fixtures/conductor/index.ts'
import { provisionerContract } from '../../test/fixtures/provisioner-contract.ts'
import type { ProvisionerBed } from '../../test/fixtures/provisioner-contract.ts'
import { serveConductor } from './serve-conductor.ts'

const WRITTEN = {
  image_source: '/image',
  image_type: 'whole-disk',
  deploy_interface: 'stream',
  [MARK]: 'one',
}

type Bed = ProvisionerBed & Readonly<{ rack: SimulatedRack; close: () => Promise<void> }>

/** An available machine of a conductor that is asked over HTTP. */
async function open(info: Readonly<Record<string, unknown>>, ports: 'some' | 'none'): Promise<Bed> {
  const rack = new SimulatedRack()
  rack.enroll()
  const { conductor } = rack
  const { machines } = conductor
  const settle = async (): Promise<void> => {
    await rack.rest()
  }
  for (const verb of ['manage', 'provide'] as const) {
    await conductor.ask(machines.find('one'), verb)
    await settle()
  }
  machines.save({ ...machines.find('one'), instanceInfo: info })
  const port = machines.ports().find(({ address }) => address === MAC)
  if (ports === 'none' && port !== undefined) machines.removePort(port)
  const asked = recorded(rack)
  const listen = { address: '127.0.0.1', port: 0 }
  const served = await serveConductor(conductor, {
    api: listen,
    machines: listen,
    files: { kernel: '/nonexistent', ramdisk: '/nonexistent' },
    say: (text) => assert.fail(text),
  })
  const endpoint = `http://127.0.0.1:${served.api.port}`
  const metal = ironic(
    openSession({
      name: 'test',
      auth: { kind: 'none', endpoint },
      interface: 'public',
      endpoints: {},
    }),
    { lockedWaitMs: 1 },
  )
  return {
    rack,
    provisioner: ironicProvisioner(metal),
    machine: async () => (await metal.node('one')) ?? assert.fail('the machine is gone'),
    asked: () => asked,
    leftOff: () => !rack.isOn,
    settle,
    close: async () => {
      await settle()
      await served[Symbol.asyncDispose]()
      await conductor.stop()
    },
  }
}

/** What reaches the conductor, in the words of the contract. */
function recorded({ conductor }: SimulatedRack): string[] {
  const asked: string[] = []
  const { machines } = conductor
  const [ask, power, save] = [
    conductor.ask.bind(conductor),
    conductor.power.bind(conductor),
    machines.save.bind(machines),
  ]
  let isAsking = false
  conductor.ask = async (machine, verb, options) => {
    asked.push(verb)
    isAsking = true
    await ask(machine, verb, options)
    isAsking = false
  }
  conductor.power = (machine, wanted) => {
    asked.push(wanted === 'reset' ? 'power restarted' : `power ${wanted}`)
    return power(machine, wanted)
  }
  machines.save = (machine) => {
    if (!isAsking) asked.push('prepare')
    return save(machine)
  }
  return asked
}

provisionerContract('the conductor', open, WRITTEN)

describe('a machine of the conductor', () => {
  test('runs what a provisioner deployed, and has nothing on its disk when it was released', async () => {
    const bed = await open({}, 'some')
    const { rack, provisioner } = bed
    try {
      await provisioner.prepare(await bed.machine(), WRITTEN)
      await provisioner.deploy(await bed.machine())
      await bed.settle?.()
      assert.deepEqual([rack.ran.at(-1), rack.disk.size, rack.isOn], ['disk', 4, true])
      await provisioner.release(await bed.machine())
      await bed.settle?.()
      assert.deepEqual([rack.disk.size, rack.isOn, (await bed.machine()).instanceInfo], [0, false, {}])
    } finally {
      await bed.close()
    }
  })
})
