import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { afterEach, describe, test } from 'node:test'
import { isAnnealError } from '../../core/index.ts'
import type { ArtifactRepository } from '../../ports/index.ts'
import { SmallRegistry } from '../../../test/fixtures/small-registry.ts'
import { artifactImages, openArtifacts, parseArtifactAddress } from './index.ts'
import { imageFacts } from './artifact-images.ts'

const BLOB = randomBytes(17 * 1024 * 1024)
const DIGEST = `sha256:${createHash('sha256').update(BLOB).digest('hex')}`
const signal = new AbortController().signal

describe('a blob', () => {
  let registry: SmallRegistry

  afterEach(() => registry.close())

  async function send(): Promise<readonly number[]> {
    const host = await registry.open()
    await using stack = new AsyncDisposableStack()
    const repository = await repositoryAt(host, stack)
    const told: number[] = []
    const read = async function* (fromByte: number): AsyncGenerator<Uint8Array> {
      yield BLOB.subarray(fromByte)
    }
    await repository.putBlob(
      { digest: DIGEST, sizeBytes: BLOB.length, read },
      (sent) => told.push(sent),
      signal,
    )
    assert.ok(registry.held.equals(BLOB))
    return told
  }

  test('is sent in chunks', async () => {
    registry = new SmallRegistry()
    const told = await send()
    assert.deepEqual([registry.begun, registry.patches, told.at(-1)], [1, 3, BLOB.length])
  })

  test('whose upload breaks goes on with the byte that the registry does not have', async () => {
    registry = new SmallRegistry()
    let left = 2
    registry.fault = () => ((left -= 1) >= 0 ? 'break' : 'take')
    await send()
    assert.equal(registry.begun, 1)
  })

  test('whose upload the registry has forgotten is sent from its beginning', async () => {
    registry = new SmallRegistry()
    registry.status = 'forgets'
    registry.fault = () => (registry.begun === 1 ? 'break' : 'take')
    await send()
    assert.equal(registry.begun, 2)
  })

  test('of which never one byte more arrives is given up', async () => {
    registry = new SmallRegistry()
    registry.status = 'forgets'
    registry.fault = () => 'break'
    await assert.rejects(send(), (error) => isAnnealError(error, 'CONTAINER_REGISTRY_FAILED'))
    assert.ok(registry.begun < 5, String(registry.begun))
  })
})

async function repositoryAt(host: string, stack: AsyncDisposableStack): Promise<ArtifactRepository> {
  const options = { insecure: true, env: {}, certificates: [], backoffMs: 1, signal } as const
  return openArtifacts(parseArtifactAddress(`oci://${host}/team/disk:one`, 'tag'), stack, {
    ...options,
    actions: 'pull,push',
  })
}

describe('an address of a registry', () => {
  for (const [text, code] of [
    ['oci://nginx', 'ARTIFACT_ADDRESS_INVALID'],
    ['docker://host:1/a', 'ARTIFACT_ADDRESS_INVALID'],
    [`oci://host:1/a@sha256:${'0'.repeat(64)}`, 'ARTIFACT_ADDRESS_INVALID'],
    ['oci://host:1/A', 'IMAGE_REFERENCE_INVALID'],
  ] as const) {
    test(`"${text}" is refused where something is to be pushed`, () => {
      assert.throws(
        () => parseArtifactAddress(text, 'tag'),
        (error) => isAnnealError(error, code),
      )
    })
  }

  test('that nobody answers at is an error of the registry', async () => {
    const images = artifactImages({ env: {}, certificates: [], silenceMs: 200, backoffMs: 1 })
    await assert.rejects(images.find('oci://127.0.0.1:1/a:b'), (error) =>
      isAnnealError(error, 'CONTAINER_REGISTRY_FAILED'),
    )
  })
})

describe('what Ironic would make of a repository', () => {
  const facts = (kind: 'index' | 'one' | 'container', ...types: readonly string[]) =>
    imageFacts('oci://h/n:t', 'h/n', 'sha256:ff', {
      kind,
      listed: types.map((diskType) => ({ diskType, architecture: 'amd64', digest: `sha256:${diskType}` })),
      annotations: { kernel_cmdline: 'quiet' },
    })

  test('a disk is one of its types', () => {
    const { containerFormat, diskFormat, architectures } = facts('index', 'qemu')
    assert.deepEqual([containerFormat, diskFormat, architectures], ['bare', 'qcow2', ['amd64']])
  })

  test('a trio has its kernel and ramdisk by digest', () => {
    const { kernel, ramdisk, properties } = facts('index', 'kernel', 'ramdisk', 'base-qcow2')
    assert.deepEqual(
      [kernel, ramdisk, properties['kernel_cmdline']],
      ['oci://h/n@sha256:kernel', 'oci://h/n@sha256:ramdisk', 'quiet'],
    )
  })

  test('a container is no disk', () => {
    assert.equal(facts('container', '').containerFormat, 'bootc')
  })
})
