import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { isAnnealError } from '../../core/index.ts'
import { readFile, walkPath } from '../../formats/filesystem/index.ts'
import type { FileSystem } from '../../formats/filesystem/index.ts'
import { digestOf, packLayer, writeLayout } from '../../../test/fixtures/oci-layout.ts'
import { writeTar } from '../../../test/fixtures/tar-writer.ts'
import { openContainer } from './index.ts'

const directory = mkdtempSync(join(tmpdir(), 'anneal-container-'))
after(() => rmSync(directory, { recursive: true }))
let count = 0

const LOWER = writeTar([
  { path: 'etc/', type: '5' },
  { path: 'etc/a', content: 'lower' },
  { path: 'etc/gone', content: 'x' },
  { path: 'large', content: Buffer.alloc(3_000_000, 'some text, ') },
])
const UPPER = writeTar([{ path: 'etc/a', content: 'upper' }, { path: 'etc/.wh.gone' }])

function layout(
  ...[layers = [LOWER, UPPER], options]: Partial<
    Parameters<typeof writeLayout> extends [string, ...infer R] ? R : never
  >
): string {
  count += 1
  const path = join(directory, String(count))
  writeLayout(path, layers, options)
  return path
}

async function textOf(fs: FileSystem, path: string): Promise<string> {
  const { id } = await walkPath(fs, path, { lastLink: 'follow' })
  return Buffer.from(await readFile(fs, id, { path, limitBytes: 10_000_000 })).toString()
}

const has =
  (code: string, words = /./) =>
  (error: unknown): boolean =>
    isAnnealError(error, code) && words.test(error.message)
const opening = async (location: string, options?: Parameters<typeof openContainer>[1]): Promise<void> => {
  await using _ = await openContainer(location, options)
}

