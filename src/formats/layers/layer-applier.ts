import type { NodeKind } from '../filesystem/index.ts'
import { checkMap } from '../tar/index.ts'
import type { TarEntry } from '../tar/index.ts'
import { raise } from './errors.ts'
import { isDots, partsOfPath, split } from './layer-path.ts'
import type { Tree } from './tree.ts'

/** A layer, for messages and for where contents lie. Numbers count from 1, from the lowest. */
export type Layer = Readonly<{ number: number; name: string }>

const TYPES: Readonly<Record<string, NodeKind>> = {
  '\0': 'file',
  '0': 'file',
  '7': 'file',
  S: 'file',
  '2': 'symlink',
  '3': 'character device',
  '4': 'block device',
  '5': 'directory',
  '6': 'fifo',
}
const HARD_LINK = '1'

/** Undefined of a hard link, and of what nobody knows. */
function kindOf({ type }: TarEntry, endsWithSlash: boolean): NodeKind | undefined {
  // Before 1988 a slash at the end was all that told a directory.
  return endsWithSlash && (type === '0' || type === '\0') ? 'directory' : TYPES[type]
}
/** As Linux counts (path_resolution(7)). */
const MOST_LINKS = 40
/** XATTR_SIZE_MAX of Linux. */
const MOST_XATTR_BYTES = 65_536
const MOST_ID = 0xff_ff_ff_ff
/** What Linux' device numbers have room for. */
const MOST_MAJOR = 0xf_ff
const MOST_MINOR = 0xf_ff_ff
const SLASH = 0x2f

/** OCI image specification, layer, "Whiteouts". */
const WHITEOUT = '.wh.'
const OPAQUE = '.wh..wh..opq'
/** What AUFS kept for itself; the engines pass it over. */
const AUFS = '.wh..wh.'

/** Whether a name begins with `.wh.`: hardly any does. */
function isWhiteout(name: Uint8Array): boolean {
  return name[0] === 0x2e && name[1] === 0x77 && name[2] === 0x68 && name[3] === 0x2e
}

const TEXT = new TextDecoder()
const NO_FACTS = { mode: 0o755, uid: 0, gid: 0, modifiedNs: 0n, xattrs: [] } as const

/**
 * Puts a layer over a tree, entry by entry, as `umoci unpack` does it:
 * - a whiteout takes away what is of lower layers only, whether it stands before or behind the layer's own entries;
 * - a directory over a directory keeps what is in it; everything else takes the place of what was there;
 * - a parent that is a symbolic link is followed within the tree; one that is missing, or no directory, is made;
 * - a hard link leads to what has the name at that moment, whatever layer that is of.
 *
 * INVARIANT: an entry of the tree whose layer is this one, or that leads to such a one, is of this layer.
 */
export class LayerApplier {
  readonly #tree: Tree
  readonly #layer: Layer

  constructor(tree: Tree, layer: Layer) {
    this.#tree = tree
    this.#layer = layer
  }

  /** Throws LAYER_ENTRY_INVALID, LAYER_PATH_OUTSIDE, LAYERS_TOO_LARGE. */
  apply(entry: TarEntry): void {
    this.#tree.beginEntry()
    const found = partsOfPath(entry.path)
    if (found === 'outside') throw this.#outside(entry)
    if ('problem' in found) throw this.#invalid(entry, found.problem)
    const { parts, endsWithSlash } = found
    const name = parts.at(-1)
    if (name === undefined) {
      if (kindOf(entry, endsWithSlash) !== 'directory')
        throw this.#invalid(entry, 'is the root, and no directory')
      this.#tree.setFacts(this.#tree.root, this.#facts(entry, 'directory'), this.#layer.name)
      return
    }
    const [first = name] = parts
    const parents = parts.slice(0, -1)
    if (isWhiteout(first)) {
      const text = TEXT.decode(first)
      if (text.startsWith(AUFS) && text !== OPAQUE) return
    }
    if (isWhiteout(name)) this.#whiteOut(entry, parents, name)
    else this.#put(entry, parents, name, endsWithSlash)
  }

