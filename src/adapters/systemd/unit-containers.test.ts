import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'

import { isAnnealError } from '../../core/index.ts'
import type { Container, ServiceUnit } from '../../node/index.ts'
import type { NodeEngine } from '../../ports/index.ts'
import { removeDropIn, writeDropIn } from './drop-in.ts'
import { withUnitContainers } from './unit-containers.ts'

const NAME = 'nova_compute'
const UNIT = 'edpm_nova_compute.service'

const dir = mkdtempSync(join(tmpdir(), 'anneal-made-'))
test.after(() => rmSync(dir, { recursive: true }))

/** A node on which a unit creates its container at each start, with `--rm`. */
function node(of: Readonly<{ makes?: false; wanted?: true; waits?: true }> = {}) {
  const root = mkdtempSync(join(dir, 'root-'))
  const files = new Map<string, string>()
  let [run, disarmed, up] = [1, false, true]
  let waits = false
  const container = (): Container =>
    ({
      id: `id-${run}`,
      name: NAME,
      status: 'running',
      pid: 7,
      autoRemove: true,
      restartPolicy: 'no',
      imageId: 'sha256:1',
    }) as Container
  const unit = (): ServiceUnit => ({
    name: UNIT,
    activeState: up || waits ? 'active' : 'inactive',
    fileState: 'generated',
    restart: 'always',
    wantedBy: ['multi-user.target'],
    triggeredBy: [],
    starts: [`/usr/bin/podman run --name ${NAME} --rm img`],
    stops: [],
    scripts: [],
    source: '',
    ...(disarmed ? { disarmed } : {}),
  })
  const calls: string[] = []
  const units = {
    services: () => Promise.resolve([unit()]),
    disarm: (name: string): void => {
      writeDropIn(root, name)
      disarmed = true
    },
    rearm: (name: string) => {
      calls.push(`rearm ${name}`)
      removeDropIn(root, name)
      disarmed = false
      return Promise.resolve()
    },
    endMain: (name: string) => {
      calls.push(`end ${name}`)
      waits = false
      return Promise.resolve()
    },
    start: (name: string) => {
      calls.push(`start ${name}`)
      up = of.makes !== false && !waits
      run += 1
      return Promise.resolve()
    },
  }
  const engine = {
    kind: 'podman',
    listContainers: () => Promise.resolve(up ? [container()] : []),
    inspectContainer: (name: string) =>
      Promise.resolve(up && [NAME, container().id].includes(name) ? container() : undefined),
    stopContainer: (id: string) => {
      calls.push(`stop ${id}`)
      up = false
      waits = of.waits === true
      return Promise.resolve()
    },
    startContainer: (id: string) => Promise.reject(new Error(`no container ${id}`)),
    armContainer: () => Promise.resolve(),
  } as unknown as NodeEngine
  const options = {
    units,
    root,
    startMs: 300,
    isWanted: () => Promise.resolve(of.wanted === true),
    state: {
      readFile: (name: string) => Promise.resolve(files.get(name)),
      saveFile: (name: string, text: string) => Promise.resolve(void files.set(name, text)),
    },
  }
  return { engine: withUnitContainers(engine, options), units, calls, files, die: () => (up = false) }
}

test('the engine lists a container that its unit creates as stopped, and starting it starts the unit', async () => {
  const { engine, units, calls } = node()
  assert.equal((await engine.inspectContainer(NAME))?.status, 'running')
  units.disarm(UNIT)
  await engine.armContainer('id-1', 'no')
  await engine.stopContainer('id-1', 1000)
  const kept = await engine.inspectContainer(NAME)
  assert.deepEqual(
    [kept?.id, kept?.status, kept?.pid, kept?.imageId],
    [`unit:${NAME}`, 'exited', 0, 'sha256:1'],
  )
  assert.deepEqual(
    (await engine.listContainers({})).map(({ name, status }) => `${name} ${status}`),
    [`${NAME} exited`],
  )
  assert.deepEqual(await engine.listContainers({ running: true }), [])
  await engine.stopContainer(kept?.id ?? '', 1000)
  await engine.removeContainer(kept?.id ?? '', { force: false })
  await engine.startContainer(kept?.id ?? '')
  assert.deepEqual(calls, ['stop id-1', `rearm ${UNIT}`, `start ${UNIT}`])
  assert.equal((await engine.inspectContainer(NAME))?.id, 'id-2')
  assert.equal((await engine.listContainers({})).length, 1)
})

test('one that ends by itself once its unit is disarmed is not lost', async () => {
  const { engine, units, die } = node()
  units.disarm(UNIT)
  await engine.armContainer('id-1', 'no')
  die()
  assert.equal((await engine.inspectContainer(NAME))?.status, 'exited')
})

test('the engine does not list a container whose unit acts, unless the node’s memory names it', async () => {
  for (const wanted of [false, true]) {
    const { engine, units } = node(wanted ? { wanted } : {})
    units.disarm(UNIT)
    await engine.stopContainer('id-1', 1000)
    await units.rearm(UNIT)
    assert.equal((await engine.inspectContainer(NAME))?.status, wanted ? 'exited' : undefined)
    assert.equal((await engine.listContainers({})).length, wanted ? 1 : 0)
  }
})

test('a container is not kept where its unit would not make it again', async () => {
  const { engine, files } = node()
  await engine.stopContainer('id-1', 1000)
  assert.equal(files.size, 0)
  assert.equal(await engine.inspectContainer(NAME), undefined)
})

test('a unit that comes up without its container is an error', async () => {
  const { engine, units } = node({ makes: false })
  units.disarm(UNIT)
  await engine.stopContainer('id-1', 1000)
  await assert.rejects(
    engine.startContainer(`unit:${NAME}`),
    (error) => isAnnealError(error) && error.code === 'UNIT_MADE_NO_CONTAINER',
  )
})

test('a unit that still waits for a guest of its earlier container ends before it is started', async () => {
  const { engine, units, calls } = node({ waits: true })
  units.disarm(UNIT)
  await engine.stopContainer('id-1', 1000)
  await engine.startContainer(`unit:${NAME}`)
  assert.deepEqual(calls, ['stop id-1', `end ${UNIT}`, `rearm ${UNIT}`, `start ${UNIT}`])
  assert.equal((await engine.inspectContainer(NAME))?.status, 'running')
})