describe('an image in an OCI layout', () => {
  for (const form of ['gzip', 'zstd', 'none'] as const) {
    test(`layers of the form ${form} are read at random positions, and leave no file behind`, async () => {
      const path = layout([LOWER, UPPER], { forms: [form], labels: { 'a.b': 'c' } })
      const temporary = mkdtempSync(join(directory, 'temporary-'))
      await using image = await openContainer(`oci:${path}:a`, { temporaryDirectory: temporary })
      const { fileSystem: fs, labels, layers, format } = image
      assert.deepEqual(
        [format, labels, layers.map(({ compression }) => compression)],
        ['oci', { 'a.b': 'c' }, [form, form]],
      )
      assert.equal(await textOf(fs, '/etc/a'), 'upper')
      assert.equal((await textOf(fs, '/large')).length, 3_000_000)
      const { id } = await walkPath(fs, '/large', { lastLink: 'follow' })
      const source = await fs.open(id)
      for (const at of [2_900_000, 1_000_000, 2_000_000, 5, 2_500_000, 100]) {
        const expected = Buffer.alloc(3_000_000, 'some text, ').subarray(at, at + 1000)
        assert.ok(expected.equals(await source.read(at, 1000)), `at ${at}`)
      }
      await assert.rejects(walkPath(fs, '/etc/gone', { lastLink: 'keep' }), has('PATH_NOT_FOUND'))
      assert.deepEqual(readdirSync(temporary), [])
    })
  }

  test('an image for several platforms gives that of the machine, or the one asked for', async () => {
    const path = layout()
    const arm = writeLayout(path, [UPPER], { architecture: 'arm64' })
    const intel = writeLayout(path, [LOWER], { architecture: 'amd64' })
    const index = (manifests: readonly unknown[]): void => {
      const bytes = Buffer.from(
        JSON.stringify({ schemaVersion: 2, mediaType: 'application/vnd.oci.image.index.v1+json', manifests }),
      )
      const digest = digestOf(bytes)
      writeFileSync(join(path, 'blobs', digest.replace(':', '/')), bytes)
      const top = { mediaType: 'application/vnd.oci.image.index.v1+json', digest, size: bytes.length }
      writeFileSync(join(path, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests: [top] }))
    }
    const on = (architecture: string, os = 'linux') => ({ platform: { os, architecture } })
    index([
      { ...arm, ...on('arm64') },
      { ...intel, ...on('amd64') },
      { ...arm, ...on('unknown', 'unknown') },
    ])
    const archOf = async (platform?: {
      os: string
      architecture: string
      variant: string
    }): Promise<string> => {
      await using image = await openContainer(`oci:${path}`, platform && { platform })
      return image.platform.architecture
    }
    assert.equal(await archOf({ os: 'linux', architecture: 'arm64', variant: '' }), 'arm64')
    assert.equal(await archOf({ os: 'linux', architecture: 'amd64', variant: '' }), 'amd64')
    const other = { os: 'linux', architecture: 's390x', variant: '' }
    await assert.rejects(archOf(other), has('CONTAINER_PLATFORM_NONE', /linux\/arm64, linux\/amd64/))
    index([{ ...arm, ...on('arm64') }])
    assert.equal(await archOf(), 'arm64')
    await assert.rejects(archOf(other), has('CONTAINER_PLATFORM_NONE'))
  })

  test('one of several is chosen by its name or its place', async () => {
    const path = layout()
    const one = writeLayout(path, [LOWER])
    const two = writeLayout(path, [UPPER])
    const named = (name: string) => ({ annotations: { 'org.opencontainers.image.ref.name': name } })
    const manifests = [
      { ...one, ...named('one') },
      { ...two, ...named('two') },
    ]
    writeFileSync(join(path, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests }))
    for (const [reference, expected] of [
      ['two', 'upper'],
      ['@0', 'lower'],
    ] as const) {
      await using image = await openContainer(`oci:${path}:${reference}`)
      assert.equal(await textOf(image.fileSystem, 'etc/a'), expected)
    }
    await assert.rejects(opening(`oci:${path}`), has('CONTAINER_REFERENCE_NEEDED', /one, two/))
    for (const wrong of ['three', '@2']) {
      await assert.rejects(opening(`oci:${path}:${wrong}`), has('CONTAINER_REFERENCE_UNKNOWN', /one, two/))
    }
  })
})

