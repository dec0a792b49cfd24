import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { makePe } from '../../../formats/pe/make-pe.ts'
import { look, treeFileSystem } from '../../testing/index.ts'
import type { DescribedDisk, Tree } from '../../testing/index.ts'

const esp = (tree: Tree): DescribedDisk => ({
  scheme: 'gpt',
  partitions: [
    {
      type: 'c12a7328-f81f-11d2-ba4b-00a0c93ec93b',
      fileSystem: treeFileSystem(
        { '/EFI/systemd/systemd-bootx64.efi': 'MZ', ...tree },
        { type: 'vfat', uuid: '1-2' },
      ),
    },
  ],
})

type Section = readonly [string, string]

const uki = (...sections: readonly Section[]): Uint8Array =>
  makePe([
    ['.osrel', 'ID=debian\nPRETTY_NAME="Debian"\nVERSION_ID=13\n'],
    ['.uname', '6.12'],
    ['.cmdline', 'base quiet'],
    ['.linux', 'kernel'],
    ['.initrd', 'initrd'],
    ...sections,
  ])
const stub = (version: string): Section => ['.sdmagic', `#### LoaderInfo: systemd-stub ${version} ####\0`]
const PROFILES: readonly Section[] = [
  ['.profile', 'ID=main\n'],
  ['.profile', 'ID=debug\nTITLE=Debug\n'],
  ['.cmdline', 'base debug'],
  ['.profile', ''],
  ['.cmdline', ''],
  ['.initrd', 'other initrd'],
]

describe('unified kernel images with profiles', () => {
  test('each profile is an entry, with sections of its own before those of all', async () => {
    const { inventory } = await look(esp({ '/EFI/Linux/u.efi': uki(stub('257.13'), ...PROFILES) }))
    assert.deepEqual(
      inventory.entries.map(({ id, title, profile, arguments: all, initrds }) => ({
        id,
        title,
        profile,
        options: all.map(({ text }) => text).join(' '),
        initrds: initrds.map(({ sizeBytes }) => sizeBytes),
      })),
      [
        { id: 'u', title: 'Debian (6.12)', profile: undefined, options: 'base quiet', initrds: [6] },
        {
          id: 'u.efi@debug',
          title: 'Debian (Debug) (6.12)',
          profile: 1,
          options: 'base debug',
          initrds: [6],
        },
        { id: 'u.efi@2', title: 'Debian (Profile #3) (6.12)', profile: 2, options: '', initrds: [12] },
      ],
    )
  })

  test('loader.conf and --deployment choose one', async () => {
    const tree = { '/EFI/Linux/u.efi': uki(...PROFILES), '/loader/loader.conf': 'default u.efi@debug\n' }
    const { contract } = await look(esp(tree))
    assert.match(contract.commandLine, /^base debug/)
    assert.match((await look(esp(tree), { deployment: 'u' })).contract.commandLine, /^base quiet/)
  })

  test('a stub older than 257 knows none', async () => {
    const { inventory } = await look(esp({ '/EFI/Linux/u.efi': uki(stub('256.7'), ...PROFILES) }))
    assert.deepEqual(
      inventory.entries.map(({ id }) => id),
      ['u'],
    )
  })

  test('firmware that runs one itself boots the first', async () => {
    const disk = esp({ '/EFI/BOOT/BOOTX64.EFI': uki(...PROFILES) })
    const { inventory } = await look(disk)
    assert.equal(inventory.entries.length, 1)
  })

  test('systemd-boot shows none that does not say what system it is of', async () => {
    const nameless = makePe({ '.linux': 'kernel', '.cmdline': 'nameless' })
    const { inventory } = await look(
      esp({
        '/EFI/Linux/a.efi': uki(),
        '/EFI/Linux/z.efi': nameless,
        '/loader/loader.conf': 'default z.efi',
      }),
    )
    assert.deepEqual(
      inventory.entries.map(({ id }) => id),
      ['a'],
    )
  })
})

