import type { FileSystem, NodeId } from '../../formats/filesystem/index.ts'

const BLOCK_BYTES = 4096
/** Room of an inode for attributes, and for the target of a link. */
const INLINE = { attributeBytes: 60, linkBytes: 60 } as const
/** ext4_dir_entry_2 without its name. */
const ENTRY_BYTES = 8
const MiB = 1024 * 1024

/** What a tree takes on ext4 with blocks of 4 KiB. */
export type TreeSize = Readonly<{
  nodes: number
  /** Blocks of contents, directories, links and attributes. */
  blockBytes: number
}>

/** Looks at every node, and at no content. A file with several names counts once. */
export async function measureTree(
  fileSystem: FileSystem,
  emptied: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<TreeSize> {
  const seen = new Set<NodeId>()
  let [nodes, blocks] = [0, 0]
  const open: Readonly<{ id: NodeId; path: string }>[] = [{ id: fileSystem.root, path: '' }]
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    let entryBytes = 2 * ENTRY_BYTES
    blocks += await attributeBlocks(fileSystem, next.id, signal)
    nodes += 1
    if (emptied.has(next.path)) {
      blocks += 1
      continue
    }
    for await (const { name, nameBytes, id, kind } of fileSystem.list(next.id, signal)) {
      signal.throwIfAborted()
      entryBytes += ENTRY_BYTES + Math.ceil(nameBytes.length / 4) * 4
      if (kind === 'directory') {
        open.push({ id, path: `${next.path}/${name}` })
        continue
      }
      if (seen.has(id)) continue
      const { links, sizeBytes } = await fileSystem.stat(id, signal)
      if (links > 1) seen.add(id)
      nodes += 1
      blocks += await attributeBlocks(fileSystem, id, signal)
      if (kind === 'file') blocks += await contentBlocks(fileSystem, id, signal)
      else if (kind === 'symlink' && sizeBytes >= INLINE.linkBytes) blocks += 1
    }
    // Names do not fill every block to its end.
    blocks += Math.ceil((entryBytes * 1.2) / BLOCK_BYTES)
  }
  return { nodes, blockBytes: blocks * BLOCK_BYTES }
}

async function contentBlocks(fileSystem: FileSystem, id: NodeId, signal: AbortSignal): Promise<number> {
  let [blocks, ranges] = [0, 0]
  for await (const { fileOffsetBytes, lengthBytes } of fileSystem.ranges(id, signal)) {
    const first = Math.floor(fileOffsetBytes / BLOCK_BYTES)
    blocks += Math.ceil((fileOffsetBytes + lengthBytes) / BLOCK_BYTES) - first
    ranges += 1
  }
  // An inode has room for four extents, and a block for some 300 more.
  return blocks + (ranges > 4 ? Math.ceil(ranges / 300) : 0)
}

async function attributeBlocks(fileSystem: FileSystem, id: NodeId, signal: AbortSignal): Promise<number> {
  const { hasXattrs } = await fileSystem.stat(id, signal)
  if (!hasXattrs) return 0
  const all = await fileSystem.xattrs(id, signal)
  const bytes = all.reduce((sum, { nameBytes, value }) => sum + nameBytes.length + value.length + 16, 0)
  return bytes > INLINE.attributeBytes ? 1 : 0
}

const INODE_BYTES = 256
/** As mke2fs has it by default: one for each 16 KiB. */
const BYTES_PER_INODE = 16_384
/** Journal, group descriptors and room for more of them, bitmaps. */
const OVERHEAD_BYTES = 96 * MiB
/** mke2fs keeps a twentieth for root. */
const USABLE = 0.94
/** Room for what the system writes before its file system is grown. */
const ROOM = { share: 0.25, leastBytes: 256 * MiB } as const

export type RootSize = Readonly<{ sizeBytes: number; inodes: number }>

/** The least that a tree fits in. */
export function leastRootBytes({ nodes, blockBytes }: TreeSize): number {
  const bytes = blockBytes + nodes * INODE_BYTES * 1.3 + OVERHEAD_BYTES
  return Math.ceil(bytes / USABLE / MiB) * MiB
}

/** How large a file system becomes that holds a tree: as large as asked, else with room to run. */
export function rootSize(tree: TreeSize, askedBytes: number | undefined): RootSize {
  const room = Math.max(ROOM.leastBytes, tree.blockBytes * ROOM.share)
  const sizeBytes =
    askedBytes === undefined
      ? Math.ceil((leastRootBytes(tree) + room) / MiB) * MiB
      : Math.floor(askedBytes / MiB) * MiB
  const inodes = Math.max(Math.floor(sizeBytes / BYTES_PER_INODE), Math.ceil(tree.nodes * 1.3))
  return { sizeBytes, inodes }
}
