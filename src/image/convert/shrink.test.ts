import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { isAnnealError } from '../../core/index.ts'
import { ImageFiles } from '../boot/index.ts'
import type { BootArgument } from '../boot/index.ts'
import { detectStack, findVolume } from '../stack/index.ts'
import type { StackNode } from '../stack/index.ts'
import { describedDisk, treeFileSystem } from '../testing/index.ts'
import type { DescribedPartition, Tree } from '../testing/index.ts'
import { baseOfDisk, baseOfRoot } from './base.ts'
import { findGrowers } from './growth.ts'
import { requireShrinkable, shrunkSize } from './shrink.ts'

const MIB = 1024 * 1024

async function diskOf(...partitions: readonly DescribedPartition[]): Promise<StackNode> {
  const { source, readers } = describedDisk({ partitions })
  return detectStack(source, readers)
}

async function growersOf(tree: Tree, root = '/', all: readonly BootArgument[] = []): Promise<string[]> {
  const disk = await diskOf({ fileSystem: treeFileSystem(tree) })
  const places = [{ volume: findVolume(disk, 'p1'), root }]
  return (await findGrowers(new ImageFiles(), places, all)).map(({ by, where }) => `${by} ${where}`)
}

suite('a smaller base', () => {
  test('it has a tenth more than it needs, at least 64 MiB, in whole mebibytes, and never more than before', () => {
    assert.equal(shrunkSize(100 * MIB, 10_000 * MIB), 164 * MIB)
    assert.equal(shrunkSize(1000 * MIB + 1, 10_000 * MIB), 1101 * MIB)
    assert.equal(shrunkSize(1000 * MIB, 1050 * MIB), 1050 * MIB)
  })

  test('only a clean ext2, ext3 or ext4 by itself is shrunk', async () => {
    const refusal = async (facts: Parameters<typeof treeFileSystem>[1]): Promise<string> => {
      const disk = await diskOf({ fileSystem: treeFileSystem({}, facts) })
      try {
        requireShrinkable('disk', baseOfRoot(disk, 'p1'))
        return 'none'
      } catch (error) {
        if (!isAnnealError(error, 'SHRINK_UNSUPPORTED')) throw error
        return error.message.replace(/^.*p1: /, '')
      }
    }
    assert.equal(await refusal({ type: 'ext4' }), 'none')
    assert.equal(await refusal({ type: 'ext2' }), 'none')
    assert.equal(await refusal({ type: 'xfs' }), 'XFS cannot shrink')
    assert.match(await refusal({ type: 'btrfs' }), /does not shrink btrfs/)
    assert.equal(await refusal({ type: 'squashfs' }), 'squashfs has one size')
    assert.match(await refusal({ type: 'ext4', clean: false }), /not unmounted cleanly/)
    const disk = await diskOf({ fileSystem: treeFileSystem({}) })
    assert.throws(
      () => requireShrinkable('disk', baseOfDisk(disk)),
      (error) => isAnnealError(error, 'SHRINK_UNSUPPORTED') && /whole disk/.test(error.message),
    )
  })

  test('what grows it at the first boot is found where the image says it', async () => {
    assert.deepEqual(await growersOf({ '/etc/fstab': 'UUID=a / ext4 defaults,x-systemd.growfs 0 1\n' }), [
      'systemd-growfs p1:/etc/fstab:1',
    ])
    assert.deepEqual(
      await growersOf({ '/etc/fstab': '# UUID=a / ext4 x-systemd.growfs\nUUID=a / ext4 rw\n' }),
      [],
    )
    const cloud = 'cloud_init_modules:\n - growpart\n - resizefs\n'
    assert.deepEqual(await growersOf({ '/etc/cloud/cloud.cfg': cloud }), [
      'cloud-init p1:/etc/cloud/cloud.cfg',
    ])
    assert.deepEqual(
      await growersOf({ '/etc/cloud/cloud.cfg': cloud, '/etc/cloud/cloud-init.disabled': '' }),
      [],
    )
    assert.deepEqual(await growersOf({ '/etc/cloud/cloud.cfg': ' # - resizefs\n' }), [])
    assert.deepEqual(
      await growersOf({
        '/usr/lib/repart.d/50-root.conf': '[Partition]\nType=root\n',
        '/usr/lib/repart.d/60-home.conf': '[Partition]\nType=home\n',
      }),
      ['systemd-repart p1:/usr/lib/repart.d/50-root.conf'],
    )
    assert.deepEqual(
      await growersOf({ '/d/usr/lib/systemd/system/bootc-generic-growpart.service': '' }, '/d'),
      ['bootc p1:/usr/lib/systemd/system/bootc-generic-growpart.service'],
    )
    const source = { kind: 'karg' } as const
    const value = 'noatime,x-systemd.growfs'
    const argument = { key: 'rootflags', value, text: `rootflags=${value}`, source, reason: '' }
    assert.deepEqual(await growersOf({}, '/', [argument]), [`systemd-growfs rootflags=${value}`])
  })
})
