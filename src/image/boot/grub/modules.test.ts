import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { grubProgram } from '../../../../test/fixtures/grub-program.ts'
import { writeTar } from '../../../../test/fixtures/tar-writer.ts'
import { describedDisk, treeFileSystem } from '../../testing/index.ts'
import type { DescribedDisk, Tree } from '../../testing/index.ts'
import { detectStack } from '../../stack/index.ts'
import { defaultOf, findBoot } from '../index.ts'

const FIND = 'search --set=root --label rootfs\n'
const menu = (before: string): string =>
  `${before}menuentry One {\n linux /boot/vmlinuz root=LABEL=rootfs\n initrd /boot/initrd.img\n}\n`
const DIRECTORY = '/boot/grub/x86_64-efi'
const MODULES = {
  'part_gpt.mod': 'm',
  'lvm.mod': 'm',
  'ldm.mod': 'm',
  'ext2.mod': 'm',
  'fs.lst': 'ext2\nxfs\n',
  'moddep.lst': 'part_gpt:\nlvm: diskfilter\nldm: part_gpt diskfilter part_msdos\n',
}
const ROOT = { '/boot/vmlinuz': 'k', '/boot/initrd.img': 'i', '/etc/os-release': 'ID=x\n', '/usr/lib/x': '' }
const ESP = { type: 'c12a7328-f81f-11d2-ba4b-00a0c93ec93b' }

type Wish = Readonly<{
  /** In the program itself. */
  modules: readonly string[]
  configuration: string
  /** In the archive of the program; else beside grub.cfg on the EFI system partition, or nowhere. */
  directory?: Readonly<Record<string, string>>
  place?: 'archive' | 'esp'
  early?: string
  prefix?: string
}>

function program({ modules, configuration, directory = MODULES, place = 'archive', ...more }: Wish): Tree {
  const inArchive = place === 'archive'
  const memdisk = writeTar([
    { path: 'boot/grub/grub.cfg', content: configuration },
    ...Object.entries(directory).map(([name, content]) => ({
      path: `${DIRECTORY.slice(1)}/${name}`,
      content,
    })),
  ])
  const { early = '', prefix = inArchive ? '(memdisk)/boot/grub' : '/EFI/BOOT' } = more
  return {
    '/EFI/BOOT/BOOTX64.EFI': grubProgram({
      prefix,
      modules,
      configuration: early,
      ...(inArchive && { memdisk }),
    }),
    ...(!inArchive && {
      '/EFI/BOOT/grub.cfg': configuration,
      ...Object.fromEntries(
        Object.entries(directory).map(([name, content]) => [`/EFI/BOOT/x86_64-efi/${name}`, content]),
      ),
    }),
  }
}

function plain(wish: Wish, scheme: 'gpt' | 'mbr' = 'gpt'): DescribedDisk {
  const esp = { ...(scheme === 'gpt' ? ESP : { type: '0xef' }) }
  return {
    scheme,
    partitions: [
      { ...esp, fileSystem: treeFileSystem(program(wish), { type: 'vfat', uuid: '1-2' }) },
      { fileSystem: treeFileSystem(ROOT, { label: 'rootfs', type: 'ext4' }) },
    ],
  }
}

function logical(wish: Wish): DescribedDisk {
  return {
    scheme: 'gpt',
    partitions: [
      { ...ESP, fileSystem: treeFileSystem(program(wish), { type: 'vfat', uuid: '1-2' }) },
      { physicalVolume: 'vg' },
    ],
    groups: { vg: { root: { fileSystem: treeFileSystem(ROOT, { label: 'rootfs', type: 'ext4' }) } } },
  }
}

/** The kernel that boots by itself, and the modules that findings name. */
async function seen(described: DescribedDisk): Promise<Readonly<{ kernel?: string; missing: string[] }>> {
  const { source, readers } = describedDisk(described)
  const inventory = await findBoot(await detectStack(source, readers))
  const kernel = defaultOf(inventory)?.kernel
  const missing = inventory.findings.flatMap(({ code, evidence }) =>
    code === 'GRUB_MODULE_MISSING' ? [/without (\S+)/.exec(evidence)?.[1] ?? '?'] : [],
  )
  return { ...(kernel && { kernel: `${kernel.address}:${kernel.path}` }), missing }
}

const KERNEL = 'p2:/boot/vmlinuz'

