import type { NodeKind } from '../filesystem/index.ts'
import type { SparsePart } from '../tar/index.ts'
import { Rows } from './columns.ts'
import { EntryIndex, hashOf } from './entry-index.ts'
import { raise } from './errors.ts'
import { Names } from './names.ts'
import { XattrSets } from './xattr-sets.ts'
import type { Xattrs } from './xattr-sets.ts'

/** By their number in the column. */
const KINDS: readonly NodeKind[] = [
  'unknown',
  'file',
  'directory',
  'symlink',
  'fifo',
  'block device',
  'character device',
]
const DIRECTORY = KINDS.indexOf('directory')

/** What an entry of a layer says of its node. */
export type NodeFacts = Readonly<{
  kind: NodeKind
  mode: number
  uid: number
  gid: number
  modifiedNs: bigint
  xattrs: Xattrs
}>

/** Where a file's bytes lie in its layer. */
export type Content = Readonly<{
  layer: number
  offsetBytes: number
  storedBytes: number
  sizeBytes: number
  /** Of a sparse file: where its stored bytes go. */
  parts?: readonly SparsePart[]
}>

/** A system has some 100,000 files. So many take 60 MiB here, and their names at most 40. */
const MOST_FILES = 786_432
const MOST_SPARSE_PARTS = 1_000_000
/**
 * What all layers together may take of looking for names and walking through directories. A system takes some ten for each
 * entry. Seconds; entries that were chosen to take long would take days.
 */
const STEPS = { always: 50_000_000, forEachEntry: 100 } as const

const nodeColumns = (rows: number) => ({
  kind: new Uint8Array(rows),
  mode: new Uint16Array(rows),
  uid: new Uint32Array(rows),
  gid: new Uint32Array(rows),
  modifiedNs: new BigInt64Array(rows),
  links: new Uint32Array(rows),
  xattrs: new Uint32Array(rows),
  /** Of a file: its content's place and size; of a link: where its target is in the names; of a device: major and minor. */
  place: new Float64Array(rows),
  size: new Float64Array(rows),
  layer: new Uint16Array(rows),
  /** Of a directory: the last entry of the ring of its entries. Of a sparse file: its map, from 1. */
  more: new Uint32Array(rows),
})

const entryColumns = (rows: number) => ({
  directory: new Uint32Array(rows),
  node: new Uint32Array(rows),
  nameOffset: new Uint32Array(rows),
  nameLength: new Uint8Array(rows),
  /** The layer that last said something of it, or of anything below it; from 1. */
  layer: new Uint16Array(rows),
  next: new Uint32Array(rows),
  previous: new Uint32Array(rows),
})

/**
 * A tree of files in memory, as columns: nodes (inodes) and the entries of directories that lead to them. It knows
 * nothing of whiteouts and paths.
 *
 * INVARIANTS: a node has as many entries as `links` says; one without any is given back. A directory has one entry, and
 * the root none. The entries of a directory are a ring, in the order in which they were added.
 */
