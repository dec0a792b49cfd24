import type { FileSystem, NodeId } from '../../src/formats/filesystem/index.ts'

/** Every name that is listed is found by its index, and leads to the same; names that are not there are not. */
export async function lookupDifferences(fs: FileSystem): Promise<string[]> {
  const differences: string[] = []
  const walk = async (directory: NodeId): Promise<void> => {
    for await (const entry of fs.list(directory)) {
      const found = await fs.lookup(directory, entry.name)
      if (found?.id !== entry.id)
        differences.push(`lookup of ${entry.name} gives ${found?.id}, not ${entry.id}`)
      if ((await fs.lookup(directory, `${entry.name}?`.slice(-255))) !== undefined) {
        differences.push(`lookup finds ${entry.name}?`)
      }
      const { kind } = await fs.stat(entry.id)
      if (entry.kind !== 'unknown' && entry.kind !== kind)
        differences.push(`${entry.name}: ${entry.kind}, ${kind}`)
      if (kind === 'directory') await walk(entry.id)
    }
  }
  await walk(fs.root)
  return differences
}
