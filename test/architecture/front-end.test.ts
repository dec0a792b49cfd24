import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { SimulatedNode } from '../../src/adapters/simulated/index.ts'
import { previewUpgrade, upgradeNode } from '../../src/app/node/index.ts'
import { releaseFile } from '../../src/app/node/release/index.ts'
import { Module, readModulesBelow } from '../../scripts/source/index.ts'
import { frontEnd } from './front-end/index.ts'

const IMAGE = join(import.meta.dirname, 'front-end', 'fixtures', 'small.img.zst')

const directory = mkdtempSync(join(tmpdir(), 'anneal-front-end-'))
const nodes = new Map(['one', 'two'].map((name) => [name, simulated()]))
const server = frontEnd(new Map([...nodes].map(([name, node]) => [name, node.world()])))

before(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)))
after(() => {
  server.close()
  rmSync(directory, { recursive: true })
})

type Line = Readonly<{ event?: string; result?: never; error?: Readonly<{ code: string }> }>

/** The lines of the answer. */
async function ask(path: string, body?: object): Promise<readonly Line[]> {
  const { port } = server.address() as AddressInfo
  const init = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }
  const text = await (await fetch(`http://127.0.0.1:${port}${path}`, init)).text()
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Line)
}

function idOf(image: string): string {
  return `sha256:${createHash('sha256').update(image).digest('hex')}`
}

function simulated(): SimulatedNode {
  const libvirt = { libvirt: '9.0.0', flags: [] }
  return new SimulatedNode({ [idOf('libvirt-1')]: libvirt, [idOf('libvirt-2')]: libvirt })
}

/** A locked Compose file with one libvirt. */
function composeFile(image: string): string {
  const file = join(directory, `${image}.yaml`)
  const text = `name: compute
services:
  libvirt:
    image: ${idOf(image)}
    privileged: true
    network_mode: host
    pid: host
    cgroup: host
    restart: unless-stopped
    volumes:
      - /sys/fs/cgroup:/sys/fs/cgroup
      - /run/libvirt:/run/libvirt
      - /var/lib/libvirt:/var/lib/libvirt
      - /var/log/libvirt:/var/log/libvirt
x-anneal:
  libvirt:
    service: libvirt
    socket: /run/libvirt/libvirt-sock
`
  writeFileSync(file, text)
  return file
}

test('another way in upgrades two nodes in one process, each to its own release', async () => {
  const first = composeFile('libvirt-1')
  const deployed = await Promise.all(
    [...nodes.keys()].map((name) => ask(`/nodes/${name}/upgrade`, { file: first })),
  )
  for (const lines of deployed) assert.equal(outcomeOf(lines), 'committed', JSON.stringify(lines.at(-1)))

  nodes.get('one')?.startGuest('guest')
  nodes.get('two')?.startGuest('guest')
  const lines = await ask('/nodes/one/upgrade', { file: composeFile('libvirt-2') })
  assert.equal(outcomeOf(lines), 'committed', JSON.stringify(lines.at(-1)))
  assert.equal(lines[0]?.event, 'planned')
  assert.ok(lines.filter(({ event }) => event === 'intended').length > 5, 'it tells what it does')

  const [one, two] = await Promise.all(['one', 'two'].map((name) => ask(`/nodes/${name}`)))
  assert.deepEqual(imagesOf(one), [idOf('libvirt-2')])
  assert.deepEqual(imagesOf(two), [idOf('libvirt-1')])
  for (const node of nodes.values())
    assert.deepEqual(
      node.guests.map(({ alive }) => alive),
      [true],
    )
})

test('a preview shows the rescue where guests need one and it was asked for', async () => {
  const node = simulated()
  const world = node.world()
  const wishes = (image: string) => ({
    release: () => releaseFile(composeFile(image), { environment: {} }),
  })
  await upgradeNode(world, wishes('libvirt-1'))
  const steps = async (rescue: boolean): Promise<readonly string[]> => {
    const { effects } = await previewUpgrade(world, { ...wishes('libvirt-2'), rescue })
    return effects.map(({ kind }) => kind).filter((kind) => kind === 'rescue' || kind === 'check')
  }
  assert.deepEqual(await steps(true), ['check'])
  node.startGuest('inside', node.engine.running()[0]?.id)
  assert.deepEqual(await steps(true), ['check', 'rescue', 'check'])
  assert.deepEqual(await steps(false), ['check'])
})

function outcomeOf(lines: readonly Line[]): string | undefined {
  return (lines.at(-1)?.result as { report?: { outcome: string } } | undefined)?.report?.outcome
}

function imagesOf(lines: readonly Line[] | undefined): readonly string[] | undefined {
  const status = lines?.at(-1)?.result as { services: readonly { image: string }[] } | undefined
  return status?.services.map(({ image }) => image)
}

test('another way in inspects and converts an image', async () => {
  const [inspected] = await ask('/inspect', { image: IMAGE })
  const commandLine = 'root=UUID=6d5f4b1e-0000-4000-8000-00000000a11e ro quiet'
  assert.equal((inspected?.result as { commandLine?: string } | undefined)?.commandLine, commandLine)

  const out = join(directory, 'converted')
  const lines = await ask('/convert', { image: IMAGE, directory: out })
  assert.ok(lines.some(({ event }) => event === 'converted'))
  const made = lines.at(-1)?.result as { boot: { kernel: { sha256: string } } } | undefined
  const kernel = readFileSync(join(out, 'kernel'))
  assert.equal(kernel.toString('latin1'), 'k'.repeat(40_000))
  assert.equal(made?.boot.kernel.sha256, createHash('sha256').update(kernel).digest('hex'))
  assert.deepEqual(
    ['ramdisk', 'base.raw', 'base.raw.bmap', 'boot.json'].map((name) => existsSync(join(out, name))),
    [true, true, true, true],
  )

  const again = await ask('/convert', { image: IMAGE, directory: out })
  assert.equal(again.at(-1)?.error?.code, 'OUTPUT_EXISTS')
})

/** Of the house, another way in needs the use cases; the core; and the types that describe what they take and give. */
function strangersIn(modules: readonly Module[]): readonly string[] {
  return modules.flatMap(({ path, references }) =>
    references.flatMap(({ target, specifier }) =>
      target === undefined || /^src\/(app|core|ports)\//.test(target) || target.startsWith('test/')
        ? []
        : [`${path} imports ${specifier}`],
    ),
  )
}

test('another way in needs nothing of the command line, the runtime or an adapter', () => {
  const modules = readModulesBelow('test/architecture/front-end')
  assert.ok(modules.length > 0)
  assert.deepEqual(strangersIn(modules), [])
  for (const room of ['cli', 'runtime', 'adapters/docker']) {
    const module = new Module('test/architecture/front-end/a.ts', `import '../../../src/${room}/index.ts'`)
    assert.equal(strangersIn([module]).length, 1, room)
  }
})
