/**
 * The tree of files that the layers of a container image make, one over the other, as a file system. Nothing is unpacked:
 * an index of all entries is kept in memory, and contents are read where they lie in their layer.
 *
 * References: OCI image specification, "Image Layer Filesystem Changeset". Where it leaves something open, the tree is
 * that of `umoci unpack`.
 */
export { LayerApplier } from './layer-applier.ts'
export type { Layer } from './layer-applier.ts'
export { layeredFileSystem } from './layered-file-system.ts'
export { Tree } from './tree.ts'
