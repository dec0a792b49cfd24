import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { isAnnealError } from '../../../core/index.ts'
import { makePe } from '../../../formats/pe/make-pe.ts'
import { look, treeFileSystem } from '../../testing/index.ts'
import type { DescribedDisk, Tree } from '../../testing/index.ts'
import { fromGlob } from './glob.ts'
import { defaultEntry, parseLoaderConf } from './loader-conf.ts'

const esp = (tree: Tree): DescribedDisk => ({
  scheme: 'gpt',
  partitions: [
    {
      type: 'c12a7328-f81f-11d2-ba4b-00a0c93ec93b',
      fileSystem: treeFileSystem(
        { '/EFI/systemd/systemd-bootx64.efi': 'MZ', '/k': 'k', ...tree },
        { type: 'vfat', uuid: '1-2' },
      ),
    },
  ],
})
const entry = (more: string): string => `linux /k\n${more}`

describe('loader.conf', () => {
  const names = ['c.conf', 'b.conf', 'a.conf', 'uki.efi'].map((name) => ({ name }))
  for (const [text, chosen] of [
    ['default a.conf', 'a.conf'],
    ['default a', 'c.conf'],
    ['default A.CONF', 'a.conf'],
    ['default a.conf\ndefault b.conf', 'b.conf'],
    ['default b.conf # the second', 'c.conf'],
    ['# default b.conf\n  default\ta.conf  \n', 'a.conf'],
    ['default *.efi', 'uki.efi'],
    ['default [!c]*', 'b.conf'],
    ['default @saved', 'c.conf'],
    ['default nothing*', 'c.conf'],
    ['preferred a.conf\ndefault b.conf', 'a.conf'],
    ['timeout 3', 'c.conf'],
  ] as const) {
    test(`${JSON.stringify(text)} boots ${chosen}`, () => {
      assert.equal(names[defaultEntry(names, parseLoaderConf(text))]?.name, chosen)
    })
  }

  test('an entry without tries left is not preferred, but may be the default', () => {
    const bad = [{ name: 'b.conf' }, { name: 'a.conf', triesLeft: 0 }]
    assert.equal(defaultEntry(bad, { preferred: 'a.conf' }), 0)
    assert.equal(defaultEntry(bad, { default: 'a.conf' }), 1)
  })
})

test('globs are fnmatch’s: lists, ranges, negation, and a backslash', () => {
  for (const [pattern, fits, not] of [
    ['[a-c]?', 'b1', 'd1'],
    ['[!a-c]*', 'dx', 'ax'],
    ['[^a]', 'b', 'a'],
    ['[]x]', ']', 'y'],
    ['\\*', '*', 'x'],
    ['[z', '[z', 'z'],
    ['a.b', 'a.b', 'axb'],
    ['[a\\]b]', ']', 'x'],
    ['[a-]', '-', 'b'],
  ] as const) {
    assert.ok(fromGlob(pattern)(fits), `${pattern} ${fits}`)
    assert.ok(!fromGlob(pattern)(not), `${pattern} ${not}`)
  }
  assert.equal(fromGlob('[z-a]')('z'), false)
})

describe('type #1 entries of systemd-boot', () => {
  test('one with `uki` is an entry, and boots what is in the image', async () => {
    const uki = makePe({ '.linux': 'k', '.initrd': 'i', '.cmdline': 'from_uki', '.osrel': 'ID=x\n' })
    for (const key of ['uki', 'efi']) {
      const { contract, inventory } = await look(
        esp({
          '/loader/entries/new.conf': `title New\nversion 2\n${key} /x.efi\nsort-key a\n`,
          '/loader/entries/old.conf': entry('version 1\nsort-key a\n'),
          '/x.efi': uki,
        }),
      )
      assert.deepEqual(
        inventory.entries.map(({ id }) => id),
        ['new', 'old'],
      )
      assert.match(contract.commandLine, /from_uki/)
      assert.equal(contract.title, 'New')
    }
  })

  test('an EFI program that is no kernel may be the default, and is refused by name', async () => {
    const tree = {
      '/loader/entries/shell.conf': 'title Shell\nefi /shell.efi\n',
      '/loader/entries/a.conf': entry('version 1\n'),
      '/loader/loader.conf': 'default shell.conf\n',
      '/shell.efi': 'MZ',
    }
    await assert.rejects(look(esp(tree)), (error) => isAnnealError(error, 'BOOT_ENTRY_NOT_LINUX'))
    const { contract } = await look(esp(tree), { deployment: 'a' })
    assert.equal(contract.entry, 'a')
  })

  test('a `$` is a character, and entries of other machines are passed over', async () => {
    const { contract, inventory } = await look(
      esp({
        '/loader/entries/a.conf': entry('options a $x b=$y\narchitecture X64\n'),
        '/loader/entries/z.conf': entry('architecture aa64\n'),
        '/loader/entries/auto-x.conf': entry(''),
      }),
    )
    assert.deepEqual(
      inventory.entries.map(({ id }) => id),
      ['a'],
    )
    assert.match(contract.commandLine, /a \$x b=\$y/)
  })
})

