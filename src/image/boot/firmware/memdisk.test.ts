import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { grubProgram } from '../../../../test/fixtures/grub-program.ts'
import { writeTar } from '../../../../test/fixtures/tar-writer.ts'
import { isAnnealError } from '../../../core/index.ts'
import { look, treeFileSystem } from '../../testing/index.ts'
import type { DescribedDisk, Tree } from '../../testing/index.ts'
import { planArgumentEdits } from '../index.ts'

function standalone(memdisk: Uint8Array, prefix = '(memdisk)/boot/grub'): Uint8Array {
  return grubProgram({ prefix, memdisk })
}

const MENU = `search --set=root --label rootfs
source $prefix/more.cfg
menuentry 'One' {
  linux ($root)/boot/vmlinuz root=LABEL=rootfs $more
  initrd ($root)/boot/initrd.img
}
`
const CONFIGURED = writeTar([
  { path: './boot/grub/', type: '5' },
  { path: './boot/grub/grub.cfg', content: MENU },
  { path: './boot/grub/more.cfg', content: 'set more="from the archive"\n' },
])

function disk(program: Uint8Array, esp: Tree = {}): DescribedDisk {
  return {
    scheme: 'gpt',
    partitions: [
      {
        type: 'c12a7328-f81f-11d2-ba4b-00a0c93ec93b',
        fileSystem: treeFileSystem(
          { '/EFI/BOOT/BOOTX64.EFI': program, ...esp },
          { type: 'vfat', uuid: '1-2' },
        ),
      },
      {
        fileSystem: treeFileSystem(
          { '/boot/vmlinuz': 'k', '/boot/initrd.img': 'i', '/etc/os-release': 'ID=x\n', '/usr/lib/x': '' },
          { label: 'rootfs' },
        ),
      },
    ],
  }
}

describe('a GRUB with its configuration inside (grub-mkstandalone)', () => {
  test('boots what the archive in it says, with the files that this one reads from there', async () => {
    const { contract } = await look(disk(standalone(CONFIGURED)))
    assert.equal(contract.loader.kind, 'grub')
    assert.equal(contract.loader.configuration, 'p1:/EFI/BOOT/BOOTX64.EFI(memdisk):/boot/grub/grub.cfg')
    assert.equal(contract.commandLine, 'root=LABEL=rootfs from the archive')
    assert.deepEqual([contract.kernel.address, contract.kernel.path], ['p2', '/boot/vmlinuz'])
  })

  test('may leave the archive for a configuration in /boot', async () => {
    const archive = writeTar([
      { path: 'boot/grub/grub.cfg', content: 'search --set=root --label rootfs\nconfigfile /menu.cfg\n' },
    ])
    const described = disk(standalone(archive))
    const [esp, root] = described.partitions
    assert.ok(esp && root)
    const tree = treeFileSystem(
      {
        '/boot/vmlinuz': 'k',
        '/menu.cfg': 'menuentry a {\n linux /boot/vmlinuz outside\n}\n',
        '/usr/lib/x': '',
      },
      { label: 'rootfs' },
    )
    const { contract } = await look({ ...described, partitions: [esp, { ...root, fileSystem: tree }] })
    assert.match(contract.commandLine, /^outside/)
  })

  test('is not edited: the program holds it', async () => {
    const { inventory } = await look(disk(standalone(CONFIGURED)))
    const [entry] = inventory.entries
    assert.ok(entry)
    for (const wishes of [
      { append: ['x'], delete: [] },
      { append: [], delete: ['root'] },
    ])
      assert.throws(
        () => planArgumentEdits([entry], [inventory.loader], wishes),
        (error) => isAnnealError(error, 'KARG_EDIT_REFUSED') && /grub-mkstandalone/.test(error.message),
      )
  })

  test('whose configuration is nowhere, or whose archive is cut, has a finding', async () => {
    const esp = { '/loader/entries/a.conf': 'linux /k\n', '/k': 'k' }
    for (const archive of [writeTar([{ path: 'fonts/a', content: 'x' }]), CONFIGURED.subarray(0, 1040)]) {
      const { inventory } = await look(disk(standalone(archive), esp))
      assert.ok(inventory.findings.some(({ code }) => code === 'LOADER_NOT_READ'))
    }
    const { inventory } = await look(disk(standalone(new Uint8Array(4096).fill(0xa5)), esp))
    assert.ok(inventory.findings.some(({ code }) => code === 'LOADER_NOT_READ'))
  })
})