describe('an image that lies', () => {
  /** Changes the blobs that a rule picks. */
  const spoil = (
    path: string,
    pick: (text: string) => boolean,
    change: (bytes: Buffer) => Uint8Array,
  ): void => {
    for (const name of readdirSync(join(path, 'blobs/sha256'))) {
      const file = join(path, 'blobs/sha256', name)
      const bytes = readFileSync(file)
      if (pick(bytes.toString('latin1'))) writeFileSync(file, change(bytes))
    }
  }
  const other = (bytes: Buffer): Buffer => {
    const changed = Buffer.from(bytes)
    changed[bytes.length - 3] = (changed[bytes.length - 3] ?? 0) ^ 1
    return changed
  }
  const isGzip = (text: string): boolean => text.startsWith('\x1f\x8b')
  const SPOILT = {
    'a layer': [isGzip, other, 'CONTAINER_DIGEST_MISMATCH'],
    'a layer that is cut': [
      isGzip,
      (bytes: Buffer) => bytes.subarray(0, bytes.length >> 1),
      'CONTAINER_SIZE_MISMATCH',
    ],
    'a layer that goes on': [
      isGzip,
      (bytes: Buffer) => Buffer.concat([bytes, Buffer.alloc(9)]),
      'CONTAINER_SIZE_MISMATCH',
    ],
    'a manifest': [(text: string) => text.includes('"layers":'), other, 'CONTAINER_DIGEST_MISMATCH'],
    'a configuration': [(text: string) => text.includes('diff_ids'), other, 'CONTAINER_DIGEST_MISMATCH'],
  } as const
  for (const [name, [pick, change, code]] of Object.entries(SPOILT)) {
    test(`${name} that is not what its digest says is refused`, async () => {
      const path = layout()
      spoil(path, pick, change)
      await assert.rejects(opening(`oci:${path}`), has(code))
    })
  }

  const CHANGED: Readonly<
    Record<string, readonly [NonNullable<Parameters<typeof writeLayout>[2]>['changes'], string, RegExp]>
  > = {
    'a diff id of another archive': [
      {
        config: (config) =>
          Object.assign(config, { rootfs: { diff_ids: [digestOf(UPPER), digestOf(UPPER)] } }),
      },
      'CONTAINER_DIGEST_MISMATCH',
      /layer 1 of 2 .*decompressed/,
    ],
    'fewer diff ids than layers': [
      { config: (config) => Object.assign(config, { rootfs: { diff_ids: [] } }) },
      'CONTAINER_IMAGE_NOT_FOUND',
      /2 layers, and its configuration 0/,
    ],
    'a layer that is not distributed': [
      layerType('application/vnd.oci.image.layer.nondistributable.v1.tar+gzip'),
      'CONTAINER_LAYER_FOREIGN',
      /./,
    ],
    'a layer of Windows': [
      layerType('application/vnd.docker.image.rootfs.foreign.diff.tar.gzip'),
      'CONTAINER_LAYER_FOREIGN',
      /./,
    ],
    'an encrypted layer': [
      layerType('application/vnd.oci.image.layer.v1.tar+gzip+encrypted'),
      'CONTAINER_LAYER_ENCRYPTED',
      /./,
    ],
    'a layer of an unknown kind': [layerType('text/html'), 'CONTAINER_MEDIA_TYPE', /text\/html/],
    'a manifest of schema 1': [
      {
        manifest: (manifest) =>
          Object.assign(manifest, { mediaType: 'application/vnd.docker.distribution.manifest.v1+prettyjws' }),
      },
      'CONTAINER_SCHEMA_1',
      /./,
    ],
    'an artifact': [
      {
        manifest: (manifest) =>
          Object.assign(manifest['config'] as object, {
            mediaType: 'application/vnd.cncf.helm.config.v1+json',
          }),
      },
      'CONTAINER_MEDIA_TYPE',
      /helm/,
    ],
    'a digest that leaves the layout': [
      {
        manifest: (manifest) =>
          Object.assign(manifest['config'] as object, { digest: 'sha256:../../../etc/passwd' }),
      },
      'CONTAINER_DOCUMENT_INVALID',
      /no digest/,
    ],
    'a manifest without layers': [
      { manifest: (manifest) => Object.assign(manifest, { layers: 'none' }) },
      'CONTAINER_DOCUMENT_INVALID',
      /layers is no list/,
    ],
  }
  function layerType(mediaType: string): NonNullable<Parameters<typeof writeLayout>[2]>['changes'] {
    return { manifest: (manifest) => Object.assign((manifest['layers'] as object[])[0] ?? {}, { mediaType }) }
  }
  for (const [name, [changes = {}, code, words]] of Object.entries(CHANGED)) {
    test(`${name} is refused by name`, async () => {
      await assert.rejects(opening(`oci:${layout([LOWER, UPPER], { changes })}`), has(code, words))
    })
  }

  test('a layer that is no archive, or is packed otherwise, is refused', async () => {
    await assert.rejects(opening(`oci:${layout([Buffer.alloc(1024, 'x')])}`), has('TAR_DAMAGED'))
    const xz = Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0, 0, 0, 0, 0])
    await assert.rejects(
      opening(`oci:${layout([xz], { forms: ['none'] })}`),
      has('CONTAINER_LAYER_PACKED', /xz/),
    )
  })

  test('a file that changes while it is open is an error, and never content', async () => {
    for (const form of ['gzip', 'none'] as const) {
      const path = layout([LOWER], { forms: [form] })
      await using image = await openContainer(`oci:${path}`)
      const changed = Buffer.from(LOWER)
      changed.write('LOWER', LOWER.indexOf('lower'))
      const [name = ''] = readdirSync(join(path, 'blobs/sha256')).filter(
        (one) => readFileSync(join(path, 'blobs/sha256', one)).length > 4000,
      )
      writeFileSync(join(path, 'blobs/sha256', name), packLayer(changed, form))
      await assert.rejects(textOf(image.fileSystem, '/etc/a'), isAnnealError)
    }
  })

  test('a path without an image is refused, and the error names the missing file', async () => {
    await assert.rejects(opening(`oci:${directory}/nowhere`), has('CONTAINER_IMAGE_NOT_FOUND', /oci-layout/))
    await assert.rejects(opening('oci:'), has('CONTAINER_ADDRESS_INVALID'))
    await assert.rejects(opening('docker-daemon:a'), has('CONTAINER_TRANSPORT_UNKNOWN', /docker-daemon/))
  })
})

