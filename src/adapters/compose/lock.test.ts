import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import type { ImageFacts } from '../../ports/index.ts'
import { loadRelease } from './load.ts'
import { lock, lockedName, writeLocked } from './lock.ts'
import type { ImageSource, LockOptions, Locked } from './lock.ts'

const hex = (digit: string): string => `sha256:${digit.repeat(64)}`
const digest = (text: string): string => `sha256:${createHash('sha256').update(text).digest('hex')}`

/** An engine that holds some images, and a registry that has others. */
function engine(
  held: Record<string, Partial<ImageFacts>>,
  registry: Record<string, Partial<ImageFacts>> = {},
): ImageSource & { pulled: string[] } {
  const pulled: string[] = []
  const facts = (some: Partial<ImageFacts>): ImageFacts => ({
    id: hex('1'),
    repoDigests: [],
    tags: [],
    labels: {},
    sizeBytes: 1,
    architecture: 'amd64',
    user: '',
    ...some,
  })
  return {
    pulled,
    inspectImage: async (reference) => (held[reference] === undefined ? undefined : facts(held[reference])),
    pullImage: async (reference) => {
      pulled.push(reference)
      const found = registry[reference]
      if (found === undefined) throw new Error('manifest unknown')
      return facts(found)
    },
  }
}

let directory = ''
before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'anneal-lock-'))
})
after(() => rm(directory, { recursive: true }))

async function lockText(
  text: string,
  source: ImageSource,
  options: Partial<LockOptions> = {},
): Promise<Locked> {
  const file = join(directory, 'compose.yaml')
  await writeFile(file, text)
  return lock(file, source, { environment: {}, digest, pull: 'missing', ...options })
}

const TEXT = `# A node.
name: compute   # its project

x-image: &image quay.io/a/libvirt:\${TAG:-1.0}

services:
  virtlogd: # first
    image: *image
    command: ['virtlogd', "\${LEVEL:-3}", '$$HOME']
    network_mode: host
  libvirt: {image: "quay.io/a/libvirt:\${TAG:-1.0}", network_mode: host}
  local:
    image: localhost/x:1 # built here
    network_mode: host
    entrypoint: |
      sh -c 'echo "\${LEVEL:-3}"'
    environment:
      - REGION
      - ZONE=a
  pinned:
    image: b/c@${hex('c')}
    network_mode: host
    environment:
      REGION:
      NUMBER: '\${NUMBER:-007}'
      TRUTH: \${TRUTH:-yes}
`
const SOURCE = engine({
  'quay.io/a/libvirt:1.0': { repoDigests: [`quay.io/a/libvirt@${hex('a')}`] },
  'localhost/x:1': { id: hex('2'), repoDigests: [`localhost/x@${hex('b')}`] },
})

test('images are pinned and variables replaced, and nothing else of the file changes', async () => {
  const { text, images } = await lockText(TEXT, SOURCE, { environment: { REGION: 'eu "1"' } })
  assert.equal(
    text,
    `# Locked by \`anneal node lock\`: change the file it was made from, and lock again.
# A node.
name: compute   # its project

x-image: &image quay.io/a/libvirt@${hex('a')} # quay.io/a/libvirt:1.0

services:
  virtlogd: # first
    image: *image
    command: ['virtlogd', "3", '$$HOME']
    network_mode: host
  libvirt: {image: "quay.io/a/libvirt@${hex('a')}", network_mode: host}
  local:
    image: ${hex('2')} # built here
    network_mode: host
    entrypoint: "sh -c 'echo \\"3\\"'\\n"
    environment:
      - "REGION=eu \\"1\\""
      - ZONE=a
  pinned:
    image: b/c@${hex('c')}
    network_mode: host
    environment:
      REGION: "eu \\"1\\""
      NUMBER: '007'
      TRUTH: "yes"
`,
  )
  assert.deepEqual(images, [
    {
      services: ['libvirt', 'virtlogd'],
      image: 'quay.io/a/libvirt:1.0',
      pinned: `quay.io/a/libvirt@${hex('a')}`,
      by: 'digest',
    },
    { services: ['local'], image: 'localhost/x:1', pinned: hex('2'), by: 'id' },
  ])
})

