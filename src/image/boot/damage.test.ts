import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isAnnealError } from '../../core/index.ts'
import { planConversion } from '../convert/index.ts'
import { detectStack } from '../stack/index.ts'
import { describedDisk, treeFileSystem } from '../testing/index.ts'
import type { DescribedDisk } from '../testing/index.ts'
import { damageOf, findBoot, requireUndamaged } from './index.ts'

const BOOT = {
  fileSystem: treeFileSystem({
    '/grub2/grub.cfg': 'menuentry a {\n linux /k root=UUID=9\n}\n',
    '/k': 'k',
  }),
}
const SYSTEM = { fileSystem: treeFileSystem({ '/etc/os-release': 'ID=x\n', '/usr/lib/x': '' }) }

async function looked(described: DescribedDisk) {
  const { source, readers } = describedDisk(described)
  const disk = await detectStack(source, readers)
  return { disk, readers, inventory: await findBoot(disk) }
}

test('a root file system that is damaged keeps the answer from being one', async () => {
  const { disk, inventory } = await looked({ partitions: [BOOT, { damaged: 'its superblock is torn' }] })
  assert.equal(damageOf(disk, inventory)?.part, 'p2')
  assert.throws(
    () => requireUndamaged(disk, inventory),
    (error) => isAnnealError(error, 'BOOT_DAMAGED') && /its superblock is torn/.test(error.message),
  )
})

test('an encrypted or foreign part is an answer, and so is a damaged part that nothing needs', async () => {
  for (const partitions of [[{ unreadable: 'crypto_LUKS' }], [BOOT, SYSTEM, { damaged: 'torn' }]]) {
    const { disk, inventory } = await looked({ partitions })
    assert.equal(damageOf(disk, inventory), undefined)
  }
})

test('a directory of boot entries that cannot be read may hold what boots', async () => {
  const torn = BOOT.fileSystem
  const { disk, inventory } = await looked({
    partitions: [
      {
        fileSystem: {
          ...torn,
          async lookup(id, name) {
            if (name === 'grub2') throw await tornError()
            return torn.lookup(id, name)
          },
        },
      },
      SYSTEM,
    ],
  })
  assert.match(damageOf(disk, inventory)?.part ?? '', /grub2/)
})

test('a whole disk is taken though nothing on it boots, with a warning', async () => {
  for (const partitions of [[{ unreadable: 'crypto_LUKS' }], [{ nothing: true as const }], []]) {
    const { disk, readers, inventory } = await looked({ partitions })
    const plan = await planConversion(disk, inventory, {
      what: 'disk',
      mounts: 'edit',
      readers,
      unpack,
      arguments: {},
    })
    assert.equal(plan.base.sizeBytes, disk.sizeBytes)
    assert.equal(plan.boot.commandLine, '')
    assert.match(plan.warnings.join('\n'), /^DISK_NOT_UNDERSTOOD: /m)
  }
  const { disk, readers, inventory } = await looked({ partitions: [{ nothing: true }] })
  await assert.rejects(
    planConversion(disk, inventory, {
      what: 'disk',
      mounts: 'edit',
      readers,
      unpack,
      arguments: { kargs: ['a'] },
    }),
    (error) => isAnnealError(error, 'BOOT_NOTHING_FOUND'),
  )
})

/** There are no initrds. */
function unpack(): never {
  throw new Error('nothing is unpacked')
}

async function tornError(): Promise<Error> {
  const { source, readers } = describedDisk({ partitions: [{ damaged: 'torn' }] })
  const disk = await detectStack(source, readers)
  try {
    await readers.openFileSystem(disk.children[0]?.source ?? source, 'ext4')
  } catch (error) {
    return error as Error
  }
  throw new TypeError('it was not torn')
}
