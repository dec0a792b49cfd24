import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { lock, previewLock } from '../../src/adapters/compose/index.ts'
import type { LockOptions } from '../../src/adapters/compose/index.ts'
import { planImages, readRecipes } from '../../src/adapters/image-build/index.ts'
import type { SimulatedNode } from '../../src/adapters/simulated/index.ts'
import { FileStateStore } from '../../src/adapters/state/index.ts'
import {
  findEndangered,
  previewRecover,
  previewGiveBack,
  previewRollback,
  previewStart,
  previewStop,
  previewUpgrade,
  recoverNode,
  startService,
} from '../../src/app/node/index.ts'
import { readInventory } from '../../src/metal/index.ts'
import { sampleNode } from '../../src/metal/testing/index.ts'
import { previewBring } from '../../src/runtime/metal/index.ts'
import { runUpgrade } from '../../src/runtime/node/index.ts'
import { FakeMetal } from '../../src/runtime/metal/testing/fake-metal.ts'
import { SCENARIOS, planFor, release } from '../crash/scenarios.ts'

/** All that a node consists of, in the simulation. */
function everything(node: SimulatedNode): object {
  const { journal, history, deployments, files } = node.state
  const { guests, phantoms, units, bootId, nextPid } = node
  const containers = node.engine.all()
  return structuredClone({
    journal,
    history,
    deployments,
    files,
    guests,
    phantoms,
    units,
    bootId,
    nextPid,
    containers,
  })
}

async function unchanged<T>(node: SimulatedNode, act: () => Promise<T>): Promise<T> {
  const before = everything(node)
  const result = await act()
  assert.deepEqual(everything(node), before)
  return result
}

function prepared(name: string): Promise<SimulatedNode> {
  const scenario = SCENARIOS.find((one) => one.name === name)
  assert.ok(scenario, name)
  return scenario.prepare()
}

const endangered = (): Promise<SimulatedNode> => prepared('upgrade that rescues an endangered guest')
const twoReleases = (): Promise<SimulatedNode> => prepared('rollback by hand to the release before')
const NEXT = release({ libvirt: 'libvirt-11', agent: 'agent-2', compute: 'compute-2' })

