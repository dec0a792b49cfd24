/**
 * composefs: a tree of files whose metadata are an EROFS image, and whose contents are files of an object store.
 *
 * Scope: the tree as Linux mounts it, the image as the only layer over the objects as a data-only one (`metacopy=on`,
 * `redirect_dir=on`): redirects, digests of SHA-256 and SHA-512, small files inside of the image, attributes of overlayfs
 * and those that are escaped, whiteouts of both forms. An object is compared with its digest before its content is given,
 * which Linux does only with `verity=require`.
 *
 * Non-goals: opening the image, which is the caller's; other layers beside the two.
 *
 * Reference: Documentation/filesystems/overlayfs.rst and fs/overlayfs of Linux; libcomposefs, composefs-rs.
 */
import type { Algorithms } from '../../bytes/index.ts'
import type { DirectoryEntry, FileSystem, NodeId } from '../filesystem/index.ts'
import { overlayValue, parseMetacopy, shownXattrs } from './attributes.ts'
import { raise } from './errors.ts'
import { ObjectStore } from './object-store.ts'
import type { ObjectDirectory } from './object-store.ts'

export type ComposefsOptions = Readonly<{
  /** What messages call the image. */
  name: string
  objects: ObjectDirectory
  algorithms: Pick<Algorithms, 'digest'>
}>

/** The tree that an opened image describes. Errors are those of the image, of the file system of the objects, and COMPOSEFS_…. */
export function openComposefs(
  image: FileSystem,
  { name, objects, algorithms }: ComposefsOptions,
): FileSystem {
  const store = new ObjectStore(objects, algorithms)
  const view = new Whiteouts(image)

  const contentOf = async (id: NodeId, signal?: AbortSignal) => {
    const stat = await image.stat(id, signal)
    if (stat.kind !== 'file' || !stat.hasXattrs) return undefined
    const all = await image.xattrs(id, signal)
    const value = overlayValue(all, 'metacopy')
    if (value === undefined) return undefined
    const metacopy = parseMetacopy(value)
    if ('found' in metacopy)
      throw raise('COMPOSEFS_METACOPY_INVALID', { image: name, inode: String(id), ...metacopy })
    const redirect = overlayValue(all, 'redirect')
    return { image: name, inode: id, redirect, sizeBytes: stat.sizeBytes, ...metacopy }
  }

  return {
    ...image,
    lookup(directory, wanted, signal) {
      return view.lookup(directory, wanted, signal)
    },
    list(directory, signal) {
      return view.list(directory, signal)
    },
    async xattrs(id, signal) {
      return shownXattrs(await image.xattrs(id, signal))
    },
    async open(id, signal) {
      const wanted = await contentOf(id, signal)
      return wanted === undefined ? image.open(id, signal) : store.open(wanted, signal)
    },
    async *ranges(id, signal) {
      const wanted = await contentOf(id, signal)
      if (wanted === undefined) return yield* image.ranges(id, signal)
      // It lies in another file system than the image: only `open` gives it.
      const lengthBytes = wanted.sizeBytes
      if (lengthBytes > 0) yield { fileOffsetBytes: 0, lengthBytes, kind: 'compressed', maybeShared: true }
    },
    async planSize() {
      return { refusal: 'composefs can only be read' }
    },
  }
}

/**
 * Names that say that there is nothing: a character device 0:0, or an empty file with an attribute. Linux finds neither, but
 * lists some of them.
 */
class Whiteouts {
  readonly #image: FileSystem

  constructor(image: FileSystem) {
    this.#image = image
  }

  async lookup(directory: NodeId, name: string, signal?: AbortSignal): Promise<DirectoryEntry | undefined> {
    const entry = await this.#image.lookup(directory, name, signal)
    return entry === undefined || (await this.#isWhiteout(entry, signal)) ? undefined : entry
  }

  async *list(directory: NodeId, signal?: AbortSignal): AsyncGenerator<DirectoryEntry, void, undefined> {
    for await (const entry of this.#image.list(directory, signal))
      if (!(await this.#isWhiteout(entry, signal))) yield entry
  }

  async #isWhiteout(entry: DirectoryEntry, signal?: AbortSignal): Promise<boolean> {
    if (!mayBe(entry)) return false
    const { kind, device, sizeBytes, hasXattrs } = await this.#image.stat(entry.id, signal)
    if (kind === 'character device') return device?.major === 0 && device.minor === 0
    if (kind !== 'file' || sizeBytes !== 0 || !hasXattrs) return false
    return overlayValue(await this.#image.xattrs(entry.id, signal), 'whiteout') !== undefined
  }
}

function mayBe({ kind }: DirectoryEntry): boolean {
  return kind === 'character device' || kind === 'file' || kind === 'unknown'
}
