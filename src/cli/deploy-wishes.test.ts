import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { findImage } from '../app/metal/index.ts'
import { isAnnealError } from '../core/index.ts'
import { bootContract, wantedImage } from './deploy-wishes.ts'

const directory = mkdtempSync(join(tmpdir(), 'anneal-wishes-'))
after(() => rmSync(directory, { recursive: true }))

function contractOf(text: string) {
  const file = join(directory, 'boot.json')
  writeFileSync(file, text)
  return bootContract(file, 'x')
}

test('a boot.json gives its arguments with their origin', () => {
  const boot = { arguments: [{ text: 'root=LABEL=r', source: 'ostree-1.conf', reason: 'as it is' }] }
  assert.deepEqual(contractOf(JSON.stringify({ schema: 'anneal.boot/1', boot })), [
    { text: 'root=LABEL=r', origin: 'ostree-1.conf' },
  ])
})

test('a file that is not a boot.json is refused', () => {
  for (const text of [
    '',
    '[]',
    'null',
    '{"schema":"anneal.boot/2"}',
    '{"schema":"anneal.boot/1","boot":{"arguments":[1]}}',
  ]) {
    assert.throws(
      () => contractOf(text),
      (error) => isAnnealError(error, 'USAGE'),
      text,
    )
  }
})

const FLAGS = {
  image: undefined,
  kernel: undefined,
  ramdisk: undefined,
  checksum: undefined,
  'image-cloud': undefined,
  cloud: undefined,
}

function factsOf(flags: Partial<Parameters<typeof wantedImage>[0]>): ReturnType<typeof findImage> {
  return findImage(wantedImage({ ...FLAGS, ...flags }, 'x'))
}

test('an image at a URL needs its checksum, and only one image may be named', async () => {
  const usage = (error: unknown): boolean => isAnnealError(error, 'USAGE')
  assert.throws(() => wantedImage(FLAGS, 'x'), usage)
  assert.throws(() => wantedImage({ ...FLAGS, image: 'http://w/d.raw' }, 'x'), usage)
  assert.throws(() => wantedImage({ ...FLAGS, image: 'a', kernel: 'http://w/k' }, 'x'), usage)
  assert.throws(() => wantedImage({ ...FLAGS, kernel: 'http://w/k' }, 'x'), usage)
  const registry = 'oci://registry.example/metal/disk:one'
  assert.throws(() => wantedImage({ ...FLAGS, image: registry, checksum: 'sha256:ff' }, 'x'), usage)
  assert.equal(wantedImage({ ...FLAGS, image: registry }, 'x').kind, 'registered')
  const disk = await factsOf({ image: 'http://w/d.qcow2', checksum: `sha256:${'a'.repeat(64)}` })
  assert.deepEqual([disk.name, disk.diskFormat, disk.hash?.algorithm], ['d.qcow2', 'qcow2', 'sha256'])
  const pair = await factsOf({ kernel: 'http://w/k', ramdisk: 'http://w/r' })
  assert.deepEqual([pair.kernel, pair.ramdisk, pair.diskFormat], ['http://w/k', 'http://w/r', undefined])
  const base = { image: 'http://w/base.raw', checksum: `sha256:${'a'.repeat(64)}` }
  const trio = await factsOf({ ...base, kernel: 'http://w/k', ramdisk: 'http://w/r' })
  assert.deepEqual([trio.reference, trio.kernel, trio.diskFormat], [base.image, 'http://w/k', 'raw'])
})
