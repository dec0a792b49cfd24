import type { FileSystem, NodeId } from '../../formats/filesystem/index.ts'

/** A directory of a file system that becomes a part of the tree. */
export type TreePart = Readonly<{ address: string; fileSystem: FileSystem; directory: NodeId }>

/** The tree of a system, put together of parts of an image. */
export type LiveTree = Readonly<{
  root: TreePart
  /** What lies at a path in place of the directory that is there: `/var`. */
  mounted: ReadonlyMap<string, TreePart>
  /** Files with another content than they have in the image. */
  replaced: ReadonlyMap<string, Uint8Array>
  /** Files that the image does not have, of root and readable by all; their directories are there. */
  added?: ReadonlyMap<string, Uint8Array>
  /** Directories of which nothing is taken but themselves: `/sysroot/ostree`. */
  emptied: ReadonlySet<string>
}>
