import { join } from 'node:path'
import { ALGORITHMS } from '../../src/adapters/codec/index.ts'
import { fromBytes } from '../../src/bytes/index.ts'
import type { ByteSource } from '../../src/bytes/index.ts'
import { openComposefs } from '../../src/formats/composefs/index.ts'
import type { ObjectDirectory } from '../../src/formats/composefs/index.ts'
import { openErofs } from '../../src/formats/erofs/index.ts'
import { openExt4 } from '../../src/formats/ext4/index.ts'
import { readFile, walkPath } from '../../src/formats/filesystem/index.ts'
import type { FileSystem } from '../../src/formats/filesystem/index.ts'
import { loadImage } from '../fixtures/load-image.ts'
import { erofs } from './erofs.ts'
import { walkFileSystem } from './harness/file-system-walk.ts'
import type { FuzzTarget } from './target.ts'

const FIXTURES = join(import.meta.dirname, '../../src/formats/composefs/fixtures')
const OBJECTS = { ostree: '/ostree/repo/objects', bootc: '/composefs/objects' } as const
const LARGEST_SEED = 1 << 20
/** That of bootc is larger. */
const LARGEST_OF_OSTREE = 64 << 10

type Name = keyof typeof OBJECTS

let disks: Promise<Readonly<Record<Name, FileSystem>>> | undefined
let stores: Promise<readonly ObjectDirectory[]> | undefined

async function openDisks(): Promise<Readonly<Record<Name, FileSystem>>> {
  const open = async (name: Name): Promise<FileSystem> =>
    openExt4(await loadImage(join(FIXTURES, `${name}.img.zst`)), {})
  return { ostree: await open('ostree'), bootc: await open('bootc') }
}

async function openStores(): Promise<readonly ObjectDirectory[]> {
  disks ??= openDisks()
  const all = await disks
  return Promise.all(
    (['ostree', 'bootc'] as const).map(async (name) => ({
      fileSystem: all[name],
      directory: (await walkPath(all[name], OBJECTS[name], { lastLink: 'keep' })).id,
    })),
  )
}

/** The images of both fixtures, over their objects. */
export const composefs: FuzzTarget = {
  ...erofs,
  name: 'composefs',
  async seeds() {
    disks ??= openDisks()
    const { ostree, bootc } = await disks
    return [await imageIn(ostree, '/ostree/deploy/fedora/deploy'), await imageIn(bootc, '/composefs/images')]
  },
  async exercise(source) {
    stores ??= openStores()
    const [ostree, bootc] = await stores
    const objects = source.size < LARGEST_OF_OSTREE ? ostree : bootc
    if (objects === undefined) throw new RangeError('two disks')
    const image = await openErofs(source, { algorithms: ALGORITHMS })
    await walkFileSystem(openComposefs(image, { name: 'image', objects, algorithms: ALGORITHMS }))
  },
}

async function imageIn(disk: FileSystem, directory: string): Promise<ByteSource> {
  const { id } = await walkPath(disk, directory, { lastLink: 'follow' })
  for await (const { name, kind } of disk.list(id)) {
    if (kind === 'file') continue
    const path = `${directory}/${name}${kind === 'directory' ? '/.ostree.cfs' : ''}`
    const found = await walkPath(disk, path, { lastLink: 'follow' })
    const bytes = await readFile(disk, found.id, { path, limitBytes: LARGEST_SEED })
    return fromBytes(new Uint8Array(bytes), path)
  }
  throw new Error(`${directory} has no image`)
}
