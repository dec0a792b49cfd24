import { isAnnealError } from '../../../src/core/index.ts'
import type { FileSystem, NodeId } from '../../../src/formats/filesystem/index.ts'

const MOST_NODES = 40
const MOST_READ_BYTES = 20_000
const MOST_EXTENTS = 20_000
const MOST_BLOCKS = 20_000

/**
 * Everything that a file system answers, asked of its first nodes; each once, so that circles end. What is allocated is
 * left out of file systems so large that looking at all of it would take most of the time.
 */
export async function walkBounded(fs: FileSystem): Promise<void> {
  const seen = new Set<NodeId>([fs.root])
  const waiting: NodeId[] = [fs.root]
  for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
    const node = id
    await allowed(async () => {
      for (const child of await visit(fs, node)) {
        if (seen.has(child) || seen.size >= MOST_NODES) continue
        seen.add(child)
        waiting.push(child)
      }
    })
  }
  if (fs.facts.sizeBytes / fs.facts.blockSizeBytes > MOST_BLOCKS) return
  await allowed(async () => {
    let count = 0
    for await (const extent of fs.allocation()) {
      count += 1
      if (count > MOST_EXTENTS || extent.lengthBytes < 0) break
    }
  })
}

async function visit(fs: FileSystem, id: NodeId): Promise<readonly NodeId[]> {
  const { kind } = await fs.stat(id)
  if (kind === 'directory') {
    const children: NodeId[] = []
    let last = ''
    for await (const entry of fs.list(id)) {
      children.push(entry.id)
      last = entry.name
      if (children.length > MOST_NODES) break
    }
    await fs.lookup(id, last)
    return children
  }
  if (kind === 'symlink') await fs.readLink(id)
  if (kind !== 'file') return []
  const source = await fs.open(id)
  await source.read(0, Math.min(source.size, MOST_READ_BYTES))
  const tail = Math.min(source.size, 100)
  await source.read(source.size - tail, tail)
  let count = 0
  for await (const range of fs.ranges(id)) {
    count += 1
    if (count > MOST_EXTENTS || range.lengthBytes < 0) break
  }
  return []
}

/** A part that is refused does not keep the others from being tried. */
async function allowed(step: () => Promise<void>): Promise<void> {
  try {
    await step()
  } catch (error) {
    if (!isAnnealError(error)) throw error
  }
}