export class Tree {
  readonly root: number
  readonly #nodes: Rows<ReturnType<typeof nodeColumns>>
  readonly #entries: Rows<ReturnType<typeof entryColumns>>
  readonly #names = new Names()
  readonly #xattrs = new XattrSets()
  readonly #sparse: (readonly SparsePart[])[] = []
  #sparseParts = 0
  #contentBytes = 0
  #walked = 0
  #allowedSteps: number
  readonly #index = new EntryIndex({
    hashOf: (entry) => hashOf(this.#entries.columns.directory[entry] ?? 0, this.nameOf(entry)),
    isAt: (entry, directory, name) => {
      const { columns } = this.#entries
      return (
        columns.directory[entry] === directory &&
        this.#names.isAt(columns.nameOffset[entry] ?? 0, columns.nameLength[entry] ?? 0, name)
      )
    },
  })

  constructor(mostFiles = MOST_FILES, steps: number = STEPS.always) {
    this.#allowedSteps = steps
    this.#nodes = new Rows('files', nodeColumns, mostFiles)
    this.#entries = new Rows('names of files', entryColumns, mostFiles)
    this.root = this.addNode(
      { kind: 'directory', mode: 0o755, uid: 0, gid: 0, modifiedNs: 0n, xattrs: [] },
      '',
    )
  }

  get nodeCount(): number {
    return this.#nodes.count
  }

  /** Of all files, as they were added. */
  get contentBytes(): number {
    return this.#contentBytes
  }

  /** A node without an entry: give it one. Throws LAYERS_TOO_LARGE. */
  addNode(facts: NodeFacts, layer: string): number {
    const node = this.#nodes.add(layer)
    const { columns } = this.#nodes
    columns.kind[node] = KINDS.indexOf(facts.kind)
    columns.links[node] = 0
    columns.place[node] = 0
    columns.size[node] = 0
    columns.layer[node] = 0
    columns.more[node] = 0
    this.setFacts(node, facts, layer)
    return node
  }

  setFacts(node: number, { mode, uid, gid, modifiedNs, xattrs }: NodeFacts, layer: string): void {
    const { columns } = this.#nodes
    columns.mode[node] = mode
    columns.uid[node] = uid
    columns.gid[node] = gid
    columns.modifiedNs[node] = modifiedNs
    columns.xattrs[node] = this.#xattrs.add(xattrs, layer)
  }

  setContent(
    node: number,
    { layer, offsetBytes, storedBytes, sizeBytes, parts }: Content,
    name: string,
  ): void {
    const { columns } = this.#nodes
    columns.layer[node] = layer
    columns.place[node] = offsetBytes
    columns.size[node] = sizeBytes
    this.#contentBytes += storedBytes
    if (parts === undefined) return
    this.#sparseParts += parts.length + 1
    if (this.#sparseParts > MOST_SPARSE_PARTS) {
      throw raise('LAYERS_TOO_LARGE', {
        layer: name,
        limit: MOST_SPARSE_PARTS,
        what: 'parts of sparse files',
      })
    }
    columns.more[node] = this.#sparse.push(parts)
  }

  setTarget(node: number, target: Uint8Array, layer: string): void {
    const { columns } = this.#nodes
    columns.place[node] = this.#names.add(target, layer)
    columns.size[node] = target.length
  }

  setDevice(node: number, major: number, minor: number): void {
    const { columns } = this.#nodes
    columns.place[node] = major
    columns.size[node] = minor
  }

  /** The name must not be there. Throws LAYERS_TOO_LARGE. */
  addEntry(directory: number, name: Uint8Array, node: number, layerNumber: number, layer: string): number {
    const entry = this.#entries.add(layer)
    const { columns } = this.#entries
    columns.directory[entry] = directory
    columns.node[entry] = node
    columns.nameOffset[entry] = this.#names.add(name, layer)
    columns.nameLength[entry] = name.length
    columns.layer[entry] = layerNumber
    if (!this.#index.add(entry)) {
      throw raise('LAYERS_TOO_LARGE', { layer, limit: 0, what: 'names that were chosen to be slow to find' })
    }
    const nodes = this.#nodes.columns
    nodes.links[node] = (nodes.links[node] ?? 0) + 1
    const last = nodes.more[directory] ?? 0
    const first = last === 0 ? entry : (columns.next[last] ?? 0)
    columns.next[entry] = first
    columns.previous[entry] = last === 0 ? entry : last
    columns.previous[first] = entry
    if (last !== 0) columns.next[last] = entry
    nodes.more[directory] = entry
    return entry
  }

  /** With everything below it. */
  removeEntry(entry: number): void {
    const doomed = [entry]
    for (let next = doomed.pop(); next !== undefined; next = doomed.pop()) {
      const node = this.nodeOf(next)
      if (this.isDirectory(node)) for (const child of this.entriesOf(node)) doomed.push(child)
      this.#unlink(next, node)
    }
  }

  #unlink(entry: number, node: number): void {
    const { columns } = this.#entries
    const nodes = this.#nodes.columns
    const directory = columns.directory[entry] ?? 0
    const next = columns.next[entry] ?? 0
    const previous = columns.previous[entry] ?? 0
    columns.next[previous] = next
    columns.previous[next] = previous
    if (nodes.more[directory] === entry) nodes.more[directory] = next === entry ? 0 : previous
    this.#index.remove(entry)
    this.#entries.remove(entry)
    const links = (nodes.links[node] ?? 1) - 1
    nodes.links[node] = links
    if (links === 0) this.#nodes.remove(node)
  }

  /** 0 where there is none. */
  find(directory: number, name: Uint8Array): number {
    return this.#index.find(directory, name)
  }

  /** Another entry of a layer is put into the tree. */
  beginEntry(): void {
    this.#allowedSteps += STEPS.forEachEntry
  }

  /** A step on the way to where an entry goes. Throws LAYERS_TOO_LARGE where there were too many for so many entries. */
  step(layer: string): void {
    this.#walked += 1
    if (this.#walked + this.#index.looks <= this.#allowedSteps) return
    const what = 'steps through directories and links on the way to its entries'
    throw raise('LAYERS_TOO_LARGE', { layer, limit: this.#allowedSteps, what })
  }

  /** In the order in which they were added. An entry may be removed while it is at hand. */
  *entriesOf(directory: number): Generator<number, void, undefined> {
    const last = this.#nodes.columns.more[directory] ?? 0
    if (last === 0) return
    let entry = this.#entries.columns.next[last] ?? 0
    for (;;) {
      const next = this.#entries.columns.next[entry] ?? 0
      yield entry
      if (entry === last) return
      entry = next
    }
  }

  nodeOf(entry: number): number {
    return this.#entries.columns.node[entry] ?? 0
  }

  nameOf(entry: number): Uint8Array {
    const { columns } = this.#entries
    return this.#names.at(columns.nameOffset[entry] ?? 0, columns.nameLength[entry] ?? 0)
  }

  layerOf(entry: number): number {
    return this.#entries.columns.layer[entry] ?? 0
  }

  touch(entry: number, layerNumber: number): void {
    this.#entries.columns.layer[entry] = layerNumber
  }

  isDirectory(node: number): boolean {
    return this.#nodes.columns.kind[node] === DIRECTORY
  }

  kindOf(node: number): NodeKind {
    return KINDS[this.#nodes.columns.kind[node] ?? 0] ?? 'unknown'
  }

  targetOf(node: number): Uint8Array {
    const { place, size } = this.#nodes.columns
    return this.#names.at(place[node] ?? 0, size[node] ?? 0)
  }

  contentOf(node: number): Omit<Content, 'storedBytes'> {
    const { place, size, layer, more } = this.#nodes.columns
    const parts = more[node] === 0 ? undefined : this.#sparse[(more[node] ?? 0) - 1]
    return {
      layer: layer[node] ?? 0,
      offsetBytes: place[node] ?? 0,
      sizeBytes: size[node] ?? 0,
      ...(parts && { parts }),
    }
  }

  factsOf(node: number): NodeFacts & Readonly<{ links: number; place: number; size: number }> {
    const { mode, uid, gid, modifiedNs, links, xattrs, place, size } = this.#nodes.columns
    return {
      kind: this.kindOf(node),
      mode: mode[node] ?? 0,
      uid: uid[node] ?? 0,
      gid: gid[node] ?? 0,
      modifiedNs: modifiedNs[node] ?? 0n,
      links: links[node] ?? 0,
      xattrs: this.#xattrs.get(xattrs[node] ?? 0),
      place: place[node] ?? 0,
      size: size[node] ?? 0,
    }
  }

  /** Whether a number that somebody gives is one of a node. */
  hasNode(node: number): boolean {
    return node === this.root || (this.#nodes.columns.links[node] ?? 0) > 0
  }
}
