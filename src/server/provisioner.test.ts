import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ironic, ironicProvisioner, openSession } from '../adapters/openstack/index.ts'
import type { Preparation } from '../metal/index.ts'
import type { Bmc, Provisioner } from '../ports/index.ts'
import { MAC, SimulatedRack } from '../../test/fixtures/conductor/index.ts'
import { provisionerContract } from '../../test/fixtures/provisioner-contract.ts'
import type { BedWish, ProvisionerBed } from '../../test/fixtures/provisioner-contract.ts'
import { serveConductor } from './serve-conductor.ts'

const WRITTEN: Preparation = {
  kind: 'composed',
  image: { location: '/image', form: 'whole-disk', verify: 'sample' },
  route: 'stream',
  addedArguments: [],
  deletedArguments: [],
  keeps: [],
  deployment: 'one',
}

type Bed = ProvisionerBed & Readonly<{ rack: SimulatedRack; close: () => Promise<void> }>

/** An available machine of a conductor that is asked over HTTP. */
async function open(wish: BedWish): Promise<Bed> {
  const { info = {}, ports = 'some', state = 'available', console: has = 'some', silent } = wish
  const rack = new SimulatedRack()
  if (has === 'none') rack.driver = 'manual-management'
  if (silent === true) rack.behaviour = { silent }
  rack.enroll()
  const { conductor } = rack
  const { machines } = conductor
  const settle = async (): Promise<void> => {
    await rack.rest()
  }
  for (const verb of state === 'enroll' ? [] : (['manage', 'provide'] as const)) {
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
    files: {},
    say: (text) => assert.fail(text),
  })
  const endpoint = `http://127.0.0.1:${served.api.port}`
  const session = openSession({
    name: 'test',
    auth: { kind: 'none', endpoint },
    interface: 'public',
    endpoints: {},
  })
  const provisioner = ironicProvisioner(ironic(session, { lockedWaitMs: 1 }))
  return {
    rack,
    provisioner: silent === true ? inItsTime(provisioner, rack) : provisioner,
    machine: async () => (await provisioner.machine('one')) ?? assert.fail('the machine is gone'),
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

/** No virtual time passes from an inspection until it is ended: the conductor would end it by itself. */
function inItsTime(provisioner: Provisioner, { clock }: SimulatedRack): Provisioner {
  return {
    ...provisioner,
    inspect: (machine) => {
      clock.hold()
      return provisioner.inspect(machine)
    },
    abort: async (machine) => {
      await provisioner.abort(machine)
      clock.go()
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
    const bed = await open({})
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

  test('says on its console what its controller passes on, and nothing once nobody listens', async () => {
    const bed = await open({})
    const { rack, provisioner } = bed
    const closed = Promise.withResolvers<void>()
    const speaking: Bmc = {
      power: async () => 'off',
      setPower: async () => undefined,
      shutDown: async () => undefined,
      bootFrom: async () => 'always',
      openConsole: async () => ({
        text: (async function* () {
          yield Buffer.from('login: ')
          await closed.promise
        })(),
        close: async () => closed.resolve(),
      }),
    }
    rack.openBmc = () => speaking
    try {
      const machine = await bed.machine()
      await provisioner.startConsole(machine)
      assert.deepEqual(await provisioner.console(machine), {
        state: 'on',
        source: `conductor:${machine.uuid}`,
      })
      const leaving = new AbortController()
      let heard = ''
      for await (const piece of await provisioner.listen(machine.uuid, leaving.signal)) {
        heard += Buffer.from(piece).toString()
        if (heard === 'login: ') break
      }
      leaving.abort()
      await closed.promise
      assert.equal(heard, 'login: ')
    } finally {
      await bed.close()
    }
  })
})
