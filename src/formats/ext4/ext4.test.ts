import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { suite, test } from 'node:test'
import { loadImage } from '../../../test/fixtures/load-image.ts'
import { treeOf } from '../../../test/fixtures/tree.ts'
import { counting, fromBytes } from '../../bytes/index.ts'
import { findPath } from '../filesystem/index.ts'
import { openExt4, probeExt4 } from './index.ts'

const fixture = (name: string): string => new URL(`fixtures/${name}`, import.meta.url).pathname
const jsonOf = (name: string): unknown => JSON.parse(readFileSync(fixture(name), 'utf8'))

/** Each with the tree that is expected of it. */
const FIXTURES: Readonly<Record<string, string>> = {
  default: 'default',
  indirect: 'indirect',
  'no-filetype': 'no-filetype',
  'revision-0': 'revision-0',
  inline: 'inline',
  deep: 'deep',
  bigalloc: 'bigalloc',
  'meta-bg': 'meta-bg',
  uninit: 'uninit',
  // No kernel here mounts blocks of 64 KiB: it holds what `bigalloc` holds.
  'blocks-64k': 'bigalloc',
}

for (const [name, expected] of Object.entries(FIXTURES)) {
  suite(`the ext4 fixture ${name}`, () => {
    test('holds the tree that the kernel sees', async () => {
      const fs = await openExt4(await loadImage(fixture(`${name}.img.zst`)))
      assert.deepEqual(await treeOf(fs), jsonOf(`${expected}.json`))
      assert.deepEqual(fs.warnings, [])
      assert.equal(fs.facts.clean, true)
      assert.equal(fs.facts.label, name)
      assert.equal(fs.facts.uuid, 'a11ea100-0000-4000-8000-0000000000e4')
    })

    test('finds each of its names, and none that is not there', async () => {
      const fs = await openExt4(await loadImage(fixture(`${name}.img.zst`)))
      for (const { path, kind } of await treeOf(fs)) {
        const found = await findPath(fs, path, { lastLink: 'keep' })
        assert.equal(found?.kind, kind, path)
        if (kind === 'directory')
          assert.equal(await findPath(fs, `${path}/absent`, { lastLink: 'keep' }), undefined)
      }
    })

    test('has the free blocks that dumpe2fs names', async () => {
      const source = await loadImage(fixture(`${name}.img.zst`))
      const fs = await openExt4(source)
      const free: string[] = []
      let at = 0
      for await (const { offsetBytes, lengthBytes, kind } of fs.allocation()) {
        assert.equal(offsetBytes, at)
        at += lengthBytes
        const first = offsetBytes / fs.facts.blockSizeBytes
        const last = at / fs.facts.blockSizeBytes - 1
        if (kind === 'unallocated') free.push(first === last ? `${first}` : `${first}-${last}`)
      }
      assert.equal(at, source.size)
      const lines = readFileSync(fixture(`${name}.free`), 'utf8').split('\n')
      assert.deepEqual(free, joined(lines, name === 'bigalloc' ? 8 : 1))
      assert.deepEqual(fs.warnings, [])
    })

    test('takes for zeros what dumpe2fs counts as unused in inode tables, and nothing else', async () => {
      const source = await loadImage(fixture(`${name}.img.zst`))
      const fs = await openExt4(source)
      const { blockSizeBytes } = fs.facts
      const zeros: string[] = []
      for await (const { offsetBytes, lengthBytes, kind } of fs.allocation()) {
        if (kind !== 'zero') continue
        zeros.push(`${offsetBytes / blockSizeBytes}-${(offsetBytes + lengthBytes) / blockSizeBytes - 1}`)
        const bytes = await source.read(offsetBytes, lengthBytes)
        assert.ok(bytes.every((byte) => byte === 0))
      }
      const lines = readFileSync(fixture(`${name}.unused`), 'utf8').split('\n')
      assert.deepEqual(joined(zeros), joined(lines))
    })

    test('says where the content of each file lies', async () => {
      const source = await loadImage(fixture(`${name}.img.zst`))
      const fs = await openExt4(source)
      for (const { path, kind } of await treeOf(fs)) {
        if (kind !== 'file') continue
        const { id } = (await findPath(fs, path, { lastLink: 'keep' })) ?? assert.fail(path)
        const content = await fs.open(id)
        const bytes = new Uint8Array(content.size)
        let inline = false
        for await (const { fileOffsetBytes, lengthBytes, sourceOffsetBytes, kind: how } of fs.ranges(id)) {
          inline ||= how === 'inline'
          if (sourceOffsetBytes !== undefined)
            bytes.set(await source.read(sourceOffsetBytes, lengthBytes), fileOffsetBytes)
        }
        if (!inline) assert.deepEqual(bytes, await content.read(0, content.size), path)
      }
    })
  })
}

test('a range of free blocks is one, whatever groups it goes through', () => {
  assert.deepEqual(joined(['5-7', '8-9', '11', '12']), ['5-9', '11-12'])
})

test('a probe reads one KiB and never throws', async () => {
  const { source, count } = counting(await loadImage(fixture('default.img.zst')))
  assert.equal(await probeExt4(source), true)
  assert.deepEqual([count.reads, count.bytes], [1, 1024])
  for (const size of [0, 1023, 1024, 2047, 2048, 70_000]) {
    assert.equal(await probeExt4(fromBytes(new Uint8Array(size).fill(0xef))), false)
  }
})

/** dumpe2fs ends ranges at the end of each group, and with clusters at the first block of the last one. */
function joined(lines: readonly string[], clusterBlocks = 1): string[] {
  const ranges: [number, number][] = []
  for (const line of lines.filter((one) => one !== '')) {
    const [first = 0, lastCluster = first] = line.split('-').map(Number)
    const last = lastCluster + clusterBlocks - 1
    const before = ranges.at(-1)
    if (before !== undefined && before[1] + 1 === first) before[1] = last
    else ranges.push([first, last])
  }
  return ranges.map(([first, last]) => (first === last ? `${first}` : `${first}-${last}`))
}
