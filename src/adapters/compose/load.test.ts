import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { isAnnealError } from '../../core/index.ts'
import { lintRelease } from '../../node/release/index.ts'
import { loadDraft, loadRelease } from './load.ts'
import type { LoadedDraft } from './load.ts'

const EXAMPLE = fileURLToPath(new URL('../../../examples/compute/compose.yaml', import.meta.url))
const OVS_EXAMPLE = fileURLToPath(new URL('../../../examples/compute-ovs/compose.yaml', import.meta.url))
const digest = (text: string): string => `sha256:${createHash('sha256').update(text).digest('hex')}`

let directory = ''
before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'anneal-compose-'))
})
after(() => rm(directory, { recursive: true }))

async function load(text: string, environment: Record<string, string> = {}): Promise<LoadedDraft> {
  const file = join(directory, 'compose.yaml')
  await writeFile(file, text)
  return loadDraft(file, { environment })
}

/** `line:column path CODE` of each problem listed. */
async function problems(text: string, environment: Record<string, string> = {}): Promise<readonly string[]> {
  const error: unknown = await load(text, environment).then(
    () => undefined,
    (reason: unknown) => reason,
  )
  assert.ok(isAnnealError(error, 'RELEASE_INVALID'), String(error))
  const listed = error.data['problems'] as readonly string[]
  const codes = error.data['codes'] as readonly string[]
  return listed.map((line, index) => {
    const [, place, path] = /^\S+?:(\d+:\d+) ([^:]+(?:\[".*"\])?): /.exec(line) ?? []
    return `${place} ${path} ${codes[index]}`
  })
}

test('the example of a compute node is a release: libvirt stops last and starts right after virtlogd', async () => {
  const { draft, notices } = await loadDraft(EXAMPLE, { environment: {} })
  assert.deepEqual(
    draft.services.map((service) => service.name),
    ['virtlogd', 'libvirt', 'network', 'compute'],
  )
  assert.deepEqual(notices, [])
  assert.equal(draft.libvirt?.service, 'libvirt')
  assert.deepEqual(
    draft.services.map((service) => service.replace),
    ['when-idle', 'always', 'always', 'always'],
  )
})

test('the example with Open vSwitch keeps the switch while guests run, and starts it before libvirt', async () => {
  const environment = { ANNEAL_OPENVSWITCH: 'trixie' }
  const { draft, notices } = await loadDraft(OVS_EXAMPLE, { environment })
  assert.deepEqual(notices, [])
  assert.deepEqual(
    draft.services.map(({ name, replace }) => `${name} ${replace}`),
    [
      'ovsdb when-idle',
      'vswitchd when-idle',
      'virtlogd when-idle',
      'libvirt always',
      'network always',
      'compute always',
    ],
  )
  assert.deepEqual(
    draft.services.filter(({ image }) => image.endsWith(':trixie')).map(({ name }) => name),
    ['ovsdb', 'vswitchd'],
  )
})

for (const [title, file] of [
  ['the example', EXAMPLE],
  ['the example with Open vSwitch', OVS_EXAMPLE],
] as const) {
  test(`nothing speaks against ${title}`, async () => {
    const { draft, notices } = await loadDraft(file, { environment: {} })
    assert.deepEqual(lintRelease(draft, notices), [])
  })

  test(`every container of ${title} is on the host’s network and in its pid namespace`, async () => {
    const { draft } = await loadDraft(file, { environment: {} })
    for (const { container } of draft.services)
      assert.deepEqual([container.networkMode, container.pidMode], ['host', 'host'])
  })
}

test('a release that is not pinned is refused with the command that pins it', async () => {
  await assert.rejects(loadRelease(EXAMPLE, { environment: {}, digest }), (error) => {
    assert.ok(isAnnealError(error, 'RELEASE_UNPINNED'))
    assert.match(error.remedy, /anneal node lock .*compose\.yaml/)
    return true
  })
})

test('a release never holds a secret, however it is pinned', async () => {
  const file = join(directory, 'secret.yaml')
  const image = `a/b@sha256:${'0'.repeat(64)}`
  const text = `name: a\nservices: {s: {image: "${image}", network_mode: host, environment: {DB: "mysql://u:hunter2@h"}}}\n`
  await writeFile(file, text)
  await assert.rejects(loadRelease(file, { environment: {}, digest }), (error) => {
    assert.ok(isAnnealError(error, 'RELEASE_HOLDS_SECRETS'))
    assert.match(error.message, /s: DB/)
    assert.doesNotMatch(JSON.stringify([error.message, error.data]), /hunter2/)
    return true
  })
  await writeFile(file, text.replace('environment:', 'x-anneal: {publicEnvironment: [DB]}, environment:'))
  assert.match((await loadRelease(file, { environment: {}, digest })).id, /^sha256:/)
})

