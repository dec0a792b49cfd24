import assert from 'node:assert/strict'
import { test } from 'node:test'
import { look, treeFileSystem } from '../testing/index.ts'
import type { DescribedDisk, Tree } from '../testing/index.ts'

test('a boot loader without a menu has a warning, whatever entries lie beside it', async () => {
  const tree = (configuration: string, modules: Tree = {}): DescribedDisk => ({
    partitions: [
      {
        fileSystem: treeFileSystem({
          '/etc/os-release': 'ID=x\n',
          ...modules,
          '/boot/grub/grub.cfg': configuration,
          '/boot/vmlinuz-6.1': 'k',
          '/boot/loader/entries/a.conf': 'title X\nlinux /boot/vmlinuz-6.1\noptions root=/dev/vda1\n',
        }),
      },
    ],
  })
  const told = async (disk: DescribedDisk): Promise<string[]> => {
    const { inventory, contract } = await look(disk)
    assert.equal(contract.kernel.path, '/boot/vmlinuz-6.1')
    const found = inventory.findings.filter(({ code }) => code === 'LOADER_SHOWS_NOTHING')
    return found.map(({ evidence }) => evidence)
  }
  assert.match((await told(tree('set timeout=5\n')))[0] ?? '', /makes no menu/)
  const upstream = { '/boot/grub/i386-pc/normal.mod': 'm' }
  assert.match((await told(tree('blscfg\n', upstream)))[0] ?? '', /its GRUB: .* neither blscfg.mod/)
  assert.deepEqual(await told(tree('blscfg\n')), [])
  assert.deepEqual(await told(tree('menuentry x {\n linux /boot/vmlinuz-6.1\n}\n')), [])
})
