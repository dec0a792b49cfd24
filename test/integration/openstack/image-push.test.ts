import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { promisify } from 'node:util'
import { OpenStackLab } from '../../../lab/index.ts'
import { ROOT } from '../../../scripts/source/index.ts'
import type { Pushed } from '../../../src/runtime/image/push/index.ts'
import { suiteOfTests } from '../support/suite.ts'
import { makeAtomicImage, missingImagePrograms } from '../../fixtures/atomic-image.ts'
import type { MadeImage } from '../../fixtures/atomic-image.ts'

/** What `openstack image show` says of an image. */
type Shown = Readonly<{
  id: string
  name: string
  status: string
  container_format: string
  disk_format: string
  protected: boolean
  visibility: string
  size: number
  properties: Readonly<Record<string, string>>
}>

type Push = Pushed & Readonly<{ sentBytes: number }>

const ANNEAL = join(ROOT, 'anneal')
const missing = missingImagePrograms()

/** Real Keystone and Glance; what was pushed is looked at with OpenStack's own client. */
describe('anneal image push', { skip: missing === undefined ? false : `needs ${missing}` }, () => {
  let dir: string
  let lab: OpenStackLab
  let image: MadeImage

  before(async () => {
    dir = await mkdtemp(join(tmpdir(), 'anneal-push-'))
    ;[lab, image] = await Promise.all([
      OpenStackLab.up({ nodes: 0, ...suiteOfTests() }),
      makeAtomicImage({ layout: 'debian', dir }),
    ])
  })

  after(async () => {
    await lab?.down()
    await rm(dir, { recursive: true, force: true })
  })

  const environment = (): NodeJS.ProcessEnv => ({ ...process.env, ...lab.environment })

  async function anneal<T>(...argv: readonly string[]): Promise<T> {
    const options = { env: environment(), maxBuffer: 1e8 }
    const { stdout } = await promisify(execFile)(ANNEAL, [...argv, '--json'], options)
    return JSON.parse(stdout) as T
  }

  const push = (name: string, ...flags: readonly string[]): Promise<Push> =>
    anneal('image', 'push', image.path, '--name', name, ...flags)

  async function openstack<T>(...argv: readonly string[]): Promise<T> {
    const result = await lab.openstack([...argv, '-f', 'json'])
    assert.equal(result.exitCode, 0, result.stderr)
    return JSON.parse(result.stdout) as T
  }

  const show = (id: string | undefined): Promise<Shown> => openstack('image', 'show', id ?? '')

  async function names(): Promise<readonly string[]> {
    const images = await openstack<readonly { Name: string; Status: string }[]>('image', 'list')
    return images.map((one) => `${one.Name} ${one.Status}`).toSorted()
  }

  /** A push that is under way: its base is being sent. */
  async function underWay(name: string): Promise<ChildProcess> {
    const child = spawn(ANNEAL, ['image', 'push', image.path, '--name', name, '--progress', 'jsonl'], {
      env: environment(),
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    let text = ''
    await new Promise<void>((resolve, reject) => {
      // Read on after that: a full or closed pipe would stop the push.
      child.stderr.on('data', (part) => {
        text += String(part)
        if (/"event":"sent","role":"base"/.test(text)) resolve()
      })
      child.once('exit', () => reject(new Error(`it ended by itself: ${text}`)))
    })
    return child
  }

  async function end(child: ChildProcess, signal: 'SIGKILL' | 'SIGTERM'): Promise<unknown> {
    // The launcher hands its process over to Node, so that this is the process that uploads.
    child.kill(signal)
    const [code] = (await once(child, 'exit')) as [number | null]
    return code
  }

  test('kernel, ramdisk and base are there, wired together, with the digests of what the image holds', async () => {
    const { images } = await push('system', '--property', 'os_type=linux')
    const [kernel, ramdisk, base] = await Promise.all(images.map(({ id }) => show(id)))
    assert.ok(kernel && ramdisk && base)
    assert.deepEqual(
      [kernel, ramdisk, base].map((one) => [one.name, one.status, one.container_format, one.disk_format]),
      [
        ['system-kernel', 'active', 'aki', 'aki'],
        ['system-ramdisk', 'active', 'ari', 'ari'],
        ['system', 'active', 'ami', 'raw'],
      ],
    )
    const { properties } = base
    assert.equal(properties['kernel_id'], kernel.id)
    assert.equal(properties['ramdisk_id'], ramdisk.id)
    assert.equal(properties['os_distro'], 'debian')
    assert.equal(properties['os_type'], 'linux')
    for (const text of image.expected.arguments.filter((one) => !one.includes('$'))) {
      assert.ok(properties['kernel_cmdline']?.split(' ').includes(text), text)
    }
    const saved = join(dir, 'kernel')
    assert.equal((await lab.openstack(['image', 'save', '--file', saved, kernel.id])).exitCode, 0)
    const { stdout } = await promisify(execFile)('sha256sum', [saved])
    assert.equal(stdout.split(' ')[0], image.expected.kernel.sha256)
    // The same base by another way: through a pipe.
    const piped = await digestOfPipe(['image', 'convert', image.path, '-o', '-'])
    assert.equal(properties['os_hash_value'], piped.sha512)
    assert.equal(base.size, piped.sizeBytes)
  })

  test('a second push uploads nothing', async () => {
    const earlier = await names()
    const { images, sentBytes } = await push('system', '--property', 'os_type=linux')
    assert.equal(sentBytes, 0)
    assert.deepEqual(
      images.map(({ outcome }) => outcome),
      ['kept', 'kept', 'kept'],
    )
    assert.deepEqual(await names(), earlier)
  })

  test('a whole disk is one image that boots by itself', async () => {
    const { images } = await push('disk', '--whole-disk', '--protected')
    assert.equal(images.length, 1)
    const disk = await show(images[0]?.id)
    assert.deepEqual([disk.container_format, disk.disk_format, disk.protected], ['bare', 'qcow2', true])
    assert.equal(disk.properties['kernel_cmdline'], undefined)
  })

  for (const compression of ['zstd', 'zlib'] as const) {
    test(`a whole disk goes to Glance without its free space, packed with ${compression}, and is the same disk`, async () => {
      const packed = await push('packed', '--whole-disk', '--compression', compression)
      const id = packed.images[0]?.id ?? ''
      const { size } = await show(id)
      const raw = join(dir, 'whole.raw')
      const pipe = `${ANNEAL} image convert ${image.path} --whole-disk -o - > ${raw}`
      await promisify(execFile)('sh', ['-c', pipe])
      const { size: rawBytes, blocks } = await stat(raw)
      assert.deepEqual([packed.images[0]?.sizeBytes, packed.sentBytes], [rawBytes, size])
      assert.ok(size < blocks * 512, `${size} of ${blocks * 512} in use`)
      const saved = join(dir, `saved-${compression}.qcow2`)
      assert.equal((await lab.openstack(['image', 'save', '--file', saved, id])).exitCode, 0)
      await promisify(execFile)('qemu-img', ['check', saved])
      await promisify(execFile)('qemu-img', ['compare', raw, saved])
      const { stdout } = await promisify(execFile)('qemu-img', ['info', '--output=json', saved])
      const info = JSON.parse(stdout) as { 'format-specific': { data: { 'compression-type': string } } }
      assert.equal(info['format-specific'].data['compression-type'], compression)
      assert.equal(
        (await push('packed', '--whole-disk', '--compression', compression)).images[0]?.outcome,
        'kept',
      )
      await lab.openstack(['image', 'delete', id])
    })
  }

  test('a push that is killed leaves nothing under the final name, and the next one finishes it', async () => {
    assert.equal(await end(await underWay('killed'), 'SIGKILL'), null)
    assert.ok(
      (await names()).every((one) => !one.startsWith('killed ') || one.startsWith('killed (uploading)')),
    )
    const { removed, images } = await push('killed')
    assert.deepEqual(
      images.map(({ outcome }) => outcome),
      ['kept', 'kept', 'uploaded'],
    )
    // Where Glance had not yet noticed, the image is there until it is pruned.
    if (removed.length === 0) await anneal('image', 'prune', '--after', '1ms')
    assert.deepEqual(
      (await names()).filter((one) => one.startsWith('killed')),
      ['killed active'],
    )
  })

  test('a push that is interrupted takes back what it had begun', async () => {
    assert.equal(await end(await underWay('stopped'), 'SIGTERM'), 1)
    assert.deepEqual(
      (await names()).filter((one) => one.startsWith('stopped')),
      [],
    )
  })

  test('a Glance that dies during an upload leaves what a later push and prune deal with', async () => {
    const child = await underWay('orphan')
    const exit = once(child, 'exit')
    await lab.stopService('glance', 'abruptly')
    assert.equal(((await exit) as [number])[0], 8)
    await lab.startService('glance')
    await push('orphan')
    await anneal('image', 'prune', '--after', '1ms')
    assert.deepEqual(
      (await names()).filter((one) => one.startsWith('orphan')),
      ['orphan active'],
    )
  })

  test('prune takes the older set of a name, and neither kernels in use nor what is protected or of others', async () => {
    const created = await lab.openstack([
      'image',
      'create',
      '--container-format',
      'ami',
      '--disk-format',
      'raw',
      'mine',
    ])
    assert.equal(created.exitCode, 0, created.stderr)
    await push('system', '--property', 'os_type=other')
    const planned = await anneal<{ removed: readonly { name: string }[] }>(
      'image',
      'prune',
      '--older',
      '--dry-run',
    )
    const { removed } = await anneal<typeof planned>('image', 'prune', '--older')
    assert.deepEqual(removed, planned.removed)
    assert.deepEqual(
      removed.map(({ name }) => name),
      ['system'],
    )
    const left = (await names()).map((one) => one.replace(/ \w+$/, ''))
    for (const name of ['disk', 'mine', 'system', 'system-kernel']) assert.ok(left.includes(name), name)
    assert.equal(left.filter((name) => name === 'system').length, 1)
    const { sets } = await anneal<{
      sets: readonly { base: { name: string }; missing: readonly string[] }[]
    }>('image', 'list')
    assert.deepEqual(
      new Map(sets.map(({ base, missing: gone }) => [base.name, gone])),
      new Map([
        ['disk', []],
        ['killed', []],
        ['orphan', []],
        ['system', []],
      ]),
    )
  })

  /** What a command writes to its standard output. */
  async function digestOfPipe(argv: readonly string[]): Promise<{ sha512: string; sizeBytes: number }> {
    const child = spawn(ANNEAL, argv, { stdio: ['ignore', 'pipe', 'ignore'] })
    const hash = createHash('sha512')
    let sizeBytes = 0
    for await (const part of child.stdout as AsyncIterable<Buffer>) {
      hash.update(part)
      sizeBytes += part.length
    }
    return { sha512: hash.digest('hex'), sizeBytes }
  }
})