test('all problems of a file are reported together: place, path, expectation and remedy', async () => {
  const text = `name: compute
services:
  libvirt:
    image: a/b:\${TAG}
    net: host
    volumse: [/run:/run]
    volumes:
      - {type: bnd, source: /x, target: /x}
    healthcheck: {test: 3, intervall: 1s}
    command: {a: 1}
    depends_on: {other: {}}
    x-anneal:
      replace: sometimes
      ready:
        - {unix: /x, tcp: 'a:1'}
  my service: {image: x}
networks: 3
`
  assert.deepEqual(await problems(text), [
    '4:12 services.libvirt.image VARIABLE_MISSING',
    '5:5 services.libvirt.net SCHEMA_UNKNOWN_KEY',
    '6:5 services.libvirt.volumse SCHEMA_UNKNOWN_KEY',
    '8:16 services.libvirt.volumes[0].type SCHEMA_VALUE',
    '9:25 services.libvirt.healthcheck.test SCHEMA_VALUE',
    '9:28 services.libvirt.healthcheck.intervall SCHEMA_UNKNOWN_KEY',
    '10:14 services.libvirt.command SCHEMA_VALUE',
    '11:18 services.libvirt.depends_on.other SCHEMA_KEY_MISSING',
    '13:16 services.libvirt.x-anneal.replace SCHEMA_VALUE',
    '15:11 services.libvirt.x-anneal.ready[0] SCHEMA_VALUE',
    '16:3 services["my service"] SCHEMA_UNKNOWN_KEY',
    '17:11 networks SCHEMA_VALUE',
  ])
})

test('a key with a slip gets the key that was meant, and an old one its name of today', async () => {
  const text = 'name: a\nservices: {s: {image: a, network_mode: host, volumse: [], net: host, foo: 1}}\n'
  await assert.rejects(load(text), (error) => {
    assert.ok(isAnnealError(error))
    assert.match(error.message, /did you mean "volumes"\?/)
    assert.match(error.message, /write network_mode;/)
    assert.match(error.message, /remove it, or begin it with x-/)
    return true
  })
})

test('semantic problems have places as well', async () => {
  const text = `name: compute
services:
  libvirt:
    image: a/b:1
    network_mode: host
    links: [x]
    volumes:
      - /data
    environment:
      - PASSWORD
    env_file: nope.env
`
  assert.deepEqual(await problems(text), [
    '6:5 services.libvirt.links UNSUPPORTED',
    '8:9 services.libvirt.volumes[0] VOLUME_ANONYMOUS',
    '10:7 services.libvirt.environment VARIABLE_MISSING',
    '11:15 services.libvirt.env_file ENV_FILE_UNREADABLE',
  ])
})

test('a value that came through an alias is pointed at where it stands', async () => {
  const text = 'name: a\nx-s: &s\n  network_mode: container:x\nservices:\n  s:\n    <<: *s\n    image: a:1\n'
  assert.deepEqual(await problems(text), ['3:17 services.s.network_mode UNSUPPORTED'])
})

test('extension fields are allowed everywhere, and dollars in foreign ones are left alone', async () => {
  const { draft } = await load(
    'name: a\nx-note: "costs 5$ or ${MORE"\nservices: {s: {image: a, network_mode: host, x-more: {a: $}}}\n',
  )
  assert.equal(draft.services.length, 1)
})

test('variables come from the environment, then from the .env file beside the Compose file', async () => {
  const text =
    'name: a\nservices: {s: {image: "a:${TAG}", network_mode: host, command: ["${B}"], privileged: "${P}"}}\n'
  await writeFile(join(directory, '.env'), 'TAG=1\nB="two words"\nP=true\n')
  try {
    const { draft } = await load(text, { TAG: '2' })
    assert.equal(draft.services[0]?.image, 'a:2')
    assert.deepEqual(draft.services[0]?.container.command, ['two words'])
    assert.equal(draft.services[0]?.container.privileged, true)
  } finally {
    await rm(join(directory, '.env'))
  }
})

test('env files are read in order, raw where they say so, and may be missing where they say so', async () => {
  await writeFile(join(directory, 'one.env'), 'A="1"\nB=1\n')
  await writeFile(join(directory, 'two.env'), 'B="2"\n')
  const text = `name: a
services:
  s:
    image: a
    network_mode: host
    env_file: [one.env, {path: two.env, format: raw}, {path: three.env, required: false}]
`
  const { draft } = await load(text)
  assert.deepEqual(draft.services[0]?.container.environment, { A: '1', B: '"2"' })
})

test('no error tells a value of the environment', async () => {
  await writeFile(join(directory, 'bad.env'), 'OK=1\nhunter2 is no line\n')
  const head = 'name: a\nservices:\n  s:\n    image: a\n    network_mode: host\n'
  for (const tail of [
    '    environment: {PASSWORD: [hunter2]}\n',
    '    environment: [PASSWORD=hunter2, PASSWORD=hunter2]\n',
    '    environment: {PASSWORD: hunter2}\n    labels: 3\n',
    '    env_file: bad.env\n',
    '    command: "x --password hunter2 \'"\n',
    '    environment: {P: "${hunter2!}"}\n'.replace('${hunter2!}', '$ hunter2'),
  ]) {
    await assert.rejects(load(head + tail), (error) => {
      assert.ok(isAnnealError(error, 'RELEASE_INVALID'))
      assert.doesNotMatch(JSON.stringify([error.message, error.data, error.remedy]), /hunter2/)
      return true
    })
  }
})

test('a missing file, a directory and a file that is too long are errors that say so', async () => {
  const of = (file: string): Promise<unknown> => loadDraft(file, { environment: {} })
  await assert.rejects(of(join(directory, 'nope.yaml')), {
    code: 'COMPOSE_FILE_UNREADABLE',
    message: /does not exist/,
  })
  await assert.rejects(of(directory), { code: 'COMPOSE_FILE_UNREADABLE', message: /is a directory/ })
  await writeFile(join(directory, 'long.yaml'), 'x'.repeat(300_000))
  await assert.rejects(of(join(directory, 'long.yaml')), {
    code: 'COMPOSE_FILE_UNREADABLE',
    message: /larger than/,
  })
})
