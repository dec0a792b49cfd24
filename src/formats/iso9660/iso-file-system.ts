import { mapped } from '../../bytes/index.ts'
import type { ByteSource, Extent, ReaderWarning } from '../../bytes/index.ts'
import type {
  BootImage,
  ContentChange,
  DirectoryEntry,
  FileRange,
  FileSystem,
  FileSystemFacts,
  NodeId,
  NodeKind,
  NodeStat,
  Xattr,
} from '../filesystem/index.ts'
import { raise } from './errors.ts'
import { FLAG, MOST_SECTIONS, RECORD_BYTES, SECTOR_BYTES } from './layout.ts'
import { plainName } from './names.ts'
import { parseRecord, recordsOf } from './records.ts'
import type { DirectoryRecord } from './records.ts'
import { readRockRidge } from './rock-ridge.ts'
import type { RockRidge } from './rock-ridge.ts'
import { shortTime } from './time.ts'

/** A record together with what Rock Ridge says of it. */
type Node = Readonly<{ record: DirectoryRecord; rock: RockRidge }>
type Extents = readonly Readonly<{ offsetBytes: number; lengthBytes: number }>[]

/** S_IFMT and its values. */
const KINDS: Readonly<Record<number, NodeKind>> = {
  0o010000: 'fifo',
  0o020000: 'character device',
  0o040000: 'directory',
  0o060000: 'block device',
  0o100000: 'file',
  0o120000: 'symlink',
  0o140000: 'socket',
}
const NO_ROCK_RIDGE: RockRidge = { isRelocated: false }

/** A node is named by the byte of its directory record; one that was moved by its own `.`. */
export class IsoFileSystem implements FileSystem {
  readonly facts: FileSystemFacts
  readonly warnings: readonly ReaderWarning[]
  readonly root: NodeId
  readonly bootImages: readonly BootImage[]
  readonly #source: ByteSource
  readonly #metadata: ByteSource
  readonly #blockBytes: number
  readonly #joliet: boolean
  /** Undefined where names are not those of Rock Ridge. */
  readonly #skipBytes: number | undefined

  constructor(
    given: Readonly<{
      source: ByteSource
      metadata: ByteSource
      facts: FileSystemFacts
      warnings: readonly ReaderWarning[]
      rootOffset: number
      blockBytes: number
      joliet: boolean
      skipBytes: number | undefined
      bootImages: readonly BootImage[]
    }>,
  ) {
    this.facts = given.facts
    this.warnings = given.warnings
    this.root = BigInt(given.rootOffset)
    this.#source = given.source
    this.#metadata = given.metadata
    this.#blockBytes = given.blockBytes
    this.#joliet = given.joliet
    this.#skipBytes = given.skipBytes
    this.bootImages = given.bootImages
  }

  async stat(id: NodeId, signal?: AbortSignal): Promise<NodeStat> {
    const node = await this.#nodeAt(id, signal)
    const { record, rock } = node
    const kind = kindOf(node)
    const { device } = rock
    const isDevice = kind === 'block device' || kind === 'character device'
    return {
      id,
      kind,
      sizeBytes: await this.#sizeOf(node, kind, signal),
      mode: (rock.posix?.mode ?? 0o555) & 0o7777,
      uid: rock.posix?.uid ?? 0,
      gid: rock.posix?.gid ?? 0,
      links: rock.posix?.links ?? 1,
      modifiedNs: rock.modifiedNs ?? shortTime(record.fields.time),
      ...(isDevice && device !== undefined ? { device } : {}),
      hasXattrs: false,
      immutable: false,
    }
  }

