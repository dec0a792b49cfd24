import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isAnnealError } from '../../core/index.ts'
import { describedDisk, treeFileSystem } from '../testing/index.ts'
import { detectStack, findNode, findVolume, matchDevice, nodesOf, volumesOf } from './index.ts'
import type { StackNode } from './index.ts'

const boot = treeFileSystem({}, { uuid: '5ab4b0d8-3a1e-4a0c-9d7a-6c1f0c3a9b11', label: 'boot' })
const root = treeFileSystem({}, { type: 'xfs', uuid: '72da3e4b-b7dc-4797-b4f8-06fb4a763c05' })

const atomic = describedDisk({
  partitions: [
    { fileSystem: boot },
    { physicalVolume: 'atomic-os', type: '0x8e' },
    { unreadable: 'btrfs' },
    { damaged: 'block 7' },
    { nothing: true },
    { swap: 'dead-beef' },
  ],
  groups: { 'atomic-os': { root: { fileSystem: root }, pool: { unreadable: 'thin' } } },
})
const disk = (): Promise<StackNode> => detectStack(atomic.source, atomic.readers)

function outline(node: StackNode): readonly string[] {
  return nodesOf(node).map(({ address, content }) => `${address}: ${content.kind}`)
}

test('a disk is a tree down to its file systems, also through LVM', async () => {
  assert.deepEqual(outline(await disk()), [
    ': partition table',
    'p1: file system',
    'p2: physical volume',
    'p3: unreadable',
    'p4: unreadable',
    'p5: unknown',
    'p6: swap',
    'atomic-os: logical volumes',
    'atomic-os/root: file system',
    'atomic-os/pool: unreadable',
  ])
  assert.deepEqual(
    volumesOf(await disk()).map(({ address }) => address),
    ['p1', 'atomic-os/root'],
  )
})

test('a physical volume knows its group and the group its physical volumes', async () => {
  const stack = await disk()
  assert.deepEqual(findNode(stack, 'p2').content, {
    kind: 'physical volume',
    volumeGroup: 'atomic-os',
    uuid: 'pv-0',
    ranges: [],
  })
  const { content } = findNode(stack, 'atomic-os')
  assert.ok(content.kind === 'logical volumes')
  assert.deepEqual(content.group.physicalVolumes, ['p2'])
})

test('what cannot be read is a node that says why', async () => {
  const stack = await disk()
  for (const [address, code] of [
    ['p3', 'DESCRIBED_UNSUPPORTED'],
    ['p4', 'DESCRIBED_DAMAGED'],
    ['atomic-os/pool', 'DESCRIBED_UNSUPPORTED'],
  ] as const) {
    const { content } = findNode(stack, address)
    assert.equal(content.kind === 'unreadable' && content.refusal.code, code)
    assert.throws(
      () => findVolume(stack, address),
      (error) => isAnnealError(error, 'ADDRESS_UNREADABLE'),
    )
  }
})

test('a disk that fails while it is looked at is an error, not an unreadable partition', async () => {
  const failing = { ...atomic.readers, openFileSystem: () => Promise.reject(new TypeError('bug')) }
  await assert.rejects(detectStack(atomic.source, failing), TypeError)
})

test('a device of fstab finds its node, by whatever name', async () => {
  const stack = await disk()
  const found = (device: string): readonly string[] =>
    matchDevice(stack, device).map(({ address }) => address)
  assert.deepEqual(found('UUID=5AB4B0D8-3a1e-4a0c-9d7a-6c1f0c3a9b11'), ['p1'])
  assert.deepEqual(found('LABEL=boot'), ['p1'])
  assert.deepEqual(found('PARTUUID=066c9073-01'), ['p1'])
  assert.deepEqual(found('UUID=dead-beef'), ['p6'])
  assert.deepEqual(found('/dev/disk/by-uuid/72da3e4b-b7dc-4797-b4f8-06fb4a763c05'), ['atomic-os/root'])
  assert.deepEqual(found('/dev/mapper/atomic--os-root'), ['atomic-os/root'])
  assert.deepEqual(found('/dev/atomic-os/root'), ['atomic-os/root'])
  assert.deepEqual(found('/dev/vda1'), ['p1'])
  assert.deepEqual(found('/dev/nvme0n1p6'), ['p6'])
  assert.deepEqual(found('tmpfs'), [])
  assert.deepEqual(found('UUID='), [])
})

test('an address that names nothing is refused with those that do', async () => {
  const stack = await disk()
  assert.throws(
    () => findNode(stack, 'p9'),
    (error) => isAnnealError(error, 'ADDRESS_UNKNOWN') && error.message.includes('atomic-os/root'),
  )
  assert.throws(
    () => findVolume(stack, 'p2'),
    (error) => isAnnealError(error, 'ADDRESS_NO_FILE_SYSTEM'),
  )
})
