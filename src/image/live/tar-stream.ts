import type { ByteSource } from '../../bytes/index.ts'
import type { DirectoryEntry, FileSystem, NodeId, NodeStat, Xattr } from '../../formats/filesystem/index.ts'
import { TAR_END_BYTES, sparseMap, tarHeader, tarPadded } from '../../formats/tar/index.ts'
import { bytesOfLatin1, latin1Of } from '../boot/index.ts'
import { raise } from './errors.ts'
import type { TreeForm } from './tree-form.ts'
import type { LiveTree, TreePart } from './tree.ts'

/** What is handed over at a time; small files share one. */
const PIECE_BYTES = 256 * 1024
const READ_BYTES = 1 << 20
/** Of files that are smaller, holes are no gain. */
const SPARSE_FROM_BYTES = 1 << 20
const MOST_PARTS = 100_000
const WRITTEN_OUT_BYTES = 4096
/** Of one file whose holes are filled: /var/log/lastlog claims a terabyte where users have large numbers. */
const MOST_FILLED_BYTES = 64 * 1024 ** 3
const MOST_NODES = 4_000_000
const MOST_DEPTH = 1000
/** PATH_MAX */
const LONGEST_PATH = 4095
const MOST_LINK_BYTES = 64 << 20
const LINK_OVERHEAD_BYTES = 100
/** How XFS keeps what it shows as system.posix_acl_…, too. */
const OF_XFS = /^trusted\.SGI_ACL_/

export type TreeTally = {
  nodes: number
  contentBytes: number
  /** Sockets, which archives do not have: programs make theirs when they start. */
  sockets: number
  /** Extended attributes and access control lists that the new file system cannot keep. */
  attributesLeftOut: number
  timesClamped: number
}

export function newTally(): TreeTally {
  return { nodes: 0, contentBytes: 0, sockets: 0, attributesLeftOut: 0, timesClamped: 0 }
}

/**
 * The tree as a tar archive: owners, modes, times, extended attributes, hard links, devices, links, holes. Of file contents no more than a piece is in memory. Throws LIVE_TREE_REFUSED and what the readers throw.
 */
export async function* tarOfTree(
  tree: LiveTree,
  tally: TreeTally,
  form: TreeForm,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  const pieces = new Pieces()
  const walk = new Walk(tree, tally, form, signal)
  if (form.root === 'entry') yield* pieces.add(await walk.rootEntry())
  const open = [walk.enter({ part: tree.root, path: '', bytes: new Uint8Array(0) })]
  const later: Later[] = []
  for (let last = open.at(-1); last !== undefined; last = open.at(-1)) {
    const { done, value } = await last.entries.next()
    if (done === true) {
      open.pop()
      continue
    }
    const order = walk.readOrder(last.directory, value)
    if (order !== undefined) {
      later.push({ directory: last.directory, entry: value, order })
      continue
    }
    const members = walk.member(last.directory, value)
    let next = await members.next()
    for (; next.done !== true; next = await members.next()) yield* pieces.add(next.value)
    if (next.value === undefined) continue
    open.push(walk.enter(next.value))
    if (open.length > MOST_DEPTH) {
      const { path, part } = next.value
      const why = `it is more than ${MOST_DEPTH} directories deep`
      throw raise('LIVE_TREE_REFUSED', { path, address: part.address, why })
    }
  }
  for (const [path, bytes] of tree.added ?? []) yield* pieces.add(walk.addedFile(path, bytes))
  for (const { directory, entry } of later.toSorted((a, b) => a.order - b.order)) {
    for await (const bytes of walk.member(directory, entry)) yield* pieces.add(bytes)
  }
  yield* pieces.add(new Uint8Array(TAR_END_BYTES))
  yield* pieces.rest()
}

/** A file that is read when all that lies before it in its stream was read. */
type Later = Readonly<{ directory: Directory; entry: DirectoryEntry; order: number }>

/** A directory of the tree: `bytes` is its path as it is on the disk, without a slash in front. */
type Directory = Readonly<{ part: TreePart; path: string; bytes: Uint8Array }>

