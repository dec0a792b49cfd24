import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { grubObjects } from '../../../../test/fixtures/grub-program.ts'
import type { ToldToGrub } from '../../../../test/fixtures/grub-program.ts'
import { describedDisk, treeFileSystem } from '../../testing/index.ts'
import type { DescribedDisk, Tree } from '../../testing/index.ts'
import { detectStack } from '../../stack/index.ts'
import { defaultOf, findBoot } from '../index.ts'
import type { BootInventory } from '../index.ts'

const menu = (word: string): string =>
  `menuentry One {\n search --set=root --label rootfs\n linux /boot/vmlinuz ${word}\n initrd /boot/initrd.img\n}\n`
const ROOT = { '/boot/vmlinuz': 'k', '/boot/initrd.img': 'i', '/etc/os-release': 'ID=x\n', '/usr/lib/x': '' }
const MODULES = ['biosdisk', 'part_gpt', 'fat', 'ext2', 'normal']

function disk(
  told: ToldToGrub,
  { esp = {}, root = {} }: Readonly<{ esp?: Tree; root?: Tree }>,
): DescribedDisk {
  return {
    scheme: 'gpt',
    grubCore: grubObjects(told, 32),
    partitions: [
      {
        type: 'c12a7328-f81f-11d2-ba4b-00a0c93ec93b',
        fileSystem: treeFileSystem({ '/x': '', ...esp }, { type: 'vfat', uuid: '1-2' }),
      },
      { fileSystem: treeFileSystem({ ...ROOT, ...root }, { label: 'rootfs', type: 'ext4', uuid: '5-6' }) },
    ],
  }
}

async function bios(described: DescribedDisk): Promise<BootInventory> {
  const { source, readers } = describedDisk(described)
  return findBoot(await detectStack(source, readers), { readers, firmware: 'bios' })
}

const words = (inventory: BootInventory): string | undefined =>
  defaultOf(inventory)
    ?.arguments.map(({ text }) => text)
    .join(' ')
const missing = ({ findings }: BootInventory): readonly string[] =>
  findings.flatMap(({ code, subject, evidence }) =>
    code === 'GRUB_MODULE_MISSING' ? [`${subject}: ${evidence}`] : [],
  )

describe('the GRUB that the boot sector loads', () => {
  test('reads its grub.cfg on the EFI system partition, where mkosi puts it', async () => {
    const configuration = 'search --no-floppy --set=root --file /grub/grub.cfg\nset prefix=($root)/grub\n'
    const found = await bios(
      disk(
        { prefix: '/grub', configuration, modules: [...MODULES, 'search'] },
        { esp: { '/grub/grub.cfg': menu('esp') } },
      ),
    )
    assert.equal(found.loader.configuration, 'p1:/grub/grub.cfg')
    assert.equal(words(found), 'esp')
  })

  test('reads the one that its prefix names, also where there is another beside the kernels', async () => {
    const root = { '/boot/grub2/grub.cfg': menu('other'), '/boot/grub/grub.cfg': menu('own') }
    const found = await bios(disk({ prefix: '(,gpt2)/boot/grub', modules: MODULES }, { root }))
    assert.equal(words(found), 'own')
  })

  test('reads the one beside the kernels where its own is not there', async () => {
    const root = { '/boot/grub/grub.cfg': menu('beside') }
    for (const prefix of ['(,gpt7)/boot/grub', '(hd1,gpt2)/grub', '/nowhere', ''])
      assert.equal(words(await bios(disk({ prefix, modules: MODULES }, { root }))), 'beside')
  })

  test('sees no partition without the module for its table', async () => {
    const root = { '/boot/grub/grub.cfg': menu('x') }
    const found = await bios(disk({ prefix: '(,gpt2)/boot/grub', modules: ['biosdisk', 'ext2'] }, { root }))
    assert.deepEqual(missing(found), ['boot sector: without part_gpt it does not see p2'])
  })
})
