import assert from 'node:assert/strict'
import { test } from 'node:test'
import { describedDisk, treeFileSystem } from '../testing/index.ts'
import type { DescribedDisk, TreeFacts } from '../testing/index.ts'
import { detectStack, nodesOf, sectorSizeOf } from './index.ts'

const made = (facts: TreeFacts) => ({ fileSystem: treeFileSystem({}, facts) })

async function mixed(disk: DescribedDisk): Promise<readonly string[]> {
  const { source, readers } = describedDisk(disk)
  const stack = await detectStack(source, readers)
  assert.equal(sectorSizeOf(stack), disk.sectorSizeBytes)
  return nodesOf(stack).flatMap(({ address, warnings }) => warnings.map(({ code }) => `${address} ${code}`))
}

test('file systems that a disk of 4096-byte sectors cannot hold give a warning, also in a volume group', async () => {
  assert.deepEqual(
    await mixed({
      scheme: 'gpt',
      sectorSizeBytes: 4096,
      partitions: [
        made({ type: 'vfat', sectorSizeBytes: 512 }),
        made({ type: 'ext4', sectorSizeBytes: 1024 }),
        made({ type: 'xfs', sectorSizeBytes: 4096 }),
        { physicalVolume: 'vg' },
      ],
      groups: { vg: { root: made({ type: 'xfs', sectorSizeBytes: 512 }) } },
    }),
    ['p1 SECTOR_SIZES_MIXED', 'p2 SECTOR_SIZES_MIXED', 'vg/root SECTOR_SIZES_MIXED'],
  )
})

test('on a disk of 512-byte sectors larger blocks are no mixture, but a FAT of other sectors is', async () => {
  assert.deepEqual(
    await mixed({
      sectorSizeBytes: 512,
      partitions: [
        made({ type: 'vfat', sectorSizeBytes: 4096 }),
        made({ type: 'vfat', sectorSizeBytes: 512 }),
        made({ type: 'ext4', sectorSizeBytes: 4096 }),
        made({ type: 'xfs', sectorSizeBytes: 4096 }),
      ],
    }),
    ['p1 SECTOR_SIZES_MIXED'],
  )
})

test('a file system without a partition table has no sector size to say', async () => {
  const { source, readers } = describedDisk({ partitions: [] })
  const fileSystem = treeFileSystem({}, { sectorSizeBytes: 512 })
  const stack = await detectStack(source, {
    ...readers,
    recognise: async () => ({ kind: 'file system', type: 'ext4' }),
    openFileSystem: async () => fileSystem,
  })
  assert.equal(sectorSizeOf(stack), undefined)
  assert.deepEqual(stack.warnings, [])
})
