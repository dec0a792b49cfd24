import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openImage } from '../../app/image/index.ts'
import { findBoot } from './index.ts'

const INSTALLER = new URL('../../formats/iso9660/fixtures/installer.iso.zst', import.meta.url).pathname

test('a disc is one file system, with the images that firmware starts, whatever partition table it has', async () => {
  await using opened = await openImage(INSTALLER)
  const { stack, image } = opened
  assert.equal(image.type, 'iso')
  assert.ok(stack.content.kind === 'file system')
  assert.equal(stack.content.fileSystem.facts.type, 'iso9660')
  assert.deepEqual(
    stack.children.map(({ address, name, content }) => [address, name, content.kind]),
    [
      ['et1', 'boot image 1 (BIOS)', 'unknown'],
      ['et2', 'boot image 2 (UEFI)', 'file system'],
    ],
  )
  assert.deepEqual(
    stack.warnings.map(({ code }) => code),
    ['DISC_HYBRID'],
  )
})

test('BIOS boots what ISOLINUX and its included files say', async () => {
  await using opened = await openImage(INSTALLER)
  const { entries, defaultIndex, loader } = await findBoot(opened.stack, { firmware: 'bios' })
  assert.deepEqual(
    [loader.kind, loader.kind === 'extlinux' && loader.configuration],
    ['extlinux', ':/isolinux/isolinux.cfg'],
  )
  const [install, near] = entries
  assert.deepEqual([entries.length, defaultIndex, install?.title], [2, 0, 'Install'])
  assert.deepEqual(
    [
      install?.kernel?.path,
      install?.initrds.map(({ path }) => path),
      install?.arguments.map(({ text }) => text),
    ],
    ['/install/vmlinuz', ['/install/initrd.gz'], ['vga=788', '---', 'quiet']],
  )
  assert.equal(install?.file, ':/isolinux/txt.cfg:1')
  // A name without a slash is of the directory of isolinux.cfg.
  assert.equal(near?.kernel?.path, '/isolinux/near.kernel')
})

test('UEFI boots what the GRUB of its image finds on the disc', async () => {
  await using opened = await openImage(INSTALLER)
  const { entries, loader, layout, other, firmware } = await findBoot(opened.stack)
  assert.deepEqual([firmware, loader.kind, layout.esp?.address], ['uefi', 'grub', 'et2'])
  const [entry] = entries
  assert.deepEqual(
    [entry?.title, entry?.kernel?.path, entry?.arguments.map(({ text }) => text)],
    ['Install by UEFI', '/install/vmlinuz', ['uefi=yes']],
  )
  assert.deepEqual([other?.firmware, other?.loader.kind], ['bios', 'extlinux'])
})