/** A partition whose systemd-boot says of which version it is. */
const versioned = (version: string, tree: Tree): DescribedDisk =>
  esp({
    '/EFI/systemd/systemd-bootx64.efi': makePe({
      '.sdmagic': `#### LoaderInfo: systemd-boot ${version} ####`,
    }),
    ...tree,
  })
const idsOf = async (disk: DescribedDisk): Promise<readonly string[]> =>
  (await look(disk)).inventory.entries.map(({ id }) => id)

describe('what systemd-boot does goes by its version', () => {
  const image = (more: Readonly<Record<string, string>> = {}): Uint8Array =>
    makePe({ '.osrel': 'ID=x\n', '.linux': 'k', '.initrd': 'own', '.cmdline': 'inside', ...more })
  const PROFILES = makePe([
    ['.osrel', 'ID=x\nVERSION_ID=1\n'],
    ['.linux', 'k'],
    ['.cmdline', 'first'],
    ['.profile', 'ID=main\n'],
    ['.profile', 'ID=second\n'],
    ['.cmdline', 'second'],
  ])

  test('before 258 `uki` is no key, and its entry is left out', async () => {
    const tree = {
      '/loader/entries/new.conf': 'version 2\nsort-key a\nuki /x.efi\n',
      '/loader/entries/old.conf': entry('version 1\nsort-key a\n'),
      '/x.efi': image(),
    }
    assert.deepEqual(await idsOf(versioned('257.13-1~deb13u1', tree)), ['old'])
    assert.deepEqual(await idsOf(versioned('258', tree)), ['new', 'old'])
    const { contract } = await look(versioned('257', tree))
    assert.ok(contract.findings.some(({ code, evidence }) => code === 'ENTRY_BROKEN' && /uki/.test(evidence)))
    assert.match(contract.loader.reason, /of systemd 257/)
  })

  test('an entry that names two programs is left out since 258; before, the last one counts', async () => {
    const tree = {
      '/loader/entries/two.conf': entry('efi /x.efi\n'),
      '/loader/entries/a.conf': entry(''),
      '/x.efi': image(),
    }
    assert.deepEqual(await idsOf(versioned('262', tree)), ['a'])
    assert.match((await look(versioned('257', tree), { deployment: 'two' })).contract.commandLine, /inside/)
  })

  test('`profile` asks for one since 259, as `@` and a number before the options do', async () => {
    const tree = {
      '/loader/entries/a.conf': 'sort-key a\nuki /x.efi\nprofile 1\n',
      '/loader/entries/b.conf': 'sort-key b\nuki /x.efi\noptions @1\n',
      '/loader/entries/c.conf': 'sort-key c\nuki /x.efi\noptions @1 given\n',
      '/loader/entries/d.conf': 'sort-key d\nuki /x.efi\nprofile 7\n',
      '/x.efi': PROFILES,
    }
    const line = async (version: string, deployment: string): Promise<string> =>
      (await look(versioned(version, tree), { deployment })).contract.commandLine
    assert.match(await line('262', 'a'), /^second/)
    assert.match(await line('258', 'a'), /^first/)
    assert.match(await line('262', 'b'), /^second/)
    assert.match(await line('262', 'c'), /^given/)
    await assert.rejects(line('262', 'd'), (error) => isAnnealError(error, 'BOOT_ENTRY_NOT_LINUX'))
  })

  test('since 261 no profile but the first boots by itself', async () => {
    const tree = {
      '/loader/entries/a.conf': 'sort-key a\nuki /x.efi\nprofile 1\n',
      '/loader/entries/b.conf': entry('sort-key b\n'),
      '/x.efi': PROFILES,
    }
    assert.equal((await look(versioned('260', tree))).contract.entry, 'a')
    assert.equal((await look(versioned('261', tree))).contract.entry, 'b')
  })

  test('since 261 the first profiles of all images of a version come first', async () => {
    const tree = { '/EFI/Linux/a.efi': PROFILES, '/EFI/Linux/b.efi': PROFILES }
    assert.deepEqual(await idsOf(versioned('257', tree)), ['b', 'b.efi@second', 'a', 'a.efi@second'])
    assert.deepEqual(await idsOf(versioned('262', tree)), ['b', 'a', 'b.efi@second', 'a.efi@second'])
  })

  test('up to 258 the profiles of an image with a counter lose their ids, and may come first', async () => {
    const tree = { '/EFI/Linux/u+3.efi': PROFILES }
    const [old, middle] = [await look(versioned('257.13', tree)), await look(versioned('259', tree))]
    assert.match(old.contract.commandLine, /^second/)
    assert.match(middle.contract.commandLine, /^first/)
  })

  test('before 257 it shows one entry for an image with profiles', async () => {
    assert.deepEqual(await idsOf(versioned('256', { '/EFI/Linux/a.efi': PROFILES })), ['a'])
  })

  test('before 260 `preferred` is no key', async () => {
    const tree = {
      '/loader/entries/b.conf': entry(''),
      '/loader/entries/a.conf': entry(''),
      '/loader/loader.conf': 'preferred a.conf\n',
    }
    assert.equal((await look(versioned('257', tree))).contract.entry, 'b')
    assert.equal((await look(versioned('260', tree))).contract.entry, 'a')
  })

  test('`extra` adds to the companions of the image', async () => {
    const tree = {
      '/loader/entries/a.conf': 'uki /x.efi\nextra /x.cred\nextra /gone.cred\nextra /x.txt\n',
      '/x.efi': image(),
      '/x.cred': 'c',
      '/x.txt': 't',
    }
    const told = async (version: string): Promise<readonly unknown[]> =>
      (await look(versioned(version, tree))).contract.findings
        .filter(({ code }) => code === 'UKI_COMPANIONS_LEFT')
        .map(({ evidence }) => evidence)
    assert.deepEqual(await told('262'), ['/x.cred'])
    assert.deepEqual(await told('260'), [])
  })

  test('an entry with `uki-url` boots nothing of the image, and one beside the boot loader is left out', async () => {
    const tree = {
      '/loader/entries/b.conf': 'uki-url http://h/x.efi\nsort-key a\n',
      '/loader/entries/a.conf': 'uki-url :x.efi\nsort-key b\n',
      '/loader/entries/z.conf': entry('sort-key z\n'),
    }
    assert.deepEqual(await idsOf(versioned('262', { ...tree, '/loader/loader.conf': 'default z.conf\n' })), [
      'b',
      'z',
    ])
    await assert.rejects(look(versioned('262', tree)), (error) =>
      isAnnealError(error, 'BOOT_ENTRY_NOT_LINUX'),
    )
  })

  test('`linux` may name a unified kernel image: options take the place of its own, initrds come before its own', async () => {
    const tree = (stub: string): Tree => ({
      '/loader/entries/a.conf': 'linux /x.efi\noptions given\n',
      '/loader/entries/b.conf': 'linux /x.efi\ninitrd /i\n',
      '/x.efi': image({ '.sdmagic': `#### LoaderInfo: systemd-stub ${stub} ####` }),
      '/i': 'before',
    })
    const { contract } = await look(versioned('262', tree('262')), { deployment: 'a' })
    assert.match(contract.commandLine, /^given/)
    assert.equal(contract.kernel.section?.name, '.linux')
    const both = await look(versioned('262', tree('262')), { deployment: 'b' })
    assert.match(both.contract.commandLine, /^inside/)
    assert.deepEqual(
      both.contract.initrds.map(({ sizeBytes }) => sizeBytes),
      [6, 3],
    )
    await assert.rejects(look(versioned('262', tree('257.13')), { deployment: 'b' }), (error) =>
      isAnnealError(error, 'BOOT_ENTRY_NOT_LINUX'),
    )
  })

  test('`efi` may name a kernel, which looks for its initrds itself', async () => {
    const kernel = new Uint8Array(600)
    kernel.set(new TextEncoder().encode('HdrS'), 514)
    const tree = {
      '/loader/entries/a.conf': 'efi /vmlinuz\noptions ro initrd=\\d\\i\n',
      '/loader/entries/b.conf': 'linux /vmlinuz\noptions ro initrd=/d/i\n',
      '/loader/entries/c.conf': 'linux /vmlinuz\noptions ro initrd=/gone\n',
      '/vmlinuz': kernel,
      '/d/i': 'initrd',
    }
    for (const deployment of ['a', 'b']) {
      const { contract } = await look(versioned('262', tree), { deployment })
      assert.equal(contract.kernel.path, '/vmlinuz')
      assert.deepEqual(
        contract.initrds.map(({ path }) => path),
        ['/d/i'],
      )
    }
    assert.deepEqual(await idsOf(versioned('262', tree)), ['b', 'a'])
  })
})

