import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { isAnnealError } from '../../core/index.ts'
import { crashAtEveryBoundary } from '../../saga/index.ts'
import type { CrashBed } from '../../saga/index.ts'
import type { Verb } from '../../conductor/index.ts'
import { MAC, MACHINE, SimulatedRack } from '../../../test/fixtures/conductor/index.ts'

const FROM = '10.0.0.9'

async function ask(rack: SimulatedRack, verb: Verb): Promise<string> {
  await rack.conductor.ask(rack.conductor.machines.find('one'), verb)
  return rack.rest()
}

/** A machine whose deploy interface is `direct`, with an image to deploy. */
async function availableRack(driverInfo: Readonly<Record<string, string>> = FILES): Promise<SimulatedRack> {
  const rack = new SimulatedRack()
  rack.enroll()
  const machine = rack.conductor.machines.find('one')
  rack.conductor.machines.save({
    ...machine,
    deployInterface: 'direct',
    driverInfo: { ...machine.driverInfo, ...driverInfo },
  })
  assert.equal(await ask(rack, 'manage'), 'manageable')
  return rack
}

const FILES = { deploy_kernel: 'http://mirror/vmlinuz', deploy_ramdisk: '/srv/agent/initrd' }

async function providedRack(): Promise<SimulatedRack> {
  const rack = await availableRack()
  assert.equal(await ask(rack, 'provide'), 'available')
  rack.ran.length = 0
  setInfo(rack)
  return rack
}

function setInfo(rack: SimulatedRack, changes: Readonly<Record<string, unknown>> = {}): void {
  const machine = rack.conductor.machines.find('one')
  const instanceInfo = { image_source: '/image', image_type: 'whole-disk', ...changes }
  rack.conductor.machines.save({ ...machine, instanceInfo })
}

function lastError(rack: SimulatedRack): string {
  return rack.conductor.machines.find('one').lastError ?? ''
}

/** Asks to deploy, and stops at the moment when the agent of the machine has been heard of. */
async function heardRack(): Promise<Readonly<{ rack: SimulatedRack; token: string }>> {
  const rack = await providedRack()
  rack.behaviour = { silent: true }
  await rack.conductor.ask(rack.conductor.machines.find('one'), 'active')
  await rack.clock.sleep(60_000)
  const token = await bootToken(rack)
  beat(rack, token)
  return { rack, token }
}

async function bootToken(rack: SimulatedRack): Promise<string> {
  return /ipa-agent-token=(\S+)/.exec(await rack.conductor.boots.script(MAC, FROM))?.[1] ?? ''
}

function beat(
  rack: SimulatedRack,
  token: string,
  changes: Readonly<Record<string, string>> = {},
  from = FROM,
): void {
  const machine = rack.conductor.machines.find('one')
  const all = { callbackUrl: `http://${from}:9999`, token, version: '10.2.0', ...changes }
  rack.conductor.agents.heartbeat(machine, all, from)
}

const refused = (code: string) => (error: unknown) => isAnnealError(error, code)

