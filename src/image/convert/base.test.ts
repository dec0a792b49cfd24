import assert from 'node:assert/strict'
import { test } from 'node:test'
import { joinExtents } from '../../bytes/index.ts'
import type { Extent } from '../../bytes/index.ts'
import type { FileSystem } from '../../formats/filesystem/index.ts'
import { look, treeFileSystem } from '../testing/index.ts'
import { baseOfDisk, patchBase } from './base.ts'

const MIB = 1 << 20
/** A disk of zeros; all of it is in use. */
const SYSTEM = { '/etc/os-release': 'ID=x\n', '/boot/vmlinuz-1': 'k', '/usr/lib/modules/1/vmlinuz': 'k' }

test('changed bytes of a base are data where the image has only zeros', async () => {
  const { disk } = await look({ partitions: [{ fileSystem: treeFileSystem(SYSTEM) }] })
  const base = baseOfDisk(disk)
  const patches = [{ offsetBytes: 4100, bytes: Uint8Array.of(1, 2, 3) }]
  assert.deepEqual(await kinds(base.extents()), [[0, base.sizeBytes, 'zero']])
  assert.deepEqual(await kinds(patchBase(base, patches).extents()), [
    [0, 4100, 'zero'],
    [4100, 3, 'data'],
    [4103, base.sizeBytes - 4103, 'zero'],
  ])
})

test('changed bytes of a base are data where its file system has free space', async () => {
  const fileSystem: FileSystem = {
    ...treeFileSystem(SYSTEM),
    async *allocation() {
      yield { offsetBytes: 0, lengthBytes: MIB, kind: 'unallocated' }
    },
  }
  const { disk } = await look({ partitions: [{ fileSystem }] })
  const patches = [{ offsetBytes: MIB + 4100, bytes: Uint8Array.of(1, 2, 3) }]
  assert.deepEqual(await kinds(patchBase(baseOfDisk(disk), patches).extents()), [
    [0, MIB, 'zero'],
    [MIB, 4100, 'unallocated'],
    [MIB + 4100, 3, 'data'],
    [MIB + 4103, MIB - 4103, 'unallocated'],
    ...(disk.sizeBytes > 2 * MIB ? [[2 * MIB, disk.sizeBytes - 2 * MIB, 'zero']] : []),
  ])
})

test('with what is stored alone, nothing that a file system says counts', async () => {
  const fileSystem: FileSystem = {
    ...treeFileSystem(SYSTEM),
    async *allocation() {
      yield { offsetBytes: 0, lengthBytes: MIB, kind: 'unallocated' }
    },
  }
  const { disk } = await look({ partitions: [{ fileSystem }] })
  assert.deepEqual(await kinds(baseOfDisk(disk).extents(undefined, 'stored')), [[0, disk.sizeBytes, 'zero']])
})

async function kinds(
  extents: AsyncIterable<Extent>,
): Promise<readonly (readonly [number, number, string])[]> {
  const found: (readonly [number, number, string])[] = []
  for await (const { offsetBytes, lengthBytes, kind } of joinExtents(extents))
    found.push([offsetBytes, lengthBytes, kind])
  return found
}
