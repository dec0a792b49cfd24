/**
 * The crash tests run in a simulated world. What they prove is worth as much as the simulation is like the real thing:
 * its engine is asked here what test/integration/engine/contract asks Docker and Podman, under the same names,
 * and its state store is held beside the one that writes files.
 */
import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { plainSpec } from '../../src/adapters/containers/index.ts'
import { CrashPoints, MemoryState, SimulatedNode } from '../../src/adapters/simulated/index.ts'
import { FileStateStore } from '../../src/adapters/state/index.ts'
import type { Container } from '../../src/node/index.ts'
import type {
  ContainerSpec,
  Deployments,
  HistoryRecord,
  NodeEngine,
  StateStore,
} from '../../src/ports/index.ts'
import { ROOT, filesBelow } from '../../scripts/source/index.ts'

const IMAGE = 'sha256:simulated'

function spec(changes: Partial<ContainerSpec> = {}): ContainerSpec {
  return plainSpec({ name: 'one', image: IMAGE, labels: { 'io.anneal.test': 'simulation' }, ...changes })
}

async function running(engine: NodeEngine, changes: Partial<ContainerSpec> = {}): Promise<string> {
  const id = await engine.createContainer(spec(changes))
  await engine.startContainer(id)
  return id
}

async function inspected(engine: NodeEngine, id: string): Promise<Container> {
  const container = await engine.inspectContainer(id)
  assert.ok(container, `${id} is there`)
  return container
}

/** Names are those of the contract of the real engines. */
const PROMISES: Readonly<Record<string, (engine: NodeEngine) => Promise<void>>> = {
  'absent images and containers are undefined': async (engine) => {
    assert.equal(await engine.inspectImage('localhost/nothing:1'), undefined)
    assert.equal(await engine.inspectContainer('nothing'), undefined)
  },

  'creating twice gives the same container, unstarted and with no restart': async (engine) => {
    const wanted = spec({ restartPolicy: 'always' })
    const id = await engine.createContainer(wanted)
    assert.equal(await engine.createContainer(wanted), id)
    const container = await inspected(engine, wanted.name)
    assert.deepEqual(
      [container.id, container.status, container.pid, container.startedAt, container.restartPolicy],
      [id, 'created', 0, undefined, 'no'],
    )
  },

  'a name that another container has is CONTAINER_NAME_TAKEN': async (engine) => {
    await engine.createContainer(spec({ labels: { release: 'a' } }))
    await assert.rejects(engine.createContainer(spec({ labels: { release: 'b' } })))
  },

  'an image that is not held is IMAGE_NOT_FOUND, and never pulled': async (engine) => {
    await assert.rejects(engine.createContainer(spec({ image: 'localhost/nothing:1' })))
  },

  'starting and stopping are idempotent, and the stop signal is obeyed': async (engine) => {
    const id = await running(engine)
    const { pid } = await inspected(engine, id)
    await engine.startContainer(id)
    assert.equal((await inspected(engine, id)).pid, pid)
    await engine.stopContainer(id, 1000)
    await engine.stopContainer(id, 1000)
    const stopped = await inspected(engine, id)
    assert.deepEqual([stopped.status, stopped.pid, stopped.cgroupPaths], ['exited', 0, undefined])
    await engine.startContainer(id)
    assert.equal((await inspected(engine, id)).status, 'running')
  },

  'an unknown container refuses to start and to stop': async (engine) => {
    await assert.rejects(engine.startContainer('nothing'))
    await assert.rejects(engine.stopContainer('nothing', 0))
  },

  'labels find containers, running ones alone where asked': async (engine) => {
    const labels = { release: 'r1', tricky: 'a=b' }
    const up = await running(engine, { name: 'up', labels })
    const down = await engine.createContainer(spec({ name: 'down', labels }))
    await engine.createContainer(spec({ name: 'other', labels: { ...labels, tricky: 'other' } }))
    const found = await engine.listContainers({ labels })
    assert.deepEqual(found.map(({ id }) => id).toSorted(), [up, down].toSorted())
    const alive = await engine.listContainers({ labels, running: true })
    assert.deepEqual(
      alive.map(({ id }) => id),
      [up],
    )
  },

  'arming sets the restart policy, disarming takes it back': async (engine) => {
    const id = await running(engine)
    await engine.armContainer(id, 'unless-stopped')
    assert.equal((await inspected(engine, id)).restartPolicy, 'unless-stopped')
    await engine.armContainer(id, 'no')
    assert.equal((await inspected(engine, id)).restartPolicy, 'no')
  },

  'removing is refused while it runs, forced at once, and idempotent': async (engine) => {
    const id = await running(engine)
    await assert.rejects(engine.removeContainer(id, { force: false }))
    await engine.removeContainer(id, { force: true })
    await engine.removeContainer(id, { force: false })
    assert.equal(await engine.inspectContainer(id), undefined)
  },
}

