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
