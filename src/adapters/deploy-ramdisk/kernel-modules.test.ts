import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { makeElf } from '../../../test/fixtures/make-elf.ts'
import { isAnnealError } from '../../core/index.ts'
import { kernelFiles } from './kernel-modules.ts'
import { PackageFiles } from './unpacked-packages.ts'

const VERSION = '7.2.13-amd64'
const NETWORK = 'drivers/net/ethernet/intel'

test('packed modules of the kernel are those that xz unpacks', async (t) => {
  const tree = mkdtempSync(join(tmpdir(), 'anneal-modules-'))
  t.after(() => rmSync(tree, { recursive: true }))
  const modules = join(tree, 'usr/lib/modules', VERSION, 'kernel', NETWORK)
  mkdirSync(modules, { recursive: true })
  mkdirSync(join(tree, 'boot'))
  writeFileSync(join(tree, 'boot', `vmlinuz-${VERSION}`), 'kernel')
  const contents = ['igb', 'e1000', 'i40e'].map((name, index) => {
    const modinfo = ['license=GPL', `alias=pci:${name}`, 'depends=', ''].join('\0')
    const elf = makeElf({ '.text': `${name} `.repeat(2_000 * (3 - index)), '.modinfo': modinfo })
    writeFileSync(join(modules, `${name}.ko`), elf)
    // As the kernel's own build packs them, with and without a filter; one stays as it is.
    const words = [['--check=crc32', '--x86', '--lzma2=dict=1MiB'], ['-9'], undefined][index]
    if (words !== undefined) execFileSync('xz', [...words, join(modules, `${name}.ko`)])
    return [name, elf] as const
  })
  const packages = new PackageFiles([{ name: 'linux', version: '1', architecture: 'amd64', tree }])
  const { files, moduleCount } = await kernelFiles(packages)
  assert.equal(moduleCount, 3)
  for (const [name, elf] of contents) {
    const found = files.find(({ path }) => path.endsWith(`kernel/${NETWORK}/${name}.ko`))
    assert.deepEqual(Buffer.from(found?.content ?? []), Buffer.from(elf), name)
  }
  const cut = join(modules, 'igb.ko.xz')
  writeFileSync(cut, execFileSync('head', ['-c', '100', cut]))
  await assert.rejects(kernelFiles(packages), (error) => isAnnealError(error, 'RAMDISK_PACKAGE'))
})
