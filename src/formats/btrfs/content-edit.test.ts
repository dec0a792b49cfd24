import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { loadImage } from '../../../test/fixtures/load-image.ts'
import { treeOf } from '../../../test/fixtures/tree.ts'
import { ALGORITHMS } from '../../adapters/codec/index.ts'
import { patched } from '../../bytes/index.ts'
import type { ByteSource } from '../../bytes/index.ts'
import { planContentChange, readFile, walkPath } from '../filesystem/index.ts'
import type { ContentChange, FileSystem } from '../filesystem/index.ts'
import { openBtrfs } from './index.ts'

// `btrfs check` and the kernel look at changed images in test/integration and in the differential test.

const open = (source: ByteSource): Promise<FileSystem> => openBtrfs(source, { algorithms: ALGORITHMS })
const image = (name: string): Promise<ByteSource> =>
  loadImage(fileURLToPath(new URL(`fixtures/${name}.img.zst`, import.meta.url)))

/** Another first byte, and `growth` more at the end. */
async function change(
  fs: FileSystem,
  path: string,
  growth: number,
): Promise<Readonly<{ change: ContentChange; after: Uint8Array }>> {
  const { id } = await walkPath(fs, path, { lastLink: 'keep' })
  const before = await readFile(fs, id, { path, limitBytes: 4 << 20 })
  const after = new Uint8Array(before.length + growth).fill(0x2b)
  after.set(before)
  if (before.length > 0) after[0] = (before[0] ?? 0) ^ 1
  return { change: await planContentChange(fs, id, before, after), after }
}

const CHANGED = {
  default: ['/inline', '/zlib/inline', '/lzo/inline', '/zstd/inline', '/uncopied'],
  'small-nodes': ['/inline', '/many/a-name-in-many-nodes-7', '/pieces'],
  mixed: ['/inline'],
  'large-nodes': ['/inline', '/zstd/inline'],
  'changed-uuid': ['/inline'],
} as const

for (const [name, paths] of Object.entries(CHANGED)) {
  test(`files of "${name}" change where they lie, and nothing else changes`, async () => {
    const source = await image(name)
    const fs = await open(source)
    const earlier = await treeOf(fs)
    for (const path of paths) {
      for (const growth of [0, 20]) {
        const { change: planned, after } = await change(fs, path, growth)
        if ('refusal' in planned) assert.fail(`${path}: ${planned.refusal}`)
        const changed = await treeOf(await open(patched(source, planned.patches)))
        const sha256 = createHash('sha256').update(after).digest('hex')
        assert.deepEqual(
          changed,
          earlier.map((one) => (one.path === path ? { ...one, size: after.length, sha256 } : one)),
        )
      }
    }
  })
}

const REFUSED = [
  ['default', '/zstd/long', 'its bytes are compressed'],
  ['default', '/prepared', 'its bytes lie nowhere: they were never written'],
  ['default', '/all-hole', 'its bytes lie nowhere: they were never written'],
  ['default', '/plain', 'it has 2 names (hard links), and all of them would change'],
  ['mixed', '/lzo/inline', 'the leaf of the tree that holds it has no room for more'],
  ['small-nodes', '/shared', 'its blocks may be shared with a snapshot or another file (reflink)'],
  ['dirty', '/old', 'the btrfs file system was not unmounted cleanly, and its journal may write it again'],
] as const

for (const [name, path, why] of REFUSED) {
  test(`${path} of "${name}" is refused: ${why}`, async () => {
    const { change: planned } = await change(await open(await image(name)), path, 0)
    assert.equal('refusal' in planned ? planned.refusal : 'it is not refused', why)
  })
}

test('an inline extent grows no further than its leaf has room', async () => {
  const fs = await open(await image('small-nodes'))
  const { change: planned } = await change(fs, '/inline', 3200)
  assert.match('refusal' in planned ? planned.refusal : '', /has no room for more/)
})