  async *list(directory: NodeId, signal?: AbortSignal): AsyncGenerator<DirectoryEntry, void, undefined> {
    let isSection = false
    for await (const record of this.#records(directory, signal)) {
      const { rawName, fields } = record
      const wasSection = isSection
      isSection = (fields.flags & FLAG.more) !== 0
      const isDots = rawName.length === 1 && (rawName[0] === 0 || rawName[0] === 1)
      if (wasSection || isDots || (fields.flags & FLAG.associated) !== 0) continue
      const rock = await this.#rockOf(record, signal)
      if (rock.isRelocated) continue
      const nameBytes = rock.nameBytes ?? plainName(rawName, this.#joliet)
      const name = new TextDecoder().decode(nameBytes)
      // A name that would lead out of the directory is none.
      if (name === '' || name === '.' || name === '..' || name.includes('/') || name.includes('\0')) continue
      const id =
        rock.childBlock === undefined
          ? BigInt(record.offsetBytes)
          : BigInt(rock.childBlock) * BigInt(this.#blockBytes)
      yield { name, nameBytes, id, kind: kindOf({ record, rock }) }
    }
  }

  async lookup(directory: NodeId, name: string, signal?: AbortSignal): Promise<DirectoryEntry | undefined> {
    for await (const entry of this.list(directory, signal)) if (entry.name === name) return entry
    return undefined
  }

  async readLink(id: NodeId, signal?: AbortSignal): Promise<string> {
    const node = await this.#nodeAt(id, signal)
    if (kindOf(node) !== 'symlink') {
      throw raise('ISO9660_NOT_A_LINK', { source: this.#source.name, offsetBytes: Number(id) })
    }
    return new TextDecoder().decode(node.rock.linkBytes ?? new Uint8Array(0))
  }

  async xattrs(): Promise<readonly Xattr[]> {
    return []
  }

  async open(id: NodeId, signal?: AbortSignal): Promise<ByteSource> {
    const pieces = (await this.#extentsOf(id, signal)).map(({ offsetBytes, lengthBytes }) => ({
      source: this.#source,
      sourceOffsetBytes: offsetBytes,
      lengthBytes,
    }))
    return mapped(pieces, `the file at byte ${id} of "${this.#source.name}"`)
  }

  async *ranges(id: NodeId, signal?: AbortSignal): AsyncGenerator<FileRange, void, undefined> {
    let fileOffsetBytes = 0
    for (const { offsetBytes: sourceOffsetBytes, lengthBytes } of await this.#extentsOf(id, signal)) {
      if (lengthBytes === 0) continue
      // Makers of discs store equal files once.
      yield { fileOffsetBytes, lengthBytes, sourceOffsetBytes, kind: 'data', maybeShared: true }
      fileOffsetBytes += lengthBytes
    }
  }

  planSize(): Promise<ContentChange> {
    return Promise.reject(raise('ISO9660_READ_ONLY', { source: this.#source.name }))
  }

  async *allocation(): AsyncGenerator<Extent, void, undefined> {
    const { size } = this.#source
    if (size > 0) yield { offsetBytes: 0, lengthBytes: size, kind: 'data' }
  }

  async *#records(directory: NodeId, signal?: AbortSignal): AsyncGenerator<DirectoryRecord, void, undefined> {
    const { record } = await this.#nodeAt(directory, signal)
    if ((record.fields.flags & FLAG.directory) === 0) {
      throw raise('ISO9660_NOT_A_DIRECTORY', {
        source: this.#source.name,
        offsetBytes: Number(directory),
      })
    }
    yield* recordsOf(this.#metadata, this.#extentOf(record), signal)
  }

  /** Where a record says that its bytes are. */
  #extentOf({ fields }: DirectoryRecord): Readonly<{ offsetBytes: number; lengthBytes: number }> {
    const { extent, attributeBlocks, sizeBytes } = fields
    return { offsetBytes: (extent + attributeBlocks) * this.#blockBytes, lengthBytes: sizeBytes }
  }

  async #nodeAt(id: NodeId, signal?: AbortSignal): Promise<Node> {
    const offset = Number(id)
    // A record lies in one sector, the root's in the volume descriptor.
    const start = Math.floor(offset / SECTOR_BYTES) * SECTOR_BYTES
    const end = Math.min(start + SECTOR_BYTES, this.#source.size)
    if (id < 0n || offset + RECORD_BYTES > end) {
      const problem = 'no directory record can be'
      throw raise('ISO9660_DAMAGED', { source: this.#source.name, offsetBytes: offset, problem })
    }
    const block = await this.#metadata.read(start, end - start, signal)
    const record = parseRecord(this.#source, block, offset - start, start)
    return { record, rock: await this.#rockOf(record, signal) }
  }

  async #rockOf(record: DirectoryRecord, signal?: AbortSignal): Promise<RockRidge> {
    if (this.#skipBytes === undefined) return NO_ROCK_RIDGE
    // The root's record in the volume descriptor has none; its `.` has.
    const isInDescriptor = BigInt(record.offsetBytes) === this.root
    const one = isInDescriptor ? await this.#selfOf(record, signal) : record
    const place = { offsetBytes: one.areaOffset, skipBytes: this.#skipBytes, blockBytes: this.#blockBytes }
    return readRockRidge(this.#metadata, one.area, place, signal)
  }

  async #selfOf(record: DirectoryRecord, signal?: AbortSignal): Promise<DirectoryRecord> {
    for await (const self of recordsOf(this.#metadata, this.#extentOf(record), signal)) return self
    return record
  }

  async #sizeOf(node: Node, kind: NodeKind, signal?: AbortSignal): Promise<number> {
    const { record, rock } = node
    if (kind === 'symlink') return rock.linkBytes?.length ?? 0
    if (kind !== 'file') return kind === 'directory' ? record.fields.sizeBytes : 0
    if (rock.packed !== undefined) return rock.packed.sizeBytes
    const sections = await this.#sectionsOf(record, signal)
    return sections.reduce((sum, { fields }) => sum + fields.sizeBytes, 0)
  }

  /** A file of more than 4 GiB has a record for each of its sections, one behind the other (9.1.6, 7.5.1). */
  async #sectionsOf(first: DirectoryRecord, signal?: AbortSignal): Promise<readonly DirectoryRecord[]> {
    const sections = [first]
    let last = first
    while ((last.fields.flags & FLAG.more) !== 0) {
      if (sections.length >= MOST_SECTIONS) {
        const problem = `a file has more than ${MOST_SECTIONS} sections`
        throw raise('ISO9660_DAMAGED', { source: this.#source.name, offsetBytes: first.offsetBytes, problem })
      }
      last = await this.#recordBehind(last, signal)
      sections.push(last)
    }
    return sections
  }

  async #recordBehind(record: DirectoryRecord, signal?: AbortSignal): Promise<DirectoryRecord> {
    let at = record.offsetBytes + record.fields.lengthBytes
    for (let tries = 0; tries < 2; tries += 1) {
      const start = Math.floor(at / SECTOR_BYTES) * SECTOR_BYTES
      const end = Math.min(start + SECTOR_BYTES, this.#source.size)
      if (end - start > 0) {
        const block = await this.#metadata.read(start, end - start, signal)
        if ((block[at - start] ?? 0) !== 0) return parseRecord(this.#source, block, at - start, start)
      }
      at = start + SECTOR_BYTES
    }
    const problem = 'a file has no next section'
    throw raise('ISO9660_DAMAGED', { source: this.#source.name, offsetBytes: record.offsetBytes, problem })
  }

  async #extentsOf(id: NodeId, signal?: AbortSignal): Promise<Extents> {
    const node = await this.#nodeAt(id, signal)
    const about = { source: this.#source.name, offsetBytes: Number(id) }
    if (kindOf(node) !== 'file') throw raise('ISO9660_NOT_A_FILE', about)
    const { packed } = node.rock
    if (packed !== undefined) {
      const type = packed.type === 'pz' ? 'zisofs' : packed.type
      throw raise('ISO9660_COMPRESSED', { ...about, type })
    }
    const sections = await this.#sectionsOf(node.record, signal)
    return sections.map((section) => {
      const { unitBlocks, gapBlocks } = section.fields
      if (unitBlocks !== 0 || gapBlocks !== 0) throw raise('ISO9660_INTERLEAVED', about)
      // What holds nothing may be said to be anywhere.
      if (section.fields.sizeBytes === 0) return { offsetBytes: 0, lengthBytes: 0 }
      const extent = this.#extentOf(section)
      const neededBytes = extent.offsetBytes + extent.lengthBytes
      if (neededBytes <= this.#source.size) return extent
      const what = `the file of the record at byte ${id}`
      throw raise('ISO9660_CUT_SHORT', { ...about, what, neededBytes, foundBytes: this.#source.size })
    })
  }
}

function kindOf({ record, rock }: Node): NodeKind {
  if (rock.childBlock !== undefined || (record.fields.flags & FLAG.directory) !== 0) return 'directory'
  const kind = KINDS[(rock.posix?.mode ?? 0o100000) & 0o170000] ?? 'file'
  // The flag alone makes a directory: without it there are no records to read.
  return kind === 'directory' ? 'file' : kind
}