describe('a dry run on a simulated node changes nothing:', () => {
  test('node upgrade', async () => {
    const node = await prepared('upgrade with guests')
    const preview = await unchanged(node, () =>
      previewUpgrade(node.world(), { release: async () => ({ release: NEXT, findings: [] }) }),
    )
    assert.equal(preview.check.verdict, 'clear')
    assert.ok(preview.effects.length > 5)
  })

  test('node rollback', async () => {
    const node = await twoReleases()
    const { plan } = await unchanged(node, () => previewRollback(node.world()))
    assert.equal(plan.kind, 'rollback')
  })

  test('node give-back', async () => {
    const node = await prepared('giving a node back to Kolla')
    const { plan } = await unchanged(node, () => previewGiveBack(node.world()))
    assert.equal(plan.kind, 'rollback')
  })

  test('node rescue', async () => {
    const node = await endangered()
    const found = await unchanged(node, () => findEndangered(node.world(), []))
    assert.deepEqual(
      found.map(({ name }) => name),
      ['one'],
    )
  })

  test('node stop, which would be refused for a guest', async () => {
    const node = await endangered()
    const { actions, endangered: guests } = await unchanged(node, () => previewStop(node.world(), 'libvirt'))
    assert.deepEqual([actions, guests.length], [[], 1])
  })

  test('node stop --rescue', async () => {
    const node = await endangered()
    const { actions } = await unchanged(node, () => previewStop(node.world(), 'libvirt', { rescue: true }))
    assert.deepEqual(actions, ['move guest "one"', 'stop libvirt'])
  })

  test('node start', async () => {
    const node = await endangered()
    const running = await unchanged(node, () => previewStart(node.world(), 'agent'))
    assert.deepEqual(running.actions, [])
    const { id } = node.engine.running().find(({ name }) => name.includes('agent')) ?? { id: '' }
    await node.engine.stopContainer(id)
    const { actions } = await unchanged(node, () => previewStart(node.world(), 'agent'))
    assert.deepEqual(actions, ['start agent'])
    await startService(node.world(), 'agent', { signal: new AbortController().signal })
    assert.deepEqual((await previewStart(node.world(), 'agent')).actions, [])
  })

  test('node recover, of services that are down and containers that are not of the release', async () => {
    const node = await twoReleases()
    const kept = node.engine.all().find(({ status }) => status === 'exited')
    const agent = node.engine.running().find(({ name }) => name.includes('agent'))
    assert.ok(kept && agent)
    await node.engine.stopContainer(agent.id)
    await node.engine.armContainer(kept.id, 'always')
    const { run, actions } = await unchanged(node, () => previewRecover(node.world()))
    assert.equal(run, undefined)
    assert.deepEqual(actions, [`take the restart policy from "${kept.name}"`, 'start agent'])
    await recoverNode(node.world())
    assert.deepEqual((await previewRecover(node.world())).actions, [])
  })

  test('node recover, of a run that was interrupted', async () => {
    const node = await prepared('upgrade with guests')
    const { plan, sides } = planFor(node, NEXT)
    const stop = new Error('killed')
    const onEntry = ({ data }: { data: unknown }): void => {
      if ((data as { state?: string }).state === 'proving') throw stop
    }
    await assert.rejects(runUpgrade(node.world(), plan, sides, 'run-1', { onEntry }), stop)
    const { run, actions } = await unchanged(node, () => previewRecover(node.world()))
    assert.deepEqual([run?.run, run?.state, run?.next], ['run-1', 'proving', 'switching'])
    assert.ok((run?.effects.length ?? 0) > 0)
    assert.deepEqual(actions, [])
    const { report } = await recoverNode(node.world())
    assert.equal(report?.outcome, 'committed')
  })
})

describe('a dry run on a machine changes nothing:', () => {
  const preview = async (state: string, goal: 'available' | 'undeployed' | 'manageable', more = {}) => {
    const metal = new FakeMetal({}, sampleNode({ provisionState: state, ...more }))
    const before = structuredClone(metal.node)
    const { steps } = await previewBring(metal.world, 'node0', goal, 'try')
    assert.deepEqual([metal.done, metal.node], [[], before])
    return steps
  }

  test('metal provide', async () => {
    assert.deepEqual(await preview('enroll', 'available'), ['manage', 'provide'])
    assert.deepEqual(await preview('available', 'available'), [])
    assert.deepEqual(await preview('cleaning', 'available'), ['wait for "cleaning"'])
    await assert.rejects(preview('active', 'available'), { code: 'METAL_NODE_STATE' })
    await assert.rejects(preview('enroll', 'available', { maintenance: true }), {
      code: 'METAL_NODE_MAINTENANCE',
    })
  })

  test('metal undeploy', async () => {
    assert.deepEqual(await preview('active', 'undeployed'), ['deleted'])
    assert.deepEqual(await preview('clean failed', 'undeployed'), ['manage', 'provide'])
    assert.deepEqual(await preview('enroll', 'undeployed'), [])
    assert.deepEqual(await preview('active', 'undeployed', { instanceUuid: 'server' }), ['server removed'])
  })

  test('metal inspect', async () => {
    assert.deepEqual(await preview('enroll', 'manageable'), ['manage'])
  })

  test('metal enroll', async () => {
    const metal = new FakeMetal({}, sampleNode())
    const bmc = { address: '192.0.2.1' }
    const wanted = { name: 'node0', driver: 'ipmi', bmc, ports: ['52:54:00:00:00:01'] }
    const [node] = readInventory({ nodes: [wanted] }, 'machines.yaml').nodes
    assert.ok(node)
    const { outcome } = await metal.provisioner.previewRegister(node)
    assert.deepEqual([outcome, metal.done], ['changed', []])
  })
})