describe('a machine that ironic-python-agent deploys', () => {
  test('is wiped by the agent before it is available', async () => {
    const rack = await availableRack()
    rack.disk.add(7)
    assert.equal(await ask(rack, 'provide'), 'available')
    assert.deepEqual([rack.disk.size, rack.isOn, rack.ran], [0, false, ['agent']])
    assert.ok(rack.told.includes('wiped by ironic-python-agent: erase_devices_express'), rack.told.join('; '))
  })

  test('gets a whole disk from the agent, boots it, and what the agent says of it is its inventory', async () => {
    const rack = await providedRack()
    assert.equal(await ask(rack, 'active'), 'active')
    assert.deepEqual([rack.ran, rack.disk.size, rack.isOn], [['agent', 'disk'], 4, true])
    const { report } = rack.conductor.machines.find('one')
    assert.deepEqual([report?.firmware, report?.memoryMib, report?.disks[0]?.name], ['uefi', 2048, 'vda'])
    assert.equal(rack.store.session(MACHINE), undefined)
    assert.equal(await ask(rack, 'deleted'), 'available')
    assert.deepEqual([rack.ran, rack.disk.size], [['agent', 'disk', 'agent'], 0])
  })

  test('fails with what the agent says, and is switched off', async () => {
    const rack = await providedRack()
    rack.behaviour = { failsAt: 1 }
    assert.equal(await ask(rack, 'active'), 'deploy failed')
    assert.match(lastError(rack), /prepare_image: ImageWriteError: I\/O error.*AGENT_COMMAND_FAILED/s)
    assert.deepEqual([rack.isOn, rack.ran], [false, ['agent']])
    rack.behaviour = { damaged: true }
    assert.equal(await ask(rack, 'active'), 'deploy failed')
    assert.match(lastError(rack), /AGENT_IMAGE_CHECKSUM/)
  })

  test('starts over when it loses power while its disk is written', async () => {
    const rack = await providedRack()
    rack.behaviour = { losesPowerAt: 2 }
    assert.equal(await ask(rack, 'active'), 'active')
    assert.deepEqual([rack.ran, rack.disk.size], [['agent', 'agent', 'disk'], 4])
  })

  test('gets the same disk when it boots again and calls the disk otherwise', async () => {
    const rack = await providedRack()
    rack.behaviour = { losesPowerAt: 2 }
    rack.onPowerLoss = () => void (rack.diskName = 'vdb')
    assert.equal(await ask(rack, 'active'), 'active')
    assert.deepEqual([rack.ran, rack.disk.size], [['agent', 'agent', 'disk'], 4])
    assert.ok(rack.told.some((text) => text.startsWith('vdb: ironic-python-agent writes')))
  })

  test('fails at once when its agent is too old, and after a while when it is silent', async () => {
    const rack = await providedRack()
    rack.behaviour = { agentVersion: '6.4.0' }
    assert.equal(await ask(rack, 'active'), 'deploy failed')
    assert.match(lastError(rack), /AGENT_TOO_OLD: .*6\.4\.0, and 8\.5 is the oldest/)
    rack.behaviour = { silent: true }
    assert.equal(await ask(rack, 'active'), 'deploy failed')
    assert.match(lastError(rack), /MACHINE_NOT_HEARD/)
  })

  test('is refused before anything happens where nothing says which agent it boots, or the wish does not fit', async () => {
    const rack = await availableRack({})
    const asked = ask(rack, 'provide')
    await assert.rejects(asked, /deploy_kernel.*--agent-dir/)
    const provided = await providedRack()
    setInfo(provided, { image_type: 'partition' })
    await assert.rejects(ask(provided, 'active'), refused('MACHINE_UNPREPARED'))
    setInfo(provided, { anneal_verify: 'all' })
    await assert.rejects(ask(provided, 'active'), refused('MACHINE_UNPREPARED'))
    setInfo(provided, { anneal_keep: 'label=data' })
    await assert.rejects(ask(provided, 'active'), refused('AGENT_UNFIT'))
    assert.deepEqual(provided.ran, [])
  })

  test('boots kernel and ramdisk by the addresses of its driver_info', async () => {
    const { rack } = await heardRack()
    const script = await rack.conductor.boots.script(MAC, FROM)
    assert.match(script, /^kernel http:\/\/mirror\/vmlinuz initrd=ramdisk ipa-api-url=http:\/\/conductor /m)
    assert.match(
      script,
      new RegExp(`^initrd --name ramdisk http://conductor/boot/agent/${MACHINE}/ramdisk `, 'm'),
    )
    assert.equal(rack.conductor.boots.agentFile(MACHINE, 'ramdisk'), '/srv/agent/initrd')
    assert.equal(rack.conductor.boots.agentFile(MACHINE, 'kernel'), undefined)
    await rack.conductor.stop()
  })
})

