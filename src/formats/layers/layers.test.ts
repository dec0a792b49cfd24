import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ForwardStream, fromBytes } from '../../bytes/index.ts'
import type { ByteSource } from '../../bytes/index.ts'
import { isAnnealError } from '../../core/index.ts'
import { writeTar } from '../../../test/fixtures/tar-writer.ts'
import type { WrittenEntry } from '../../../test/fixtures/tar-writer.ts'
import { walkPath } from '../filesystem/index.ts'
import type { FileSystem, NodeId } from '../filesystem/index.ts'
import { tarEntries } from '../tar/index.ts'
import { LayerApplier, Tree, layeredFileSystem } from './index.ts'
import { Names } from './names.ts'

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}

async function treeOf(...layers: readonly (readonly WrittenEntry[])[]): Promise<FileSystem> {
  const tree = new Tree()
  const archives: ByteSource[] = []
  for (const [index, entries] of layers.entries()) {
    const bytes = writeTar(entries)
    const applier = new LayerApplier(tree, { number: index + 1, name: `layer ${index + 1}` })
    for await (const entry of tarEntries(new ForwardStream(once(bytes), 'x'))) applier.apply(entry)
    archives.push(fromBytes(bytes))
  }
  return layeredFileSystem(tree, 'x', (layer) => archives[layer - 1] ?? fromBytes(Buffer.of()))
}

/** `path=content` of files, `path>target` of links, `path/` of directories. */
async function shown(fs: FileSystem): Promise<readonly string[]> {
  const lines: string[] = []
  const walk = async (id: NodeId, at: string): Promise<void> => {
    for await (const { name, id: child, kind } of fs.list(id)) {
      const path = at === '' ? name : `${at}/${name}`
      if (kind === 'directory') {
        lines.push(`${path}/`)
        await walk(child, path)
      } else if (kind === 'symlink') lines.push(`${path}>${await fs.readLink(child)}`)
      else if (kind === 'file') {
        const source = await fs.open(child)
        lines.push(`${path}=${Buffer.from(await source.read(0, source.size)).toString()}`)
      } else lines.push(`${path} ${kind}`)
    }
  }
  await walk(fs.root, '')
  return lines.toSorted()
}

const file = (path: string, content = path): WrittenEntry => ({ path, content })
const dir = (path: string): WrittenEntry => ({ path: `${path}/`, type: '5', mode: 0o755 })
const link = (path: string, to: string): WrittenEntry => ({ path, type: '2', link: to })
const hard = (path: string, to: string): WrittenEntry => ({ path, type: '1', link: to })

