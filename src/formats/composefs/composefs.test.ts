import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { loadImage } from '../../../test/fixtures/load-image.ts'
import { treeOf } from '../../../test/fixtures/tree.ts'
import { xattrsOf } from '../../../test/fixtures/xattrs.ts'
import { ALGORITHMS } from '../../adapters/codec/index.ts'
import { isAnnealError, toHex } from '../../core/index.ts'
import { openErofs } from '../erofs/index.ts'
import { openExt4 } from '../ext4/index.ts'
import { readFile, walkPath } from '../filesystem/index.ts'
import type { FileSystem, Xattr } from '../filesystem/index.ts'
import { openComposefs } from './index.ts'

const fixture = (name: string): string => join(import.meta.dirname, 'fixtures', name)

type Opened = Readonly<{ disk: FileSystem; image: FileSystem; objects: bigint }>

/** `ostree` or `bootc`: its image, and the disk that has its objects. */
async function openFixture(name: 'ostree' | 'bootc'): Promise<Opened> {
  const disk = await openExt4(await loadImage(fixture(`${name}.img.zst`)), {})
  const within = name === 'ostree' ? '/ostree/deploy/fedora/deploy' : '/composefs/images'
  const below = await walkPath(disk, within, { lastLink: 'follow' })
  let path = ''
  for await (const entry of disk.list(below.id))
    if (entry.kind !== 'file') path = `${within}/${entry.name}${name === 'ostree' ? '/.ostree.cfs' : ''}`
  const { id } = await walkPath(disk, path, { lastLink: 'follow' })
  const objects = name === 'ostree' ? '/ostree/repo/objects' : '/composefs/objects'
  return {
    disk,
    image: await openErofs(await disk.open(id), { algorithms: ALGORITHMS }),
    objects: (await walkPath(disk, objects, { lastLink: 'keep' })).id,
  }
}

const treeOver = ({ disk, image, objects }: Opened, changed: Partial<FileSystem> = {}): FileSystem =>
  openComposefs(
    { ...image, ...changed },
    { name: 'image', objects: { fileSystem: disk, directory: objects }, algorithms: ALGORITHMS },
  )

const xattr = (name: string, value: Uint8Array | string): Xattr => ({
  name,
  nameBytes: new TextEncoder().encode(name),
  value: typeof value === 'string' ? new TextEncoder().encode(value) : value,
})

const REDIRECT = 'trusted.overlay.redirect'
const METACOPY = 'trusted.overlay.metacopy'