  #whiteOut(entry: TarEntry, parents: readonly Uint8Array[], name: Uint8Array): void {
    const text = TEXT.decode(name)
    const directory = this.#directory(entry, parents, 'leave')?.node
    if (text === OPAQUE) {
      if (directory !== undefined) this.#removeLowerIn(directory)
      return
    }
    if (text.startsWith(AUFS)) return
    const target = name.subarray(WHITEOUT.length)
    if (target.length === 0 || isDots(target, 1) || isDots(target, 2)) {
      throw this.#invalid(entry, 'is a whiteout of nothing that has a name')
    }
    const doomed = directory === undefined ? 0 : this.#tree.find(directory, target)
    if (doomed !== 0) this.#removeLower(doomed)
  }

  /** An entry that is not of this layer; of one that is, what is below it and is not. */
  #removeLower(entry: number): void {
    if (this.#tree.layerOf(entry) !== this.#layer.number) this.#tree.removeEntry(entry)
    else this.#removeLowerIn(this.#tree.nodeOf(entry))
  }

  #removeLowerIn(directory: number): void {
    const tree = this.#tree
    const left = [directory]
    for (let next = left.pop(); next !== undefined; next = left.pop()) {
      if (!tree.isDirectory(next)) continue
      for (const entry of tree.entriesOf(next)) {
        tree.step(this.#layer.name)
        if (tree.layerOf(entry) === this.#layer.number) left.push(tree.nodeOf(entry))
        else tree.removeEntry(entry)
      }
    }
  }

  #put(entry: TarEntry, parents: readonly Uint8Array[], name: Uint8Array, endsWithSlash: boolean): void {
    const tree = this.#tree
    const { number, name: layer } = this.#layer
    const kind = kindOf(entry, endsWithSlash)
    if (kind === undefined && entry.type !== HARD_LINK) {
      throw this.#invalid(entry, `has the type ${JSON.stringify(entry.type)}, which no engine knows`)
    }
    const parent = this.#directory(entry, parents, 'make')
    if (parent === undefined) throw this.#invalid(entry, 'has no parent')
    for (const step of parent.trail) tree.touch(step, number)
    const there = tree.find(parent.node, name)
    if (kind === 'directory' && there !== 0 && tree.isDirectory(tree.nodeOf(there))) {
      tree.setFacts(tree.nodeOf(there), this.#facts(entry, kind), layer)
      tree.touch(there, number)
      return
    }
    if (there !== 0) tree.removeEntry(there)
    tree.addEntry(
      parent.node,
      name,
      kind === undefined ? this.#linked(entry) : this.#made(entry, kind),
      number,
      layer,
    )
  }

  #made(entry: TarEntry, kind: NodeKind): number {
    const tree = this.#tree
    const { number, name: layer } = this.#layer
    const node = tree.addNode(this.#facts(entry, kind), layer)
    if (kind === 'symlink') {
      if (entry.link.length === 0) throw this.#invalid(entry, 'is a symbolic link to nothing')
      tree.setTarget(node, entry.link, layer)
    } else if (kind === 'file') {
      const { dataOffsetBytes: offsetBytes, storedBytes, sizeBytes, sparse } = entry
      if (sparse !== undefined) checkMap(layer, sparse, entry)
      const parts = sparse?.parts
      tree.setContent(
        node,
        { layer: number, offsetBytes, storedBytes, sizeBytes, ...(parts && { parts }) },
        layer,
      )
    } else if (kind === 'block device' || kind === 'character device') {
      const { major, minor } = entry
      if (!(major >= 0 && major <= MOST_MAJOR && minor >= 0 && minor <= MOST_MINOR)) {
        throw this.#invalid(entry, `has the device number ${major}:${minor}, which Linux does not have`)
      }
      tree.setDevice(node, major, minor)
    }
    return node
  }

  /** What a hard link leads to. Its own mode, owner and time say nothing: they are the node's. */
  #linked(entry: TarEntry): number {
    const found = partsOfPath(entry.link)
    if (found === 'outside') throw this.#outside(entry)
    const target = TEXT.decode(entry.link)
    const name = 'problem' in found ? undefined : found.parts.at(-1)
    const directory =
      'problem' in found ? undefined : this.#directory(entry, found.parts.slice(0, -1), 'leave')?.node
    const there = name === undefined || directory === undefined ? 0 : this.#tree.find(directory, name)
    if (there === 0) throw this.#invalid(entry, `is a hard link to "${target}", which is not there`)
    const node = this.#tree.nodeOf(there)
    if (this.#tree.isDirectory(node))
      throw this.#invalid(entry, `is a hard link to the directory "${target}"`)
    return node
  }

  /**
   * The directory that these names lead to, and the entries on the way. Symbolic links are followed, never out of the
   * tree. What is missing is made, or there is none.
   */
  #directory(
    entry: TarEntry,
    parts: readonly Uint8Array[],
    missing: 'make' | 'leave',
  ): Readonly<{ node: number; trail: readonly number[] }> | undefined {
    const tree = this.#tree
    const { number, name: layer } = this.#layer
    /** Reversed. */
    const left = parts.toReversed()
    const trail: number[] = []
    let links = 0
    const here = (): number => {
      const last = trail.at(-1)
      return last === undefined ? tree.root : tree.nodeOf(last)
    }
    for (let part = left.pop(); part !== undefined; part = left.pop()) {
      tree.step(layer)
      if (isDots(part, 2)) {
        trail.pop()
        continue
      }
      const found = tree.find(here(), part)
      const kind = found === 0 ? 'unknown' : tree.kindOf(tree.nodeOf(found))
      if (kind === 'directory') {
        trail.push(found)
        continue
      }
      if (kind === 'symlink') {
        links += 1
        if (links > MOST_LINKS) throw this.#invalid(entry, `passes more than ${MOST_LINKS} symbolic links`)
        const target = tree.targetOf(tree.nodeOf(found))
        if (target[0] === SLASH) trail.length = 0
        left.push(...split(target).toReversed())
        continue
      }
      if (missing === 'leave') return undefined
      if (found !== 0) tree.removeEntry(found)
      const made = tree.addNode({ kind: 'directory', ...NO_FACTS }, layer)
      trail.push(tree.addEntry(here(), part, made, number, layer))
    }
    return { node: here(), trail }
  }

  #facts(entry: TarEntry, kind: NodeKind) {
    const { mode, uid, gid, modifiedNs, xattrs } = entry
    if (!(uid >= 0 && uid <= MOST_ID && gid >= 0 && gid <= MOST_ID)) {
      throw this.#invalid(entry, `has the owner ${uid}:${gid}, which Linux does not have`)
    }
    if (xattrs.some(([, { length }]) => length > MOST_XATTR_BYTES)) {
      throw this.#invalid(entry, `has an extended attribute longer than ${MOST_XATTR_BYTES} bytes`)
    }
    // Linux' links have all rights, whatever an archive says.
    return {
      kind,
      mode: kind === 'symlink' ? 0o777 : mode,
      uid,
      gid,
      modifiedNs: BigInt.asIntN(64, modifiedNs),
      xattrs,
    }
  }

  #invalid({ path }: TarEntry, problem: string): Error {
    return raise('LAYER_ENTRY_INVALID', { layer: this.#layer.name, path: TEXT.decode(path), problem })
  }

  #outside({ path }: TarEntry): Error {
    return raise('LAYER_PATH_OUTSIDE', { layer: this.#layer.name, path: TEXT.decode(path) })
  }
}
