import type { ByteSource } from '../../../src/bytes/index.ts'
import type { FileSystem, NodeId } from '../../../src/formats/filesystem/index.ts'

const MOST_NODES = 24
const MOST_ENTRIES = 24
const MOST_RANGES = 64
const MOST_BYTES = 4096

/** Looks at everything in a file system, within bounds. Each node by itself, so that one that is damaged does not hide the others. */
export async function walkFileSystem(fs: FileSystem): Promise<void> {
  await attempt(() => walk(fs))
  await attempt(() => countOf(fs.allocation(), MOST_RANGES * 16))
}

async function walk(fs: FileSystem): Promise<void> {
  const queue: NodeId[] = [fs.root]
  const seen = new Set<NodeId>()
  for (let id = queue.shift(); id !== undefined && seen.size < MOST_NODES; id = queue.shift()) {
    if (seen.has(id)) continue
    seen.add(id)
    const node = id
    await attempt(() => look(fs, node, queue))
    await attempt(async () => void (await fs.xattrs(node)))
  }
}

async function look(fs: FileSystem, id: NodeId, queue: NodeId[]): Promise<void> {
  const { kind } = await fs.stat(id)
  if (kind === 'symlink') await fs.readLink(id)
  if (kind === 'file') {
    const content = await fs.open(id)
    await readEnds(content)
    await countOf(fs.ranges(id), MOST_RANGES)
  }
  if (kind !== 'directory') return
  let entries = 0
  for await (const entry of fs.list(id)) {
    queue.push(entry.id)
    entries += 1
    if (entries % 16 === 1) await fs.lookup(id, entry.name)
    if (entries === MOST_ENTRIES) break
  }
  await fs.lookup(id, 'absent')
}

async function readEnds(content: ByteSource): Promise<void> {
  const length = Math.min(content.size, MOST_BYTES)
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