suite('composefs', () => {
  for (const name of ['ostree', 'bootc'] as const) {
    test(`the tree of ${name} is what the kernel shows of image and objects`, async () => {
      const fs = treeOver(await openFixture(name))
      const expected = JSON.parse(readFileSync(fixture(`${name}.json`), 'utf8')) as object[]
      // That an inode has attributes counts those of overlayfs.
      const plain = (entries: readonly object[]): object[] =>
        entries.map((entry) => ({ ...entry, hasXattrs: undefined }))
      assert.deepEqual(plain(await treeOf(fs)), plain(expected))
      const lines = readFileSync(fixture(`${name}.xattrs`), 'utf8')
        .trimEnd()
        .split('\n')
      assert.deepEqual(await xattrsOf(fs), lines)
    })
  }

  /** The code and the message of reading `/usr/share/numbers` of bootc, whose attributes are changed. */
  const reading = async (
    change: (all: readonly Xattr[]) => readonly Xattr[],
    path = '/usr/share/numbers',
  ): Promise<string> => {
    const opened = await openFixture('bootc')
    const { id } = await walkPath(opened.image, path, { lastLink: 'keep' })
    const fs = treeOver(opened, {
      xattrs: async (asked, signal) => {
        const all = await opened.image.xattrs(asked, signal)
        return asked === id ? change(all) : all
      },
    })
    try {
      const bytes = await readFile(fs, id, { path, limitBytes: 1 << 20 })
      return `${bytes.length} bytes`
    } catch (error) {
      if (!isAnnealError(error)) throw error
      return `${error.code} ${error.message}`
    }
  }
  const changing =
    (...changed: readonly Xattr[]) =>
    (all: readonly Xattr[]): readonly Xattr[] => [
      ...all.filter(({ name }) => !changed.some((one) => one.name === name)),
      ...changed,
    ]

  test('a redirect that leaves the object store, or follows a link, is refused', async () => {
    for (const [redirect, code, says] of [
      ['/../../state/os/default/var/note', 'COMPOSEFS_REDIRECT_INVALID', 'leaves the object store'],
      ['/ab/../../../etc/fstab', 'COMPOSEFS_REDIRECT_INVALID', 'leaves the object store'],
      ['relative', 'COMPOSEFS_REDIRECT_INVALID', 'does not begin with a slash'],
      ['/', 'COMPOSEFS_REDIRECT_INVALID', 'names no file'],
      [`/${'a/'.repeat(3000)}a`, 'COMPOSEFS_REDIRECT_INVALID', 'is longer than 4096 bytes'],
      ['/ab/not-there', 'COMPOSEFS_OBJECT_MISSING', 'is not there'],
      ['\0', 'COMPOSEFS_REDIRECT_INVALID', '0x00'],
    ] as const) {
      const said = await reading(changing(xattr(REDIRECT, redirect)))
      assert.ok(said.startsWith(code) && said.includes(says), said)
    }
    assert.match(
      await reading((all) => all.filter(({ name }) => name !== REDIRECT)),
      /^COMPOSEFS_REDIRECT_INVALID .*is absent/,
    )
  })

  test('an object is a file below directories, and no link leads to it', async () => {
    const opened = await openFixture('bootc')
    const images = (await walkPath(opened.disk, '/composefs', { lastLink: 'keep' })).id
    const { id } = await walkPath(opened.image, '/usr/share/numbers', { lastLink: 'keep' })
    for await (const { name } of opened.disk.list(
      (await walkPath(opened.disk, '/composefs/images', { lastLink: 'keep' })).id,
    )) {
      for (const path of [`/images/${name}`, '/objects', '/images/x/y']) {
        const fs = treeOver(
          { ...opened, objects: images },
          { xattrs: async () => [xattr(METACOPY, ''), xattr(REDIRECT, path)] },
        )
        await assert.rejects(fs.open(id), (error) => isAnnealError(error, 'COMPOSEFS_OBJECT_MISSING'))
      }
    }
  })

  test('an attribute that says where content is and is not as Linux has it is refused', async () => {
    for (const value of [[0], [1, 36, 0, 1], [0, 4, 1, 0], [0, 36, 0, 1], [0, 5, 0, 1, 9], [0, 36, 0, 9]]) {
      const bytes = Uint8Array.from([...value, ...new Uint8Array(value[1] === 36 && value[3] === 9 ? 32 : 0)])
      const said = await reading(changing(xattr(METACOPY, bytes)))
      assert.ok(said.startsWith('COMPOSEFS_METACOPY_INVALID'), `${toHex(bytes)}: ${said}`)
    }
    // From before there were digests: nobody compares.
    assert.equal(await reading(changing(xattr(METACOPY, ''))), '18893 bytes')
    assert.equal(await reading(changing(xattr(METACOPY, Uint8Array.of(0, 4, 0, 0)))), '18893 bytes')
  })

  test('an object of another digest or another length than the image says is refused', async () => {
    const wrong = new Uint8Array(68)
    wrong.set([0, 68, 0, 2])
    assert.match(
      await reading(changing(xattr(METACOPY, wrong))),
      /^COMPOSEFS_OBJECT_DIFFERS .*the fs-verity digest \(sha512\) of its object/,
    )
    assert.match(await reading((all) => all, '/usr/share/hole'), /^98304 bytes$/)
    const opened = await openFixture('bootc')
    const numbers = await walkPath(opened.image, '/usr/share/numbers', { lastLink: 'keep' })
    const stat = { ...(await opened.image.stat(numbers.id)), sizeBytes: 5 }
    const fs = treeOver(opened, { stat: async () => stat })
    await assert.rejects(
      fs.open(numbers.id),
      (error) =>
        isAnnealError(error, 'COMPOSEFS_OBJECT_DIFFERS') && /length of its object/.test(error.message),
    )
  })

  test('who gives up while a digest is compared has found no fault', async () => {
    const fs = treeOver(await openFixture('bootc'))
    const { id } = await walkPath(fs, '/usr/share/numbers', { lastLink: 'keep' })
    const source = await fs.open(id)
    const gone = new AbortController()
    gone.abort()
    await assert.rejects(source.read(0, 4, gone.signal), { name: 'AbortError' })
    assert.equal(new TextDecoder().decode(await source.read(0, 4)), '1\n2\n')
  })

  test('whiteouts of both forms are not there', async () => {
    const opened = await openFixture('bootc')
    const { id } = await walkPath(opened.image, '/usr/share/empty', { lastLink: 'keep' })
    const asFile = treeOver(opened, {
      stat: async (asked, signal) => ({ ...(await opened.image.stat(asked, signal)), hasXattrs: true }),
      xattrs: async (asked) => (asked === id ? [xattr('trusted.overlay.whiteout', '')] : []),
    })
    const asDevice = treeOver(opened, {
      stat: async (asked, signal) => {
        const stat = await opened.image.stat(asked, signal)
        return asked === id ? { ...stat, kind: 'character device', device: { major: 0, minor: 0 } } : stat
      },
    })
    for (const fs of [asFile, asDevice]) {
      const share = (await walkPath(fs, '/usr/share', { lastLink: 'keep' })).id
      const names: string[] = []
      for await (const { name } of fs.list(share)) names.push(name)
      assert.deepEqual(names.toSorted(), ['hole', 'numbers', 'sixty-four'])
      assert.equal(await fs.lookup(share, 'empty'), undefined)
    }
  })
})