test('ids are compared with their suffixes, so that a name comes before what it is the beginning of', async () => {
  assert.deepEqual(
    await idsOf(
      esp({
        '/loader/entries/arch-lts.conf': entry(''),
        '/loader/entries/arch.conf': entry(''),
        '/loader/entries/arch-fallback.conf': entry(''),
      }),
    ),
    ['arch', 'arch-lts', 'arch-fallback'],
  )
})

test('an EFI system partition that is mounted at /boot shows each of its entries once', async () => {
  const { partitions, ...disk } = esp({
    '/loader/entries/arch.conf': entry('options a\n'),
    '/EFI/Linux/u.efi': makePe({ '.osrel': 'ID=x\nPRETTY_NAME=X\n', '.linux': 'k', '.cmdline': 'b' }),
  })
  const root = treeFileSystem({
    '/etc/os-release': 'ID=arch\n',
    '/etc/fstab': 'UUID=1-2 /boot vfat rw 0 2\n',
    '/usr/lib/x': '',
  })
  const { inventory } = await look({ ...disk, partitions: [...partitions, { fileSystem: root }] })
  assert.deepEqual(
    inventory.entries.map(({ file }) => file),
    ['p1:/EFI/Linux/u.efi', 'p1:/loader/entries/arch.conf'],
  )
})
