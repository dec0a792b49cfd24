import assert from 'node:assert/strict'
import { test } from 'node:test'
import { look, treeFileSystem } from '../image/testing/index.ts'
import type { DescribedPartition, Tree } from '../image/testing/index.ts'
import { describeImage } from './describe-image.ts'
import { Output } from './output.ts'

const nowhere = { write: () => undefined, writeBytes: async () => undefined, isTerminal: false, columns: 80 }

async function describe(tree: Tree, more: readonly DescribedPartition[] = []): Promise<string> {
  const fileSystem = treeFileSystem({ '/etc/os-release': 'ID=fedora\n', '/boot/k': 'k', ...tree })
  const { disk, inventory, contract } = await look({ partitions: [{ fileSystem }, ...more] })
  const image = {
    type: 'raw',
    wrapper: 'none',
    imageBytes: 1,
    warnings: [],
  } as const
  const output = new Output(nowhere, nowhere, { json: false, jsonProgress: false, noColor: true })
  return describeImage({ image, stack: disk }, inventory, contract, output)
}

test('the text output shows which GRUB it is and why', async () => {
  const entry = 'linux /boot/k root=/dev/x'
  const menu = { '/boot/grub2/grub.cfg': `menuentry A {\n${entry}\n}\n` }
  const lineOf = (text: string): string | undefined => text.split('\n').find((one) => one.startsWith('GRUB '))
  assert.equal(
    lineOf(await describe(menu)),
    'GRUB        Fedora’s and Red Hat’s (its modules are not there, and the system is of Fedora’s family)',
  )
  assert.equal(
    lineOf(await describe({ ...menu, '/boot/grub2/x86_64-efi/blsuki.mod': 'x' })),
    'GRUB        upstream’s, 2.14 or later (p1:/boot/grub2/x86_64-efi has blsuki.mod)',
  )
  const extlinux = { '/boot/extlinux/extlinux.conf': 'label one\nlinux /boot/k\nappend root=/dev/x\n' }
  assert.equal(lineOf(await describe(extlinux)), undefined)
})

test('the text output names a hash tree of dm-verity, and refuses nothing for it', async () => {
  const text = await describe({ '/boot/grub/grub.cfg': 'menuentry A {\n linux /boot/k\n}\n' }, [
    { unreadable: 'DM_verity_hash' },
    { unreadable: 'zfs_member' },
  ])
  assert.match(text, /^ {2}p2 .* hash tree of dm-verity/m)
  assert.doesNotMatch(text, /p2: /)
  assert.match(text, /^ {2}p3 .*zfs_member, not read: /m)
})
