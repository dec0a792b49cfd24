import assert from 'node:assert/strict'
import { test } from 'node:test'
import { look, treeFileSystem } from '../../testing/index.ts'
import type { Tree } from '../../testing/index.ts'
import { entriesToEdit } from './entries-to-edit.ts'
import { planArgumentEdits } from './plan-edits.ts'
import type { ArgumentWishes } from './plan-edits.ts'
import { findUndoneLater } from './undone-later.ts'

async function undone(tree: Tree, wishes: Partial<ArgumentWishes>): Promise<readonly string[]> {
  const fileSystem = treeFileSystem({
    '/etc/os-release': 'ID=rhel\n',
    '/usr/lib/x': '',
    '/boot/k': 'k',
    ...tree,
  })
  const { disk, inventory } = await look({ partitions: [{ fileSystem }] })
  const asked = { append: [], delete: [], ...wishes }
  const { files } = planArgumentEdits(
    await entriesToEdit(disk, inventory, undefined),
    [inventory.loader],
    asked,
  )
  const found = await findUndoneLater(inventory, files, asked)
  return found.map(({ code, subject }) => `${code} ${subject}`)
}

const BLS = {
  '/boot/grub2/grub.cfg': 'blscfg\n',
  '/boot/loader/entries/a.conf': 'linux /boot/k\noptions root=/dev/x quiet\n',
}
const CMDLINE = 'ARGUMENTS_UNDONE_LATER p1:/etc/kernel/cmdline'

test('an edit that /etc/kernel/cmdline undoes at the next kernel is said', async () => {
  const tree = { ...BLS, '/etc/kernel/cmdline': 'root=/dev/x quiet\n' }
  assert.deepEqual(await undone(tree, { append: ['a=1'] }), [CMDLINE])
  assert.deepEqual(await undone(tree, { delete: ['quiet'] }), [CMDLINE])
  const vendor = { ...BLS, '/usr/lib/kernel/cmdline': 'quiet' }
  assert.deepEqual(await undone(vendor, { append: ['a=1'] }), [
    'ARGUMENTS_UNDONE_LATER p1:/usr/lib/kernel/cmdline',
  ])
})

test('an edit that /etc/kernel/cmdline says too, or that no such file undoes, is not', async () => {
  assert.deepEqual(await undone(BLS, { append: ['a=1'] }), [])
  const tree = { ...BLS, '/etc/kernel/cmdline': 'root=/dev/x a=1\n' }
  assert.deepEqual(await undone(tree, { append: ['a=1'], delete: ['quiet'] }), [])
  const first = { ...tree, '/usr/lib/kernel/cmdline': 'quiet' }
  assert.deepEqual(await undone(first, { append: ['a=1'] }), [])
})

test('an edit of a grub.cfg that update-grub regenerates is reported', async () => {
  const grub = { '/boot/grub/grub.cfg': 'menuentry A {\nlinux /boot/k root=/dev/x\n}\n' }
  assert.deepEqual(await undone({ ...grub, '/etc/kernel/cmdline': 'quiet' }, { append: ['a=1'] }), [
    'ARGUMENTS_UNDONE_LATER p1:/boot/grub/grub.cfg',
  ])
})