describe('a heartbeat', () => {
  test('with a token of no task, of an earlier boot or from another address is refused', async () => {
    const { rack, token } = await heardRack()
    assert.throws(() => beat(rack, 'guessed'), refused('AGENT_TOKEN_INVALID'))
    assert.throws(() => beat(rack, token, {}, '10.0.0.66'), refused('AGENT_TOKEN_INVALID'))
    assert.throws(
      () => beat(rack, token, { callbackUrl: `http://${FROM}:22` }),
      refused('AGENT_TOKEN_INVALID'),
    )
    // The same once more is what agents say all the time.
    beat(rack, token)
    const next = await bootToken(rack)
    beat(rack, next)
    assert.throws(() => beat(rack, token), refused('AGENT_TOKEN_INVALID'))
    await rack.conductor.stop()
  })

  test('makes the conductor call nobody but who sent it', async () => {
    const { rack } = await heardRack()
    const next = await bootToken(rack)
    for (const callbackUrl of ['http://10.0.0.1:22', 'ftp://10.0.0.9', 'https://10.0.0.9:9999', 'none']) {
      assert.throws(() => beat(rack, next, { callbackUrl }), refused('AGENT_HEARTBEAT_INVALID'), callbackUrl)
    }
    await rack.conductor.stop()
  })

  test('of a second machine in the same name ends the deployment', async () => {
    const { rack } = await heardRack()
    const next = await bootToken(rack)
    assert.throws(() => beat(rack, next, {}, '10.0.0.66'), refused('AGENT_TOKEN_INVALID'))
    assert.equal(await rack.rest(), 'deploy failed')
    assert.match(lastError(rack), /SECOND_RAMDISK/)
  })
})

describe('a lookup', () => {
  test('finds a machine that waits for its agent by any of its addresses, and tells no token', async () => {
    const { rack, token } = await heardRack()
    const found = rack.conductor.agents.lookup(['00:00:00:00:00:01', MAC.toUpperCase()], undefined, FROM)
    assert.doesNotMatch(JSON.stringify(found), new RegExp(token))
    assert.match(JSON.stringify(found), new RegExp(`"uuid":"${MACHINE}".*"agent_token_required":true`))
    assert.deepEqual(rack.conductor.agents.lookup([], MACHINE, FROM), found)
    await rack.conductor.stop()
  })

  test('finds no machine that waits for none', async () => {
    const rack = await providedRack()
    const { agents } = rack.conductor
    assert.throws(() => agents.lookup([MAC], undefined, FROM), refused('AGENT_LOOKUP_UNKNOWN'))
    assert.throws(() => agents.lookup([], MACHINE, FROM), refused('AGENT_LOOKUP_UNKNOWN'))
    assert.throws(
      () => agents.lookup(['52:54:00:00:00:99'], undefined, FROM),
      refused('AGENT_LOOKUP_UNKNOWN'),
    )
  })
})

for (const [verb, before, after] of [
  ['active', 'available', 'active'],
  ['provide', 'manageable', 'available'],
] as const) {
  test(`a machine of the agent comes to rest after a crash at any boundary of "${verb}"`, async () => {
    const work = async (rack: SimulatedRack): Promise<void> => {
      await rack.conductor.ask(rack.conductor.machines.find('one'), verb)
      await rack.rest()
    }
    const bed: CrashBed<SimulatedRack> = {
      prepare: async () => {
        const rack = verb === 'active' ? await providedRack() : await availableRack()
        if (verb === 'provide') rack.disk.add(7)
        return rack
      },
      points: ({ points }) => points,
      run: work,
      recover: async (rack) => {
        await rack.newConductor().start()
        await rack.rest()
        // Dead before the plan was on disk: nothing was done, and it is asked for again.
        if (rack.conductor.machines.find('one').provisionState === before) await work(rack)
      },
      assertAtRest: (rack, told) => {
        assert.equal(rack.conductor.machines.find('one').provisionState, after, `${told} ${lastError(rack)}`)
        assert.equal(rack.disk.size, verb === 'active' ? 4 : 0, told)
        assert.equal(rack.isOn, verb === 'active', told)
        const early = rack.ran.indexOf('disk')
        assert.ok(early < 0 || early === rack.ran.length - 1, `${told}: ${rack.ran.join(', ')}`)
      },
    }
    assert.ok((await crashAtEveryBoundary(bed)) > 30)
  })
}