/** Joins what is small. Whoever takes a piece owns it. */
class Pieces {
  #piece = new Uint8Array(PIECE_BYTES)
  #filled = 0;

  *add(bytes: Uint8Array): Generator<Uint8Array, void, undefined> {
    for (let at = 0; at < bytes.length;) {
      const part = bytes.subarray(at, at + PIECE_BYTES - this.#filled)
      this.#piece.set(part, this.#filled)
      this.#filled += part.length
      at += part.length
      if (this.#filled === PIECE_BYTES) yield* this.rest()
    }
  }

  *rest(): Generator<Uint8Array, void, undefined> {
    if (this.#filled > 0) yield this.#piece.subarray(0, this.#filled)
    this.#piece = new Uint8Array(PIECE_BYTES)
    this.#filled = 0
  }
}

/** A path, a character for each byte, and how many names are to come. */
type FirstName = Readonly<{ latin1: string; left: number }>

/**
 * INVARIANTS: a directory is entered once, so that a loop ends; paths, nodes and remembered names are bounded.
 */
class Walk {
  readonly #tree: LiveTree
  readonly #tally: TreeTally
  readonly #form: TreeForm
  readonly #signal: AbortSignal
  readonly #entered = new Map<FileSystem, Set<NodeId>>()
  readonly #links = new Map<FileSystem, Map<NodeId, FirstName>>()
  #linkBytes = 0

  constructor(tree: LiveTree, tally: TreeTally, form: TreeForm, signal: AbortSignal) {
    this.#tree = tree
    this.#tally = tally
    this.#form = form
    this.#signal = signal
  }

  async rootEntry(): Promise<Uint8Array> {
    const { fileSystem, directory } = this.#tree.root
    const stat = await fileSystem.stat(directory, this.#signal)
    const { mode, uid, gid } = stat
    return tarHeader({
      path: new TextEncoder().encode('./'),
      kind: 'directory',
      sizeBytes: 0,
      mode,
      uid,
      gid,
      modifiedSeconds: this.#secondsOf(stat),
      xattrs: await this.#xattrsOf(fileSystem, stat),
    })
  }

  addedFile(path: string, bytes: Uint8Array): Uint8Array {
    this.#tally.nodes += 1
    this.#tally.contentBytes += bytes.length
    const header = tarHeader({
      path: new TextEncoder().encode(path.replace(/^\/+/, '')),
      kind: 'file',
      sizeBytes: bytes.length,
      mode: 0o644,
      uid: 0,
      gid: 0,
      modifiedSeconds: 0,
      xattrs: [],
    })
    const member = new Uint8Array(header.length + tarPadded(bytes.length))
    member.set(header)
    member.set(bytes, header.length)
    return member
  }

  enter(directory: Directory): Readonly<{
    directory: Directory
    entries: AsyncIterator<DirectoryEntry>
  }> {
    const { part, path } = directory
    const { fileSystem, directory: id, address } = part
    const entered = this.#entered.get(fileSystem) ?? new Set()
    this.#entered.set(fileSystem, entered)
    if (this.#tree.emptied.has(path)) return { directory, entries: none() }
    if (entered.has(id))
      throw raise('LIVE_TREE_REFUSED', { path, address, why: 'the directory has two names' })
    entered.add(id)
    return { directory, entries: fileSystem.list(id, this.#signal)[Symbol.asyncIterator]() }
  }

  /** Undefined for what is packed at once. */
  readOrder({ part, path }: Directory, { name, id, kind }: DirectoryEntry): number | undefined {
    if (kind !== 'file' || this.#tree.mounted.has(`${path}/${name}`)) return undefined
    return part.fileSystem.readOrder?.(id)
  }

  /** One entry of a directory; gives back what is to be entered next, where it is one itself. */
  async *member(
    { part, path: parentPath, bytes: parent }: Directory,
    { name, nameBytes, id }: DirectoryEntry,
  ): AsyncGenerator<Uint8Array, Directory | undefined, undefined> {
    this.#signal.throwIfAborted()
    const path = `${parentPath}/${name}`
    const bytes = new Uint8Array(parent.length + (parent.length === 0 ? 0 : 1) + nameBytes.length)
    bytes.set(parent)
    if (parent.length > 0) bytes[parent.length] = 0x2f
    bytes.set(nameBytes, bytes.length - nameBytes.length)
    this.#tally.nodes += 1
    const mounted = this.#tree.mounted.get(path)
    const { fileSystem, address } = mounted ?? part
    const node = mounted?.directory ?? id
    const refused = (why: string): Error => raise('LIVE_TREE_REFUSED', { path, address, why })
    if (bytes.length > LONGEST_PATH) throw refused(`its path is longer than ${LONGEST_PATH} bytes`)
    if (this.#tally.nodes > MOST_NODES) throw refused(`the tree has more than ${MOST_NODES} nodes`)
    if (nameBytes.length === 0 || nameBytes.includes(0x2f) || nameBytes.includes(0))
      throw refused('its name is none')

    const stat = await fileSystem.stat(node, this.#signal)
    const { kind } = stat
    if (kind === 'socket') {
      this.#tally.sockets += 1
      return undefined
    }
    if (kind === 'unknown') throw refused('nobody knows what it is')
    if (kind === 'file' && stat.sizeBytes > MOST_FILLED_BYTES && this.#form.holes === 'filled')
      throw refused(
        `it has ${stat.sizeBytes} bytes, and its holes would be written as zeros; --root-format squashfs keeps them`,
      )
    const linked = this.#linkOf(fileSystem, stat, bytes)
    const head = {
      path: bytes,
      mode: stat.mode,
      uid: stat.uid,
      gid: stat.gid,
      modifiedSeconds: this.#secondsOf(stat),
      xattrs: linked === undefined ? await this.#xattrsOf(fileSystem, stat) : [],
    } as const
    if (linked !== undefined) yield tarHeader({ ...head, kind: 'hard link', target: linked, sizeBytes: 0 })
    else if (kind === 'file') {
      const replaced = this.#tree.replaced.get(path)
      if (replaced === undefined) yield* this.#file(fileSystem, node, head)
      else yield* content(tarHeader({ ...head, kind, sizeBytes: replaced.length }), replaced)
    } else if (kind === 'symlink') {
      const text = await fileSystem.readLink(node, this.#signal)
      if (text.includes('\ufffd')) throw refused('its target is no UTF-8')
      yield tarHeader({ ...head, kind, target: new TextEncoder().encode(text), sizeBytes: 0 })
    } else {
      yield tarHeader({ ...head, kind, sizeBytes: 0, ...(stat.device && { device: stat.device }) })
      if (kind === 'directory')
        return { part: mounted ?? { address, fileSystem, directory: node }, path, bytes }
    }
    return undefined
  }

  async *#file(
    fileSystem: FileSystem,
    id: NodeId,
    head: Omit<Parameters<typeof tarHeader>[0], 'kind' | 'sizeBytes'>,
  ): AsyncGenerator<Uint8Array, void, undefined> {
    const source = await fileSystem.open(id, this.#signal)
    const parts = await this.#partsOf(fileSystem, id, source.size)
    this.#tally.contentBytes += source.size
    if (parts === undefined) {
      yield tarHeader({ ...head, kind: 'file', sizeBytes: source.size })
      yield* this.#read(source, 0, source.size)
      yield new Uint8Array(tarPadded(source.size) - source.size)
      return
    }
    const map = sparseMap(parts)
    const dataBytes = parts.reduce((sum, { lengthBytes }) => sum + lengthBytes, 0)
    const sizeBytes = map.length + dataBytes
    yield tarHeader({ ...head, kind: 'file', sizeBytes, sparseSizeBytes: source.size })
    yield map
    for (const { offsetBytes, lengthBytes } of parts) yield* this.#read(source, offsetBytes, lengthBytes)
    yield new Uint8Array(tarPadded(dataBytes) - dataBytes)
  }

  async *#read(
    source: ByteSource,
    offsetBytes: number,
    lengthBytes: number,
  ): AsyncGenerator<Uint8Array, void, undefined> {
    for (let done = 0; done < lengthBytes; done += READ_BYTES) {
      yield await source.read(offsetBytes + done, Math.min(READ_BYTES, lengthBytes - done), this.#signal)
    }
  }

  /** The parts of a file with holes; undefined where it has none worth the while. */
  async #partsOf(
    fileSystem: FileSystem,
    id: NodeId,
    sizeBytes: number,
  ): Promise<readonly Readonly<{ offsetBytes: number; lengthBytes: number }>[] | undefined> {
    if (sizeBytes < SPARSE_FROM_BYTES || this.#form.holes === 'filled') return undefined
    const parts: { offsetBytes: number; lengthBytes: number }[] = []
    let dataBytes = 0
    for await (const { fileOffsetBytes, lengthBytes, kind } of fileSystem.ranges(id, this.#signal)) {
      if (kind === 'unwritten') continue
      const last = parts.at(-1)
      if (last !== undefined && last.offsetBytes + last.lengthBytes === fileOffsetBytes)
        last.lengthBytes += lengthBytes
      else parts.push({ offsetBytes: fileOffsetBytes, lengthBytes })
      dataBytes += lengthBytes
      if (parts.length > MOST_PARTS) return undefined
    }
    if (sizeBytes - dataBytes < SPARSE_FROM_BYTES / 2) return undefined
    // mksquashfs 4.5 misreads an empty last part, which is how GNU tar ends a file with a hole, and a file of which only the end
    // is there: the last block and the first are written out.
    const last = parts.at(-1)
    const end = last === undefined ? 0 : last.offsetBytes + last.lengthBytes
    const offsetBytes = Math.max(end, sizeBytes - (sizeBytes % WRITTEN_OUT_BYTES || WRITTEN_OUT_BYTES))
    if (end < sizeBytes) parts.push({ offsetBytes, lengthBytes: sizeBytes - offsetBytes })
    const [first] = parts
    if (first !== undefined && first.offsetBytes > 0)
      parts.unshift({ offsetBytes: 0, lengthBytes: Math.min(WRITTEN_OUT_BYTES, first.offsetBytes) })
    return parts
  }

  /** The path that an inode has already; undefined the first time. */
  #linkOf(fileSystem: FileSystem, { id, kind, links }: NodeStat, path: Uint8Array): Uint8Array | undefined {
    if (kind === 'directory' || links < 2) return undefined
    const known = this.#links.get(fileSystem) ?? new Map<NodeId, FirstName>()
    this.#links.set(fileSystem, known)
    const first = known.get(id)
    if (first === undefined) {
      const latin1 = latin1Of(path)
      this.#linkBytes += latin1.length + LINK_OVERHEAD_BYTES
      if (this.#linkBytes > MOST_LINK_BYTES)
        throw raise('LIVE_TREE_REFUSED', {
          path: new TextDecoder().decode(path),
          address: fileSystem.facts.type,
          why: 'too many files have several names',
        })
      known.set(id, { latin1, left: links - 1 })
      return undefined
    }
    if (first.left > 1) known.set(id, { ...first, left: first.left - 1 })
    else {
      known.delete(id)
      this.#linkBytes -= first.latin1.length + LINK_OVERHEAD_BYTES
    }
    return bytesOfLatin1(first.latin1)
  }

  async #xattrsOf(fileSystem: FileSystem, { id, hasXattrs }: NodeStat): Promise<readonly Xattr[]> {
    if (!hasXattrs) return []
    const all = (await fileSystem.xattrs(id, this.#signal)).filter(({ name }) => !OF_XFS.test(name))
    const kept = all.filter(({ name }) => this.#form.attributes.test(name))
    this.#tally.attributesLeftOut += all.length - kept.length
    return kept
  }

  #secondsOf({ modifiedNs }: NodeStat): number {
    const seconds = Number(modifiedNs / 1_000_000_000n)
    const fits = Math.max(0, Math.min(seconds, this.#form.latestSeconds))
    if (fits !== seconds) this.#tally.timesClamped += 1
    return fits
  }
}

async function* none(): AsyncGenerator<DirectoryEntry, void, undefined> {}

function* content(header: Uint8Array, bytes: Uint8Array): Generator<Uint8Array, void, undefined> {
  yield header
  yield bytes
  yield new Uint8Array(tarPadded(bytes.length) - bytes.length)
}