describe('layers over layers', () => {
  const cases: Readonly<Record<string, readonly [readonly (readonly WrittenEntry[])[], readonly string[]]>> =
    {
      'a later entry of one name counts': [[[file('a', '1'), file('./a', '2'), file('/a', '3')]], ['a=3']],
      'a whiteout takes away what is below': [[[dir('d'), file('d/a'), file('b')], [file('.wh.d')]], ['b=b']],
      'a whiteout leaves what its own layer brings, whatever comes first': [
        [
          [file('a', '1'), file('b', '1')],
          [file('a', '2'), file('.wh.a'), file('.wh.b'), file('b', '2')],
        ],
        ['a=2', 'b=2'],
      ],
      'an opaque directory hides what is below, whatever comes first': [
        [
          [dir('d'), file('d/a'), dir('d/e'), file('d/e/x')],
          [file('d/e/n'), file('d/.wh..wh..opq'), file('d/b')],
        ],
        ['d/', 'd/b=d/b', 'd/e/', 'd/e/n=d/e/n'],
      ],
      'a file takes the place of a directory, and back': [
        [[file('a/b')], [file('a', 'file')], [dir('a'), file('a/c')]],
        ['a/', 'a/c=a/c'],
      ],
      'a directory keeps what is in it': [
        [
          [dir('a'), file('a/b')],
          [dir('a'), file('a/c')],
        ],
        ['a/', 'a/b=a/b', 'a/c=a/c'],
      ],
      'a directory takes the place of a link to one': [
        [
          [dir('r'), file('r/x'), link('l', 'r')],
          [dir('l'), file('l/y')],
        ],
        ['l/', 'l/y=l/y', 'r/', 'r/x=r/x'],
      ],
      'a parent that is a link is followed': [
        [[dir('usr/lib'), link('lib', 'usr/lib')], [file('lib/x', 'x')]],
        ['lib>usr/lib', 'usr/', 'usr/lib/', 'usr/lib/x=x'],
      ],
      'a parent that leads up and out stays inside': [
        [[link('up', '../../../etc'), file('up/passwd', 'p'), link('abs', '/a'), file('abs/b', 'b')]],
        ['a/', 'a/b=b', 'abs>/a', 'etc/', 'etc/passwd=p', 'up>../../../etc'],
      ],
      'a parent that is a file becomes a directory': [[[file('a'), file('a/b', 'b')]], ['a/', 'a/b=b']],
      'a hard link keeps what it led to when its other name is replaced': [
        [[file('a', '1'), hard('b', './a')], [file('a', '2')], [hard('c', 'b')]],
        ['a=2', 'b=1', 'c=1'],
      ],
      'what AUFS kept for itself is passed over': [
        [[file('.wh..wh.aufs'), dir('.wh..wh.plnk'), file('.wh..wh.plnk/1')]],
        [],
      ],
      'a whiteout of nothing is nothing': [[[file('.wh.a'), file('x/.wh.y'), file('l/.wh..wh..opq')]], []],
      'a name may lead up within the tree': [[[file('a/../b', 'b')]], ['b=b']],
      'a slash at the end tells a directory of old': [[[{ path: 'd/', type: '\0' }]], ['d/']],
    }
  for (const [name, [layers, expected]] of Object.entries(cases)) {
    test(name, async () => assert.deepEqual(await shown(await treeOf(...layers)), expected))
  }

  test('a node has owner, mode, time, attributes, links and device as the archive says', async () => {
    const value = Uint8Array.from([0, 1, 2])
    const fs = await treeOf([
      {
        path: 'f',
        content: 'abc',
        mode: 0o4755,
        uid: 7,
        gid: 8,
        mtime: 9,
        pax: { 'SCHILY.xattr.security.capability': value },
      },
      { path: 'g', type: '1', link: 'f', mode: 0 },
      { path: 'd', type: '3', device: [5, 300] },
    ])
    const { id } = await walkPath(fs, '/g', { lastLink: 'keep' })
    const { kind, sizeBytes, mode, uid, gid, links, modifiedNs, hasXattrs } = await fs.stat(id)
    assert.deepEqual(
      [kind, sizeBytes, mode, uid, gid, links, modifiedNs, hasXattrs],
      ['file', 3, 0o4755, 7, 8, 2, 9_000_000_000n, true],
    )
    assert.deepEqual(
      (await fs.xattrs(id)).map(({ name, value: bytes }) => [name, bytes]),
      [['security.capability', value]],
    )
    const device = await fs.stat((await walkPath(fs, '/d', { lastLink: 'keep' })).id)
    assert.deepEqual(device.device, { major: 5, minor: 300 })
    await assert.rejects(fs.open(device.id), (error) => isAnnealError(error, 'LAYERS_NODE_KIND'))
    await assert.rejects(fs.stat(999n), (error) => isAnnealError(error, 'LAYERS_NODE_KIND'))
  })
})

describe('a layer that no engine takes', () => {
  const invalid: Readonly<Record<string, readonly WrittenEntry[]>> = {
    'a hard link to itself': [hard('a', 'a')],
    'hard links in a circle': [hard('a', 'b'), hard('b', 'a')],
    'a hard link to a directory': [dir('d'), hard('a', 'd')],
    'a whiteout without a name': [file('.wh.')],
    'a whiteout of the parent': [dir('d'), file('d/.wh...')],
    'a root that is a file': [file('.')],
    'a root that is a link': [link('/', '/etc')],
    'links in a circle on the way': [link('a', 'b'), link('b', 'a'), file('a/x')],
    'a type that nobody knows': [{ path: 'a', type: 'Z' }],
    'a name that is too long': [file('n'.repeat(256))],
    'a path that is too long': [file('ab/'.repeat(1400))],
    'a name with a NUL': [{ path: 'a', pax: { path: 'a\0b' } }],
    'a device that Linux does not have': [{ path: 'd', type: '4', device: [70_000, 1] }],
    'an attribute that is too long': [{ path: 'a', pax: { 'SCHILY.xattr.user.a': 'x'.repeat(65_537) } }],
    'an owner that Linux does not have': [{ path: 'a', pax: { uid: '4294967296' } }],
    'a symbolic link to nothing': [link('a', '')],
  }
  for (const [name, entries] of Object.entries(invalid)) {
    test(`${name} is refused`, () =>
      assert.rejects(treeOf(entries), (error) => isAnnealError(error, 'LAYER_ENTRY_INVALID')))
  }

  for (const path of ['../a', 'a/../../b', '/..', './../etc/passwd']) {
    test(`the path ${path} leads out and is refused`, () =>
      assert.rejects(treeOf([file(path)]), (error) => isAnnealError(error, 'LAYER_PATH_OUTSIDE')))
  }

  test('a hard link out of the tree is refused', () =>
    assert.rejects(treeOf([hard('a', '../../etc/shadow')]), (error) =>
      isAnnealError(error, 'LAYER_PATH_OUTSIDE'),
    ))
})