describe('the simulated engine keeps what the real ones were asked for', () => {
  const contract = filesBelow('test/integration/engine/contract')
    .map((path) => readFileSync(join(ROOT, path), 'utf8'))
    .join('\n')

  for (const [name, keep] of Object.entries(PROMISES)) {
    test(name, async () => {
      assert.ok(contract.includes(`'${name}'`), 'the real engines are not asked this any more')
      await keep(new SimulatedNode({ [IMAGE]: {} }).engine)
    })
  }
})

const stores: Readonly<Record<string, () => StateStore>> = {
  'in memory': () => new MemoryState(new CrashPoints()),
  'in files': () => {
    const directory = mkdtempSync(join(tmpdir(), 'anneal-state-'))
    after(() => rmSync(directory, { recursive: true, force: true }))
    return new FileStateStore(directory)
  },
}

for (const [where, open] of Object.entries(stores)) {
  describe(`a node's state ${where}`, () => {
    test('is empty at first', async () => {
      const store = open()
      assert.deepEqual(await store.readJournal(), [])
      assert.deepEqual(await store.readHistory(), [])
      assert.equal(await store.readFile('nothing'), undefined)
      const { current, previous } = await store.readDeployments()
      assert.deepEqual([current, previous], [undefined, undefined])
    })

    test('gives the journal back in its order, until the next one is begun', async () => {
      const store = open()
      await store.startJournal()
      const entries = [0, 1, 2].map((sequence) => ({
        run: 'run',
        sequence,
        at: '2026-01-01T00:00:00.000Z',
        type: 'happened',
        data: { text: `line\n${sequence}` },
      }))
      for (const entry of entries) await store.appendJournal(entry)
      assert.deepEqual(await store.readJournal(), entries)
      await store.startJournal()
      assert.deepEqual(await store.readJournal(), [])
    })

    test('replaces the deployments as a whole', async () => {
      const store = open()
      const deployment = { releaseId: 'sha256:a', project: 'compute', services: [] }
      const first: Deployments = { version: 1, current: deployment, previous: undefined }
      await store.writeDeployments(first)
      await store.writeDeployments({ version: 1, current: undefined, previous: deployment })
      const { current, previous } = await store.readDeployments()
      assert.deepEqual([current, previous], [undefined, deployment])
    })

    test('chains the history: each record names the one before', async () => {
      const store = open()
      const records = ['1', '2'].map((run) => ({ run }) as HistoryRecord['record'])
      const hashes: string[] = []
      for (const record of records) hashes.push(await store.appendHistory(record))
      const history = await store.readHistory()
      assert.deepEqual(
        history.map((one) => one.hash),
        hashes,
      )
      assert.deepEqual(
        history.map((one) => one.record),
        records,
      )
      assert.equal(history[1]?.previousHash, hashes[0])
      assert.equal(history[0]?.previousHash, '0'.repeat(64))
    })

    test('keeps files by name, whatever is in it', async () => {
      const store = open()
      await store.saveFile('status-guest one/../two.xml', 'first')
      await store.saveFile('status-guest one/../two.xml', 'second')
      assert.equal(await store.readFile('status-guest one/../two.xml'), 'second')
    })
  })
}