describe('archives', () => {
  const archive = (from: string, ...compress: readonly string[]): string => {
    count += 1
    const path = join(directory, `${count}.tar`)
    execFileSync('tar', ['-C', from, ...compress, '-cf', path, '.'])
    return path
  }

  for (const compress of [[], ['-z']]) {
    test(`an OCI archive${compress.length > 0 ? ' that is compressed as a whole' : ''} is read where it lies`, async () => {
      await using image = await openContainer(`oci-archive:${archive(layout(), ...compress)}:a`)
      assert.equal(await textOf(image.fileSystem, '/etc/a'), 'upper')
    })
  }

  const saved = (config: Record<string, unknown> = {}): string => {
    count += 1
    const path = join(directory, `saved${count}.tar`)
    const bytes = Buffer.from(
      JSON.stringify({
        os: 'linux',
        architecture: 'amd64',
        rootfs: { diff_ids: [digestOf(LOWER), digestOf(UPPER)] },
        ...config,
      }),
    )
    const hex = createHash('sha256').update(bytes).digest('hex')
    const Layers = ['1/layer.tar', '2/layer.tar']
    const entries = [
      { path: '1/layer.tar', content: LOWER },
      { path: 'x/layer.tar', content: UPPER },
      { path: '2/layer.tar', type: '2', link: '../x/layer.tar' },
      { path: `${hex}.json`, content: bytes },
      {
        path: 'manifest.json',
        content: JSON.stringify([{ Config: `${hex}.json`, RepoTags: ['some/thing:1'], Layers }]),
      },
    ]
    writeFileSync(path, writeTar(entries))
    return path
  }

  test('an image that was saved is found by any way to write its name', async () => {
    const path = saved()
    for (const reference of ['', ':some/thing:1', ':docker.io/some/thing:1', ':@0']) {
      await using image = await openContainer(`docker-archive:${path}${reference}`)
      assert.deepEqual([image.format, image.manifestDigest], ['docker', undefined])
      assert.equal(await textOf(image.fileSystem, '/etc/a'), 'upper')
    }
    await assert.rejects(
      opening(`docker-archive:${path}:other`),
      has('CONTAINER_REFERENCE_UNKNOWN', /some\/thing:1/),
    )
    await assert.rejects(
      opening(`docker-archive:${saved({ rootfs: { diff_ids: [digestOf(UPPER), digestOf(UPPER)] } })}`),
      has('CONTAINER_DIGEST_MISMATCH'),
    )
  })

  test('an archive of something else is refused', async () => {
    await assert.rejects(
      opening(`docker-archive:${archive(layout())}`),
      has('CONTAINER_IMAGE_NOT_FOUND', /manifest\.json/),
    )
    const path = join(directory, 'text')
    writeFileSync(path, 'no archive')
    await assert.rejects(opening(`oci-archive:${path}`), has('CONTAINER_IMAGE_NOT_FOUND', /no tar archive/))
  })
})
