import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { loadImage } from '../../../test/fixtures/load-image.ts'
import { ALGORITHMS } from '../../adapters/codec/index.ts'
import { mapped, zeros } from '../../bytes/index.ts'
import { walkPath } from '../../formats/filesystem/index.ts'
import { detectStack, findVolume, formatReaders } from './index.ts'

const formats = join(import.meta.dirname, '../../formats')

for (const [type, fixture] of [
  ['squashfs', 'squashfs/fixtures/zstd.img.zst'],
  ['erofs', 'erofs/fixtures/fragments.img.zst'],
] as const) {
  test(`a disk that is ${type} from its beginning to its end is read`, async () => {
    const stack = await detectStack(await loadImage(join(formats, fixture)), formatReaders(ALGORITHMS))
    const { fileSystem } = findVolume(stack, '')
    assert.equal(fileSystem.facts.type, type)
    const { id } = await walkPath(fileSystem, '/deep/link', { lastLink: 'follow' })
    assert.equal((await fileSystem.stat(id)).sizeBytes, 1600)
  })

  test(`bytes behind the end of a ${type}, as hashes of dm-verity are, count as in use`, async () => {
    const source = await loadImage(join(formats, fixture))
    const pieces = [
      { lengthBytes: source.size, source, sourceOffsetBytes: 0 },
      { lengthBytes: 8192, source: zeros(8192), sourceOffsetBytes: 0 },
    ]
    const stack = await detectStack(mapped(pieces, 'partition'), formatReaders(ALGORITHMS))
    const { fileSystem } = findVolume(stack, '')
    const extents = await Array.fromAsync(fileSystem.allocation())
    assert.deepEqual(extents, [{ offsetBytes: 0, lengthBytes: source.size + 8192, kind: 'data' }])
  })
}
