import assert from 'node:assert/strict'
import { applyFileEdit, entriesToEdit, planArgumentEdits } from '../../../src/image/boot/index.ts'
import { look, treeFileSystem } from '../../../src/image/testing/index.ts'

const SYSTEM = {
  '/etc/os-release': 'ID=x\n',
  '/boot/vmlinuz-1': 'k',
  '/boot/initrd-1': 'i',
  '/boot/vmlinuz-2': 'k',
  '/boot/initrd-2': 'i',
}

/**
 * Looks at a system that boots by these files, then adds an argument to its entries: no file becomes shorter. Errors of
 * Anneal are answers.
 */
export async function bootAndEdit(files: Readonly<Record<string, string>>): Promise<void> {
  const tree = treeFileSystem({ ...SYSTEM, ...files })
  const { disk, inventory } = await look({ partitions: [{ fileSystem: tree }] })
  const entries = await entriesToEdit(disk, inventory, undefined)
  const plan = planArgumentEdits(entries, [inventory.loader], { append: ['new=1'], delete: [] })
  for (const edit of plan.files) {
    const text = files[edit.file.replace(/^p1:/, '')] ?? ''
    assert.ok(applyFileEdit(text, edit).length >= text.length)
  }
}
