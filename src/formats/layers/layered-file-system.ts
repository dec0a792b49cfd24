import { fromBytes, windowOf } from '../../bytes/index.ts'
import type { ByteSource } from '../../bytes/index.ts'
import type { DirectoryEntry, FileSystem, NodeId, NodeKind } from '../filesystem/index.ts'
import { sparseFile } from '../tar/index.ts'
import { raise } from './errors.ts'
import type { Tree } from './tree.ts'

const TEXT = new TextDecoder('utf-8', { ignoreBOM: true })
const BLOCK_BYTES = 512
/** More than an archive of a layer has. */
const LAYER_SPAN = 2 ** 42

/** A tree of layers as a file system. `contentOf` gives a layer's archive by its number, from 1. */
export function layeredFileSystem(
  tree: Tree,
  name: string,
  contentOf: (layer: number) => ByteSource,
): FileSystem {
  const nodeOf = (id: NodeId, wanted?: NodeKind): number => {
    const node = Number(id)
    const kind = tree.hasNode(node) ? tree.kindOf(node) : 'unknown'
    if (kind === 'unknown' || (wanted !== undefined && kind !== wanted)) {
      throw raise('LAYERS_NODE_KIND', { id: id.toString(), wanted: wanted ?? 'node', kind })
    }
    return node
  }
  const entryOf = (entry: number): DirectoryEntry => {
    const node = tree.nodeOf(entry)
    const nameBytes = new Uint8Array(tree.nameOf(entry))
    return { name: TEXT.decode(nameBytes), nameBytes, id: BigInt(node), kind: tree.kindOf(node) }
  }
  return {
    facts: {
      type: 'container',
      label: '',
      uuid: '',
      blockSizeBytes: BLOCK_BYTES,
      sectorSizeBytes: BLOCK_BYTES,
      sizeBytes: tree.contentBytes,
      freeBytes: 0,
      features: [],
      clean: true,
    },
    warnings: [],
    root: BigInt(tree.root),
    readOrder(id) {
      const { layer, offsetBytes } = tree.contentOf(nodeOf(id, 'file'))
      return layer * LAYER_SPAN + offsetBytes
    },
    async stat(id) {
      const node = nodeOf(id)
      const { kind, mode, uid, gid, modifiedNs, links, xattrs, place, size } = tree.factsOf(node)
      const isDevice = kind === 'block device' || kind === 'character device'
      return {
        id,
        kind,
        sizeBytes: kind === 'file' || kind === 'symlink' ? size : 0,
        mode,
        uid,
        gid,
        links: kind === 'directory' ? 1 : links,
        modifiedNs,
        ...(isDevice && { device: { major: place, minor: size } }),
        hasXattrs: xattrs.length > 0,
        immutable: false,
      }
    },
    async *list(id) {
      for (const entry of tree.entriesOf(nodeOf(id, 'directory'))) yield entryOf(entry)
    },
    async lookup(id, asked) {
      const entry = tree.find(nodeOf(id, 'directory'), new TextEncoder().encode(asked))
      return entry === 0 ? undefined : entryOf(entry)
    },
    async readLink(id) {
      return TEXT.decode(tree.targetOf(nodeOf(id, 'symlink')))
    },
    async xattrs(id) {
      return tree.factsOf(nodeOf(id)).xattrs.map(([key, value]) => ({
        name: key,
        nameBytes: new TextEncoder().encode(key),
        value,
      }))
    },
    async open(id) {
      const { layer, offsetBytes, sizeBytes, parts } = tree.contentOf(nodeOf(id, 'file'))
      const file = `node ${id} of "${name}"`
      if (sizeBytes === 0) return fromBytes(new Uint8Array(0), file)
      const archive = contentOf(layer)
      if (parts === undefined) return windowOf(archive, offsetBytes, sizeBytes, file)
      const storedBytes = parts.reduce((sum, { lengthBytes }) => sum + lengthBytes, 0)
      return sparseFile(
        archive,
        { parts, sizeBytes },
        { offsetBytes, dataOffsetBytes: offsetBytes, storedBytes },
        file,
      )
    },
    async *ranges(id) {
      const { sizeBytes, parts = [{ offsetBytes: 0, lengthBytes: sizeBytes }] } = tree.contentOf(
        nodeOf(id, 'file'),
      )
      for (const { offsetBytes, lengthBytes } of parts) {
        if (lengthBytes > 0) yield { fileOffsetBytes: offsetBytes, lengthBytes, kind: 'inline' }
      }
    },
    async planSize() {
      return { refusal: 'it lies in a layer of a container, whose digest would change' }
    },
    async *allocation() {
      if (tree.contentBytes > 0) yield { offsetBytes: 0, lengthBytes: tree.contentBytes, kind: 'data' }
    },
  }
}
