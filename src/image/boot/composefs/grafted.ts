import type { DirectoryEntry, FileSystem, NodeId } from '../../../formats/filesystem/index.ts'

/** A directory that is mounted over one in the root of a tree. */
export type Graft = Readonly<{ name: string; fileSystem: FileSystem; directory: NodeId }>

/** A tree as it is once other directories are mounted in its root: those that it has no directory for are not. */
export function graftedFileSystem(tree: FileSystem, grafts: readonly Graft[]): FileSystem {
  if (grafts.length === 0) return tree
  const all = [tree, ...grafts.map(({ fileSystem }) => fileSystem)]
  const count = BigInt(all.length)
  const idOf = (index: number, id: NodeId): NodeId => id * count + BigInt(index)
  const placeOf = (id: NodeId): Readonly<{ index: number; fs: FileSystem; inner: NodeId }> => {
    const index = Number(id % count)
    return { index, fs: all[index] ?? tree, inner: id / count }
  }
  const root = idOf(0, tree.root)
  const entryIn = (directory: NodeId, index: number, entry: DirectoryEntry): DirectoryEntry => {
    const graft = directory === root ? grafts.findIndex(({ name }) => name === entry.name) : -1
    const { directory: mounted } = grafts[graft] ?? {}
    return mounted === undefined || entry.kind !== 'directory'
      ? { ...entry, id: idOf(index, entry.id) }
      : { ...entry, id: idOf(graft + 1, mounted) }
  }
  return {
    facts: tree.facts,
    warnings: tree.warnings,
    root,
    async stat(id, signal) {
      const { fs, inner } = placeOf(id)
      return { ...(await fs.stat(inner, signal)), id }
    },
    async *list(directory, signal) {
      const { index, fs, inner } = placeOf(directory)
      for await (const entry of fs.list(inner, signal)) yield entryIn(directory, index, entry)
    },
    async lookup(directory, name, signal) {
      const { index, fs, inner } = placeOf(directory)
      const entry = await fs.lookup(inner, name, signal)
      return entry && entryIn(directory, index, entry)
    },
    readLink(id, signal) {
      const { fs, inner } = placeOf(id)
      return fs.readLink(inner, signal)
    },
    xattrs(id, signal) {
      const { fs, inner } = placeOf(id)
      return fs.xattrs(inner, signal)
    },
    open(id, signal) {
      const { fs, inner } = placeOf(id)
      return fs.open(inner, signal)
    },
    async *ranges(id, signal) {
      const { fs, inner } = placeOf(id)
      // Of several file systems: where they lie in one of them means nothing here.
      for await (const { fileOffsetBytes, lengthBytes } of fs.ranges(inner, signal))
        yield { fileOffsetBytes, lengthBytes, kind: 'compressed', maybeShared: true }
    },
    async planSize() {
      return { refusal: 'it is a view of several file systems, which can only be read' }
    },
    allocation(signal) {
      return tree.allocation(signal)
    },
  }
}
