import type { ByteSource } from '../../../src/bytes/index.ts'
import type { FileSystem, NodeId } from '../../../src/formats/filesystem/index.ts'

/** How much of a file system one execution looks at. */
type WalkBounds = Readonly<{ nodes: number; entries: number; endBytes: number }>

const MOST_RANGES = 64
const USUAL: WalkBounds = { nodes: 24, entries: 24, endBytes: 4096 }

/** Looks at everything in a file system, within bounds. Each node by itself, so that one that is damaged does not hide the others. */
export async function walkFileSystem(fs: FileSystem, bounds = USUAL): Promise<void> {
  await attempt(() => walk(fs, bounds))
  await attempt(() => countOf(fs.allocation(), MOST_RANGES * 16))
}

async function walk(fs: FileSystem, bounds: WalkBounds): Promise<void> {
  const queue: NodeId[] = [fs.root]
  const seen = new Set<NodeId>()
  for (let id = queue.shift(); id !== undefined && seen.size < bounds.nodes; id = queue.shift()) {
    if (seen.has(id)) continue
    seen.add(id)
    const node = id
    await attempt(() => look(fs, node, queue, bounds))
    await attempt(async () => void (await fs.xattrs(node)))
  }
}

async function look(fs: FileSystem, id: NodeId, queue: NodeId[], bounds: WalkBounds): Promise<void> {
  const { kind } = await fs.stat(id)
  if (kind === 'symlink') await fs.readLink(id)
  if (kind === 'file') {
    const content = await fs.open(id)
    await readEnds(content, bounds.endBytes)
    await countOf(fs.ranges(id), MOST_RANGES)
  }
  if (kind !== 'directory') return
  let entries = 0
  for await (const entry of fs.list(id)) {
    queue.push(entry.id)
    entries += 1
    if (entries % 16 === 1) await fs.lookup(id, entry.name)
    if (entries === bounds.entries) break
  }
  await fs.lookup(id, 'absent')
}

async function readEnds(content: ByteSource, mostBytes: number): Promise<void> {
  const length = Math.min(content.size, mostBytes)
  await content.read(0, length)
  await content.read(content.size - length, length)
}

async function countOf(items: AsyncIterable<unknown>, most: number): Promise<void> {
  let count = 0
  for await (const _ of items) {
    count += 1
    if (count === most) break
  }
}

async function attempt(what: () => Promise<void>): Promise<void> {
  try {
    await what()
  } catch (error) {
    if (!(error instanceof Error && error.name === 'AnnealError')) throw error
  }
}