test('a locked file is a release of the same id in any environment, and locking it again changes nothing', async () => {
  const { text, release } = await lockText(TEXT, SOURCE, { environment: { REGION: 'eu' } })
  const file = join(directory, 'again.yaml')
  await writeFile(file, text)
  const environment = { TAG: '9', LEVEL: '9', REGION: 'us', NUMBER: '9' }
  assert.equal((await loadRelease(file, { environment, digest })).id, release.id)
  const again = await lock(file, engine({}), { environment, digest, pull: 'always' })
  assert.equal(again.text, text)
  assert.equal(again.release.id, release.id)
  assert.deepEqual(again.images, [])
})

const SMALL = 'name: a\nservices: {s: {image: "q.io/x:1", network_mode: host}}\n'

test('an image that the engine lacks is pulled, and with `always` a newer one is looked for', async () => {
  const registry = { 'q.io/x:1': { id: hex('3'), repoDigests: [`q.io/x@${hex('d')}`] } }
  const empty = engine({}, registry)
  assert.match((await lockText(SMALL, empty)).text, new RegExp(`q.io/x@${hex('d')}`))
  const old = engine({ 'q.io/x:1': { repoDigests: [`q.io/x@${hex('e')}`] } }, registry)
  assert.match((await lockText(SMALL, old)).text, new RegExp(`q.io/x@${hex('e')}`))
  assert.deepEqual(old.pulled, [])
  assert.match((await lockText(SMALL, old, { pull: 'always' })).text, new RegExp(`q.io/x@${hex('d')}`))
})

test('an image that was only ever built here is pinned by its id, also when newer ones are asked for', async () => {
  const { images } = await lockText(SMALL, engine({ 'q.io/x:1': { id: hex('4') } }), { pull: 'always' })
  assert.deepEqual([images[0]?.pinned, images[0]?.by], [hex('4'), 'id'])
})

test('an image that does not exist is reported with its services', async () => {
  await assert.rejects(lockText(SMALL, engine({})), {
    code: 'LOCK_IMAGE_UNKNOWN',
    message: /"q\.io\/x:1" of s/,
  })
})

test('secrets are never written into a locked file', async () => {
  const secret =
    'name: a\nservices: {s: {image: "q.io/x:1", network_mode: host, environment: {A_PASSWORD: "${P}"}}}\n'
  await assert.rejects(
    lockText(secret, SOURCE, { environment: { P: 'hunter2' } }),
    (error: Error & { code?: string }) => {
      assert.equal(error.code, 'RELEASE_HOLDS_SECRETS')
      assert.match(error.message, /s: A_PASSWORD/)
      assert.doesNotMatch(JSON.stringify(error) + error.message, /hunter2/)
      return true
    },
  )
})

test('a missing variable stops the lock', async () => {
  await assert.rejects(lockText(SMALL.replace('x:1', 'x:${TAG}'), SOURCE), {
    code: 'RELEASE_INVALID',
    message: /TAG/,
  })
})

test('a locked file in another directory must not mean other files', async () => {
  const text = `name: a\nservices: {s: {image: "b@${hex('a')}", network_mode: host, volumes: ["./x:/x"]}}\n`
  await mkdir(join(directory, 'other'), { recursive: true })
  const output = join(directory, 'other', 'compose.locked.yaml')
  await assert.rejects(lockText(text, SOURCE, { output }), { code: 'LOCK_MOVES_PATHS' })
  assert.equal((await lockText(text.replace('./x', '/x'), SOURCE, { output })).output, output)
})

test('the locked file lies beside the other one and replaces only its like', async () => {
  assert.equal(lockedName('a/compose.yaml'), 'a/compose.locked.yaml')
  assert.equal(lockedName('compose.locked.yml'), 'compose.locked.yml')
  assert.equal(lockedName('fig'), 'fig.locked.yaml')

  const output = join(directory, 'written.yaml')
  const { text } = await lockText(
    `name: a\nservices: {s: {image: "b@${hex('a')}", network_mode: host}}\n`,
    SOURCE,
  )
  await writeLocked({ output, text })
  await writeLocked({ output, text })
  assert.equal(await readFile(output, 'utf8'), text)
  await writeFile(output, 'mine\n')
  await assert.rejects(writeLocked({ output, text }), { code: 'COMPOSE_FILE_EXISTS' })
  assert.equal(await readFile(output, 'utf8'), 'mine\n')
  await assert.rejects(writeLocked({ output: join(directory, 'nowhere', 'x.yaml'), text }), {
    code: 'COMPOSE_FILE_UNWRITABLE',
  })
  assert.deepEqual(
    (await readdir(directory)).filter((name) => name.startsWith('.')),
    [],
  )
})