describe('a GRUB without the module for a partition table', () => {
  test('sees no partition of it', async () => {
    const found = await seen(plain({ modules: ['normal', 'tar', 'memdisk'], configuration: menu(FIND) }))
    assert.deepEqual(found, { missing: ['part_gpt'] })
    const other = await seen(plain({ modules: ['normal', 'part_gpt'], configuration: menu(FIND) }, 'mbr'))
    assert.deepEqual(other, { missing: ['part_msdos'] })
  })

  test('sees them where the program has it, or insmod loads it: by name, by file, by what needs it', async () => {
    const base = ['normal', 'tar']
    const loads = [
      'insmod part_gpt',
      `insmod (memdisk)${DIRECTORY}/part_gpt.mod`,
      'insmod ldm',
      // It succeeds all the same.
      'if insmod nosuch; then insmod part_gpt; fi',
    ]
    const wishes: Wish[] = [
      { modules: [...base, 'part_gpt'], configuration: menu(FIND) },
      ...loads.map((load): Wish => ({ modules: base, configuration: menu(`${load}\n${FIND}`) })),
    ]
    for (const wish of wishes)
      assert.deepEqual(await seen(plain(wish)), { kernel: KERNEL, missing: [] }, wish.configuration)
  })

  test('does not load one that is not in its directory', async () => {
    for (const load of ['insmod nosuch', 'set prefix=(memdisk)/x\ninsmod part_gpt'])
      assert.deepEqual(
        await seen(plain({ modules: ['normal'], configuration: menu(`${load}\n${FIND}`) })),
        { missing: ['part_gpt'] },
        load,
      )
  })

  test('reads no grub.cfg of its own partition', async () => {
    const found = await seen(
      plain({ modules: ['normal', 'fat'], configuration: menu(FIND), place: 'esp', directory: {} }),
    )
    assert.deepEqual(found.missing, ['part_gpt'])
  })

  test('may load it by the configuration inside the program', async () => {
    const wish = { modules: ['memdisk', 'tar', 'normal'], configuration: menu(FIND) }
    const early = 'insmod part_gpt\nset prefix=(memdisk)/boot/grub\n'
    assert.deepEqual(await seen(plain({ ...wish, early })), { kernel: KERNEL, missing: [] })
  })

  test('reads no grub.cfg without normal, which lies in the program or in its directory', async () => {
    const wish = { modules: ['part_gpt'], configuration: menu(FIND) }
    assert.deepEqual((await seen(plain({ ...wish, place: 'esp', modules: ['part_gpt', 'fat'] }))).missing, [
      'normal',
    ])
    const directory = { ...MODULES, 'normal.mod': 'm' }
    assert.deepEqual(await seen(plain({ ...wish, directory })), { kernel: KERNEL, missing: [] })
  })

  test('has what one entry loads in that entry alone', async () => {
    const one = `menuentry One {\n insmod part_gpt\n ${FIND} linux /boot/vmlinuz\n}\n`
    const two = `menuentry Two {\n ${FIND} linux /boot/vmlinuz\n}\n`
    const { source, readers } = describedDisk(plain({ modules: ['normal'], configuration: one + two }))
    const { entries } = await findBoot(await detectStack(source, readers))
    assert.deepEqual(
      entries.map(({ kernel }) => kernel !== undefined),
      [true, false],
    )
  })
})

test('no GRUB sees a partition of type 0, which Linux takes', async () => {
  const wish = { modules: ['normal', 'part_msdos'], configuration: menu(FIND) }
  const disk = plain(wish, 'mbr')
  assert.equal((await seen(disk)).kernel, KERNEL)
  const [esp, root] = disk.partitions
  assert.ok(esp && root)
  const zero = { ...disk, partitions: [esp, { ...root, type: '0x00' }] }
  assert.deepEqual(await seen(zero), { missing: [] })
})

describe('a GRUB without the module for a file system', () => {
  const modules = ['normal', 'part_gpt', 'fat']

  test('loads it by itself where its directory has it', async () => {
    const wish = { modules, configuration: menu(FIND), place: 'esp' } as const
    assert.deepEqual(await seen(plain(wish)), { kernel: KERNEL, missing: [] })
    assert.deepEqual(await seen(plain({ ...wish, directory: {} })), { missing: ['ext2'] })
  })
})

describe('a GRUB without lvm', () => {
  test('sees no logical volume until it is loaded', async () => {
    const modules = ['normal', 'part_gpt']
    assert.deepEqual(await seen(logical({ modules, configuration: menu(FIND) })), { missing: ['lvm'] })
    assert.deepEqual(await seen(logical({ modules, configuration: menu(`insmod lvm\n${FIND}`) })), {
      kernel: 'vg/root:/boot/vmlinuz',
      missing: [],
    })
  })
})

test('a GRUB whose modules are not known sees everything', async () => {
  assert.deepEqual(await seen(plain({ modules: [], configuration: menu(FIND) })), {
    kernel: KERNEL,
    missing: [],
  })
})

test('which GRUB it is is seen by the modules inside the program', async () => {
  const kinds = { blscfg: 'fedora', blsuki: 'upstream-blsuki', ext2: 'upstream' }
  for (const [module, kind] of Object.entries(kinds)) {
    const modules = ['normal', 'part_gpt', 'ext2', module]
    const wish = { modules, configuration: menu(FIND), directory: {} }
    const { source, readers } = describedDisk(plain(wish))
    const { loader } = await findBoot(await detectStack(source, readers))
    assert.equal(loader.grub, kind)
    assert.match(loader.grubReason ?? '', /^p1:\/EFI\/BOOT\/BOOTX64\.EFI has .* in it$/)
  }
})
