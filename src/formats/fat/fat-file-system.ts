import { mapped } from '../../bytes/index.ts'
import type { ByteSource, Extent, ReaderWarning } from '../../bytes/index.ts'
import type {
  ContentChange,
  DirectoryEntry,
  FileRange,
  FileSystem,
  FileSystemFacts,
  NodeId,
  NodeStat,
  Xattr,
} from '../filesystem/index.ts'
import { entriesOf } from './directory.ts'
import type { Listed, Piece } from './directory.ts'
import { raise } from './errors.ts'
import type { Geometry } from './geometry.ts'
import { ATTRIBUTE, DIRECTORY_ENTRY, ENTRY_BYTES } from './layout.ts'
import type { ShortEntry } from './layout.ts'
import { foldName } from './names.ts'
import { placeOf } from './table.ts'
import type { Run, Table } from './table.ts'

/** The root directory has no entry of its own; no other entry lies in the boot sector. */
const ROOT: NodeId = 0n
/** As Linux: 65,536 entries (FAT_MAX_DIR_SIZE). */
const MOST_DIRECTORY_BYTES = 2 * 1024 * 1024

/** The nodes of an opened FAT. A node's id is the byte at which its directory entry lies. */
export class FatFileSystem implements FileSystem {
  readonly facts: FileSystemFacts
  readonly warnings: readonly ReaderWarning[]
  readonly root: NodeId = ROOT
  readonly #source: ByteSource
  readonly #metadata: ByteSource
  readonly #geometry: Geometry
  readonly #table: Table

  constructor(
    parts: Readonly<{
      source: ByteSource
      /** The same, through a cache: for directories. */
      metadata: ByteSource
      geometry: Geometry
      table: Table
      facts: FileSystemFacts
      warnings: readonly ReaderWarning[]
    }>,
  ) {
    this.facts = parts.facts
    this.warnings = parts.warnings
    this.#source = parts.source
    this.#metadata = parts.metadata
    this.#geometry = parts.geometry
    this.#table = parts.table
  }

  async stat(id: NodeId, signal?: AbortSignal): Promise<NodeStat> {
    const base = { id, uid: 0, gid: 0, links: 1, hasXattrs: false, immutable: false }
    if (id === ROOT) return { ...base, kind: 'directory', sizeBytes: 0, mode: 0o755, modifiedNs: 0n }
    const entry = await this.#entryAt(id, signal)
    const isDirectory = (entry.attributes & ATTRIBUTE.directory) !== 0
    // What Linux shows with a umask of 022: everything executable, write-protected files without the right to write.
    const isReadOnly = !isDirectory && (entry.attributes & ATTRIBUTE.readOnly) !== 0
    return {
      ...base,
      kind: isDirectory ? 'directory' : 'file',
      sizeBytes: isDirectory ? 0 : entry.size,
      mode: isReadOnly ? 0o555 : 0o755,
      modifiedNs: unixTimeNs(entry.date, entry.time),
    }
  }

  /** FAT has none. */
  async xattrs(id: NodeId, signal?: AbortSignal): Promise<readonly Xattr[]> {
    await this.stat(id, signal)
    return []
  }