describe('addons of unified kernel images', () => {
  const addon = (...sections: readonly Section[]): Uint8Array => makePe(sections)

  test('arguments, initrds and microcode come in the order of the stub', async () => {
    const { contract } = await look(
      esp({
        '/EFI/Linux/u+3.efi': uki(stub('257'), ['.ucode', '123']),
        '/loader/addons/b.addon.efi': addon(['.cmdline', 'global_b'], ['.ucode', '1']),
        '/loader/addons/B.addon.efi': addon(['.cmdline', 'global_B']),
        '/loader/addons/c.efi': addon(['.cmdline', 'no_addon']),
        '/EFI/Linux/u.efi.extra.d/a.addon.efi': addon(
          ['.cmdline', 'own'],
          ['.ucode', '12'],
          ['.initrd', '12345'],
        ),
        '/EFI/Linux/u.efi.extra.d/d.addon.efi': addon(['.cmdline', 'for_another'], ['.uname', '6.1']),
        '/EFI/Linux/u.efi.extra.d/e.addon.efi': addon(['.cmdline', 'a_kernel'], ['.linux', 'k']),
      }),
    )
    assert.match(contract.commandLine, /^base quiet global_B global_b own(?: |$)/)
    assert.deepEqual(
      contract.initrds.map(({ sizeBytes }) => sizeBytes),
      [2, 1, 3, 6, 5],
    )
  })

  test('what the stub is too old for is left out', async () => {
    const tree = (version: string): Tree => ({
      '/EFI/Linux/u.efi': uki(stub(version)),
      '/loader/addons/a.addon.efi': addon(['.cmdline', 'added'], ['.initrd', '12345']),
    })
    const [old, middle] = [await look(esp(tree('252.39'))), await look(esp(tree('255.4')))]
    assert.doesNotMatch(old.contract.commandLine, /added/)
    assert.match(middle.contract.commandLine, /added/)
    assert.equal(middle.contract.initrds.length, 1)
  })

  test('behind ` -- ` they are for init', async () => {
    const { contract } = await look(
      esp({
        '/EFI/Linux/u.efi': uki(['.profile', ''], ['.cmdline', 'quiet -- one']),
        '/loader/addons/a.addon.efi': addon(['.cmdline', 'two']),
      }),
    )
    assert.match(contract.commandLine, / -- one two$/)
  })

  test('only a counter after the first `+` is left out of the name of its directory', async () => {
    const beside = (name: string): string => `/EFI/Linux/${name}.efi.extra.d/a.addon.efi`
    const { contract } = await look(
      esp({
        '/EFI/Linux/6.12+deb13+3.efi': uki(),
        [beside('6.12+deb13')]: addon(['.cmdline', 'without_counter']),
        [beside('6.12+deb13+3')]: addon(['.cmdline', 'before_it_counts']),
        [beside('6.12+deb13+2-1')]: addon(['.cmdline', 'counted']),
      }),
    )
    assert.match(contract.commandLine, /^base quiet counted/)
  })

  test('credentials and extensions beside it are named', async () => {
    const { contract } = await look(
      esp({
        '/EFI/Linux/u.efi': uki(),
        '/EFI/Linux/u.efi.extra.d/x.confext.raw': 'x',
        '/loader/credentials/y.cred': 'y',
      }),
    )
    const told = contract.findings.find(({ code }) => code === 'UKI_COMPANIONS_LEFT')
    assert.match(JSON.stringify(told), /x\.confext\.raw.*y\.cred/)
  })
})

test('options of a type #1 entry take the place of those in the image, and addons follow', async () => {
  const { contract } = await look(
    esp({
      '/loader/entries/a.conf': 'title A\nuki /x.efi\noptions one\noptions two\n',
      '/x.efi': uki(),
      '/loader/addons/a.addon.efi': makePe({ '.cmdline': 'three' }),
    }),
  )
  assert.match(contract.commandLine, /^one two three/)
})

test('a warning names device trees of several machines, of which Anneal takes none', async () => {
  for (const tree of [
    { '/EFI/Linux/u.efi': uki(['.dtbauto', 'one'], ['.dtbauto', 'two']) },
    { '/EFI/Linux/u.efi': uki(), '/loader/addons/a.addon.efi': makePe({ '.dtbauto': 'one' }) },
  ] as const) {
    const { contract } = await look(esp(tree))
    assert.equal(contract.devicetree, undefined)
    assert.ok(contract.findings.some(({ code }) => code === 'UKI_DEVICETREE_BY_MACHINE'))
  }
})

describe('a unified kernel image as the kernel of another boot loader', () => {
  const disk = (tree: Tree): DescribedDisk => ({
    partitions: [
      {
        fileSystem: treeFileSystem(
          { '/etc/os-release': 'ID=x\n', '/boot/x.efi': uki(), '/boot/i': 'before', ...tree },
          { type: 'ext4', uuid: '0f3b9f1e-0000-4000-8000-000000000001' },
        ),
      },
    ],
  })

  test('GRUB and entries without a boot loader boot the kernel in it, with their arguments', async () => {
    for (const tree of [
      { '/boot/grub/grub.cfg': 'menuentry x {\n linux /boot/x.efi given\n initrd /boot/i\n}\n' },
      { '/boot/loader/entries/a.conf': 'linux /x.efi\ninitrd /i\noptions given\n' },
    ]) {
      const { contract } = await look(disk(tree))
      assert.equal(contract.kernel.section?.name, '.linux')
      assert.match(contract.commandLine, /given$/)
      assert.deepEqual(
        contract.initrds.map(({ sizeBytes }) => sizeBytes),
        [6, 6],
      )
      assert.ok(contract.findings.some(({ code }) => code === 'KERNEL_IS_UNIFIED'))
    }
  })

  test('without arguments of its own the entry has those of the image', async () => {
    const { contract } = await look(disk({ '/boot/loader/entries/a.conf': 'linux /x.efi\n' }))
    assert.match(contract.commandLine, /base quiet$/)
  })
})
