import type { NodeWorld } from '../../../ports/index.ts'

/** In bytes, of those of the files and directories (host paths) that are there. */
export async function sizes(world: NodeWorld, paths: readonly string[]): Promise<Record<string, number>> {
  const found: Record<string, number> = {}
  for (const path of paths) {
    const size = await world.disk.sizeBytes(path)
    if (size !== undefined) found[path] = size
  }
  return found
}
