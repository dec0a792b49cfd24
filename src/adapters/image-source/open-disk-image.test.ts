import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { zstdDecompressSync } from 'node:zlib'
import { isAnnealError } from '../../core/index.ts'
import { openDiskImage } from './index.ts'
import { imageServer } from './testing/image-server.ts'

const FIXTURES = join(import.meta.dirname, '../../formats/qcow2/fixtures')
const directory = mkdtempSync(join(tmpdir(), 'anneal-disk-image-'))
after(() => rmSync(directory, { recursive: true }))

function put(name: string): string {
  const path = join(directory, name)
  writeFileSync(path, zstdDecompressSync(readFileSync(join(FIXTURES, `${name}.zst`))))
  return path
}

test('a qcow2 image is opened as the disk in it, also out of a wrapper and from a server', async () => {
  const path = put('zlib.qcow2')
  await using server = await imageServer(readFileSync(path))
  for (const location of [path, join(FIXTURES, 'zlib.qcow2.zst'), server.url]) {
    await using image = await openDiskImage(location)
    assert.equal(image.type, 'qcow2')
    assert.equal(image.disk.size, 3_147_264)
    assert.equal(image.qcow2?.compression, 'zlib')
    assert.equal(new TextDecoder().decode(await image.disk.read(0, 5)), '1\n2\n3')
  }
})

test('a raw image is the disk', async () => {
  await using image = await openDiskImage(put('base.raw'))
  assert.deepEqual([image.type, image.wrapper, image.disk.size], ['raw', 'none', 1024 * 1024])
})

test('an overlay is opened with its base only from a directory that was named', async () => {
  put('base.raw')
  const path = put('overlay-raw.qcow2')
  const isRefused = (error: unknown): boolean => isAnnealError(error, 'QCOW2_BACKING_FILE_REFUSED')
  await assert.rejects(openDiskImage(path), isRefused)
  await using image = await openDiskImage(path, { otherFilesDirectory: directory })
  assert.equal(new TextDecoder().decode(await image.disk.read(0, 5)), '1\n2\n3')
})
