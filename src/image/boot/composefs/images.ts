import type { FileSystem } from '../../../formats/filesystem/index.ts'
import type { FsVerityHash } from '../../../formats/fsverity/index.ts'
import type { Readers, Volume } from '../../stack/index.ts'
import { finding } from '../findings.ts'
import type { ImageFiles } from '../image-files.ts'
import { graftedFileSystem } from './grafted.ts'
import type { Graft } from './grafted.ts'

/** What an image is measured and opened with. */
export type TreeReaders = Pick<Readers, 'openComposefs' | 'measureFsVerity'>

/** Images of composefs hold metadata: those of a whole system have 20 MB. */
const MOST_MEASURED_BYTES = 1 << 30

export type OpenedComposefs = Readonly<{ digest: string | null; tree?: FileSystem }>

/**
 * Opens the composefs images of a disk, each once. What cannot be read is a finding. A hostile disk may name many images, or
 * huge ones: what is measured of all of them is bounded.
 */
export class ComposefsImages {
  readonly #files: ImageFiles
  readonly #readers: TreeReaders
  readonly #known = new Map<string, Promise<OpenedComposefs>>()
  #leftBytes = MOST_MEASURED_BYTES

  constructor(files: ImageFiles, readers: TreeReaders) {
    this.#files = files
    this.#readers = readers
  }

  open(volume: Volume, image: string, objects: string, hash: FsVerityHash): Promise<OpenedComposefs> {
    const key = `${volume.address}:${image}`
    const opening = this.#known.get(key) ?? this.#open(volume, image, objects, hash)
    this.#known.set(key, opening)
    return opening
  }

  /** The tree with what is mounted in its root when it boots: `name` and the path of the directory that takes its place. */
  async mounted(
    volume: Volume,
    image: string,
    tree: FileSystem,
    places: readonly Readonly<{ name: string; path: string }>[],
  ): Promise<Volume> {
    const grafts: Graft[] = []
    for (const { name, path } of places) {
      const found = await this.#files.find(volume, path)
      if (found?.kind === 'directory')
        grafts.push({ name, fileSystem: volume.fileSystem, directory: found.id })
    }
    const address = `${volume.address}[${image}]`
    return { address, node: volume.node, fileSystem: graftedFileSystem(tree, grafts) }
  }

  async #open(volume: Volume, image: string, objects: string, hash: FsVerityHash): Promise<OpenedComposefs> {
    const nothing = { digest: null }
    const [found, store] = [await this.#files.find(volume, image), await this.#files.find(volume, objects)]
    if (found?.kind !== 'file') return nothing
    const source = await this.#files.open(volume, found)
    if (source === undefined) return nothing
    const subject = `${volume.address}:${image}`
    if (source.size > this.#leftBytes) {
      const evidence = `it has ${source.size} bytes, and ${this.#leftBytes} more are measured`
      this.#files.findings.push(finding('COMPOSEFS_NOT_MEASURED', subject, evidence))
      return nothing
    }
    this.#leftBytes -= source.size
    const digest = await this.#files.reading(volume, image, (signal) =>
      this.#readers.measureFsVerity(source, hash, signal),
    )
    if (digest === undefined) return nothing
    if (store?.kind !== 'directory') return { digest }
    const directory = { fileSystem: volume.fileSystem, directory: store.id }
    const tree = await this.#files.reading(volume, image, (signal) =>
      this.#readers.openComposefs(source, directory, signal),
    )
    return { digest, ...(tree && { tree }) }
  }
}