describe('a dry run on files and images changes nothing:', () => {
  const directory = mkdtempSync(join(tmpdir(), 'anneal-dry-run-'))
  after(() => rmSync(directory, { recursive: true, force: true }))

  /** An engine that can only be asked: whatever else is called is no function. */
  const engine = (present: Readonly<Record<string, string>>): Parameters<typeof previewLock>[1] =>
    ({
      inspectImage: async (reference: string) => {
        const id = present[reference]
        if (id === undefined) return undefined
        const of = reference.split(':')[0] ?? ''
        return { id, repoDigests: [`${of}@sha256:${'a'.repeat(64)}`], tags: [], labels: {}, sizeBytes: 1 }
      },
    }) as unknown as Parameters<typeof previewLock>[1]

  const options: LockOptions = { environment: {}, digest: () => `sha256:${'0'.repeat(64)}`, pull: 'missing' }
  const file = join(directory, 'compose.yaml')
  writeFileSync(
    file,
    'name: compute\nservices:\n  agent:\n    image: quay.io/a/agent:1\n    network_mode: host\n',
  )
  const held = engine({ 'quay.io/a/agent:1': `sha256:${'b'.repeat(64)}` })

  test('node lock, and it says the release that locking makes', async () => {
    const { locked, pulls, output } = await previewLock(file, held, options)
    assert.deepEqual([pulls, readdirSync(directory)], [[], ['compose.yaml']])
    assert.equal(output, join(directory, 'compose.locked.yaml'))
    assert.equal(locked?.release.id, (await lock(file, held, options)).release.id)
  })

  test('node lock, where an image has to be pulled first', async () => {
    for (const [source, pull] of [
      [engine({}), 'missing'],
      [held, 'always'],
    ] as const) {
      const { locked, pulls } = await previewLock(file, source, { ...options, pull })
      assert.deepEqual([locked, pulls], [undefined, ['quay.io/a/agent:1']])
    }
    assert.deepEqual(readdirSync(directory), ['compose.yaml'])
  })

  test('node lock refuses to replace a file of somebody else, as without --dry-run', async () => {
    const output = join(directory, 'mine.yaml')
    writeFileSync(output, 'mine')
    await assert.rejects(previewLock(file, held, { ...options, output }), { code: 'COMPOSE_FILE_EXISTS' })
    assert.equal(readFileSync(output, 'utf8'), 'mine')
    rmSync(output)
  })

  test('node build', async () => {
    const planned = await planImages(engine({}), readRecipes(), ['nova-libvirt:bookworm'])
    assert.deepEqual(
      planned.map(({ reference, state }) => [reference.split('/').at(-1), state]),
      [
        ['base:bookworm', 'missing'],
        ['nova-libvirt:bookworm', 'missing'],
      ],
    )
    const old = engine({ 'localhost/anneal/base:bookworm': 'sha256:1' })
    const [base] = await planImages(old, readRecipes(), ['base:bookworm'])
    assert.equal(base?.state, 'changed')
  })

  test('the state directory is not created or repaired, and nothing is saved in it', async () => {
    const missing = join(directory, 'no-state')
    const store = new FileStateStore(missing, 'read')
    assert.deepEqual(await store.readJournal(), [])
    await store.saveFile('image-1.json', '{}')
    await assert.rejects(store.startJournal())
    await assert.rejects(store.lock('me'))
    assert.deepEqual(readdirSync(directory), ['compose.yaml'])
    const torn = join(directory, 'torn')
    const writer = new FileStateStore(torn)
    const entry = { run: 'r', sequence: 0, at: '2026-01-01T00:00:00.000Z', type: 'planned', data: {} }
    await writer.appendJournal(entry)
    const journal = join(torn, 'journal.jsonl')
    writeFileSync(journal, `${readFileSync(journal, 'utf8')}{"run":"r","seq`)
    const before = readFileSync(journal, 'utf8')
    assert.deepEqual(await new FileStateStore(torn, 'read').readJournal(), [entry])
    assert.equal(readFileSync(journal, 'utf8'), before)
    rmSync(torn, { recursive: true })
  })
})