  async *list(directory: NodeId, signal?: AbortSignal): AsyncGenerator<DirectoryEntry, void, undefined> {
    for await (const listed of this.#listed(directory, signal)) yield entryOf(listed)
  }

  async lookup(directory: NodeId, name: string, signal?: AbortSignal): Promise<DirectoryEntry | undefined> {
    const wanted = foldName(name)
    for await (const listed of this.#listed(directory, signal)) {
      if (foldName(listed.name) === wanted || foldName(listed.alias) === wanted) return entryOf(listed)
    }
    return undefined
  }

  readLink(id: NodeId): Promise<string> {
    return Promise.reject(raise('FAT_NO_LINKS', { source: this.#source.name, offsetBytes: Number(id) }))
  }

  async open(id: NodeId, signal?: AbortSignal): Promise<ByteSource> {
    const { size, runs } = await this.#content(id, signal)
    let left = size
    const pieces = runs.map((run) => {
      const { offsetBytes: sourceOffsetBytes, lengthBytes } = placeOf(run, this.#geometry)
      const length = Math.min(left, lengthBytes)
      left -= length
      return { lengthBytes: length, source: this.#source, sourceOffsetBytes }
    })
    return mapped(pieces, `the file at byte ${id} of "${this.#source.name}"`)
  }

  async *ranges(id: NodeId, signal?: AbortSignal): AsyncGenerator<FileRange, void, undefined> {
    const { size, runs } = await this.#content(id, signal)
    let fileOffsetBytes = 0
    for (const run of runs) {
      const { offsetBytes: sourceOffsetBytes, lengthBytes: wholeBytes } = placeOf(run, this.#geometry)
      const lengthBytes = Math.min(size - fileOffsetBytes, wholeBytes)
      // Two chains that meet share clusters, which no FAT may have: only a look at all of them would tell.
      yield { fileOffsetBytes, lengthBytes, sourceOffsetBytes, kind: 'data', maybeShared: false }
      fileOffsetBytes += lengthBytes
    }
  }

  /** The size is in the directory entry, which no checksum covers. */
  async planSize(id: NodeId, sizeBytes: number, signal?: AbortSignal): Promise<ContentChange> {
    const { size } = await this.#content(id, signal)
    if (size === sizeBytes) return { patches: [] }
    const bytes = new Uint8Array(4)
    new DataView(bytes.buffer).setUint32(0, sizeBytes, true)
    return { patches: [{ offsetBytes: Number(id) + DIRECTORY_ENTRY.fields.size.offsetBytes, bytes }] }
  }

  async *allocation(signal?: AbortSignal): AsyncGenerator<Extent, void, undefined> {
    const { dataOffsetBytes, clusterBytes, clusters } = this.#geometry
    const size = this.#source.size
    if (!this.facts.clean) {
      if (size > 0) yield { offsetBytes: 0, lengthBytes: size, kind: 'data' }
      return
    }
    yield { offsetBytes: 0, lengthBytes: dataOffsetBytes, kind: 'data' }
    for await (const run of this.#table.usage(signal)) {
      yield { ...placeOf(run, this.#geometry), kind: run.isFree ? 'unallocated' : 'data' }
    }
    const end = dataOffsetBytes + clusters * clusterBytes
    if (end < size) yield { offsetBytes: end, lengthBytes: size - end, kind: 'data' }
  }

  async *#listed(directory: NodeId, signal?: AbortSignal): AsyncGenerator<Listed, void, undefined> {
    const pieces = await this.#piecesOf(directory, signal)
    for await (const listed of entriesOf(this.#metadata, pieces, signal)) if (!listed.isLabel) yield listed
  }

  async #piecesOf(directory: NodeId, signal?: AbortSignal): Promise<readonly Piece[]> {
    const { root, clusterBytes } = this.#geometry
    if (directory === ROOT && 'offsetBytes' in root) return [root]
    let cluster: number
    if (directory === ROOT && 'cluster' in root) cluster = root.cluster
    else {
      const entry = await this.#entryAt(directory, signal)
      if ((entry.attributes & ATTRIBUTE.directory) === 0) {
        throw raise('FAT_NOT_A_DIRECTORY', { source: this.#source.name, offsetBytes: Number(directory) })
      }
      cluster = this.#firstClusterOf(entry)
    }
    const most = Math.ceil(MOST_DIRECTORY_BYTES / clusterBytes)
    const runs = await this.#table.chain(cluster, most, 'directory', signal)
    return runs.map((run) => placeOf(run, this.#geometry))
  }

  async #content(
    id: NodeId,
    signal?: AbortSignal,
  ): Promise<Readonly<{ size: number; runs: readonly Run[] }>> {
    const entry = id === ROOT ? undefined : await this.#entryAt(id, signal)
    if (entry === undefined || (entry.attributes & ATTRIBUTE.directory) !== 0) {
      throw raise('FAT_NOT_A_FILE', { source: this.#source.name, offsetBytes: Number(id) })
    }
    const { size } = entry
    const clusters = Math.ceil(size / this.#geometry.clusterBytes)
    return { size, runs: await this.#table.chain(this.#firstClusterOf(entry), clusters, 'file', signal) }
  }

  async #entryAt(id: NodeId, signal?: AbortSignal): Promise<ShortEntry> {
    const offset = Number(id)
    return DIRECTORY_ENTRY.read(await this.#metadata.read(offset, ENTRY_BYTES, signal), offset)
  }

  #firstClusterOf({ clusterHigh, clusterLow }: ShortEntry): number {
    // The upper half is something else in FAT12 and FAT16 (OS/2’s extended attributes).
    return this.#geometry.bits === 32 ? (clusterHigh & 0x0f_ff) * 0x1_00_00 + clusterLow : clusterLow
  }
}

const UTF_8 = new TextEncoder()

function entryOf({ name, entry, offsetBytes }: Listed): DirectoryEntry {
  return {
    name,
    nameBytes: UTF_8.encode(name),
    id: BigInt(offsetBytes),
    kind: (entry.attributes & ATTRIBUTE.directory) === 0 ? 'file' : 'directory',
  }
}

const DAY_NS = 86_400_000_000_000n

/**
 * Date and time of a directory entry, taken for UTC: they are of whatever zone the machine was in. Nothing is checked, as
 * in Linux: a month 0 is the first, and a day that a month does not have is of the next one.
 */
export function unixTimeNs(date: number, time: number): bigint {
  const year = 1980 + (date >> 9)
  const month = Math.max(1, (date >> 5) & 0x0f)
  const day = Math.max(1, date & 0x1f)
  const seconds = (time >> 11) * 3600 + ((time >> 5) & 0x3f) * 60 + (time & 0x1f) * 2
  return BigInt(daysSince1970(year, month)) * DAY_NS + BigInt((day - 1) * 86_400 + seconds) * 1_000_000_000n
}

/** Of the first day of a month; from 1980 to 2107. */
function daysSince1970(year: number, month: number): number {
  return Math.floor(Date.UTC(year, month - 1, 1) / 86_400_000)
}