describe('many entries', () => {
  const entryOf = (path: string) => ({
    path: Buffer.from(path),
    link: Buffer.of(),
    type: '0',
    mode: 0o644,
    uid: 0,
    gid: 0,
    modifiedNs: 0n,
    major: 0,
    minor: 0,
    xattrs: [],
    offsetBytes: 0,
    dataOffsetBytes: 0,
    storedBytes: 0,
    sizeBytes: 0,
  })

  test('names that come and go take no more room each time', () => {
    const tree = new Tree()
    const applier = new LayerApplier(tree, { number: 1, name: 'x' })
    for (let round = 0; round < 20_000; round += 1) applier.apply(entryOf(`d/${round % 10}`))
    assert.equal(tree.nodeCount, 12)
  })

  test('names are found again wherever they lie, and no more of them are taken than there is room for', () => {
    const names = new Names()
    const name = (index: number): Uint8Array => new TextEncoder().encode(`${index}`.padStart(4001, 'x'))
    const places: number[] = []
    const add = (): void => {
      for (let index = 0; index < 11_000; index += 1) places.push(names.add(name(index), 'x'))
    }
    assert.throws(add, (error) => isAnnealError(error, 'LAYERS_TOO_LARGE'))
    assert.ok(places.length > 10_000, String(places.length))
    for (const [index, place] of places.entries()) assert.ok(names.isAt(place, 4001, name(index)), `${index}`)
    assert.throws(() => new Names().add(new Uint8Array(2 ** 20 + 1), 'x'), { code: 'LAYERS_TOO_LARGE' })
  })

  test('more files than fit in memory are refused, and directories of many are quick', () => {
    const tree = new Tree(50_000)
    const applier = new LayerApplier(tree, { number: 1, name: 'x' })
    const names = (): void => {
      for (let index = 0; index < 60_000; index += 1) applier.apply(entryOf(index.toString(36)))
    }
    assert.throws(names, (error) => isAnnealError(error, 'LAYERS_TOO_LARGE'))
    // Whatever they were, all of them go at once.
    new LayerApplier(tree, { number: 2, name: 'y' }).apply(entryOf('.wh..wh..opq'))
    assert.equal(tree.nodeCount, 1)
  })

  test('a name that is replaced again and again is found at once', () => {
    const tree = new Tree()
    const applier = new LayerApplier(tree, { number: 1, name: 'x' })
    for (let round = 0; round < 3000; round += 1) applier.apply(entryOf('the/same'))
    assert.equal(tree.nodeCount, 3)
  })

  describe('entries that take long to apply are refused', () => {
    const STEPS = 100_000
    const refuses = (fill: (put: (path: string, type?: string, link?: string) => void) => void): void => {
      const applier = new LayerApplier(new Tree(undefined, STEPS), { number: 1, name: 'x' })
      const put = (path: string, type = '0', target = ''): void =>
        applier.apply({ ...entryOf(path), type, link: new TextEncoder().encode(target) })
      assert.throws(
        () => fill(put),
        (error) => isAnnealError(error, 'LAYERS_TOO_LARGE') && /steps/.test(error.message),
      )
    }

    test('a directory is emptied of lower layers again and again, and has many of its own', () => {
      refuses((put) => {
        for (let index = 0; index < 2000; index += 1) put(`f${index}`)
        for (let index = 0; index < 1000; index += 1) put('.wh..wh..opq')
      })
    })

    test('links lead through many others', () => {
      refuses((put) => {
        put('b/', '5')
        for (let index = 0; index < 40; index += 1)
          put(`l${index}`, '2', `${'b/../'.repeat(800)}${index === 39 ? 'b' : `l${index + 1}`}`)
        for (let index = 0; index < 20; index += 1) put('l0/x')
      })
    })

    test('a layer of the usual kind is taken, whatever it replaces', () => {
      const tree = new Tree(undefined, STEPS)
      for (const number of [1, 2, 3]) {
        const applier = new LayerApplier(tree, { number, name: 'x' })
        for (let index = 0; index < 5000; index += 1)
          applier.apply(entryOf(`usr/share/doc/package-${index % 700}/a/b/c/${index}`))
      }
      assert.equal(tree.nodeCount, 5000 + 700 * 4 + 4)
    })
  })
})
