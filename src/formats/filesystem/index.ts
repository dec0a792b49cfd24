export { planContentChange } from './content-change.ts'
export type { ContentChange } from './content-change.ts'
export { kindOfEntryType } from './entry-type.ts'
export type {
  BootImage,
  DirectoryEntry,
  FileRange,
  FileSystem,
  FileSystemFacts,
  NodeId,
  NodeKind,
  NodeStat,
  Subvolume,
  Xattr,
} from './filesystem.ts'
export { findPath, walkPath } from './walk-path.ts'
export type { Found, WalkOptions } from './walk-path.ts'
export { readFile } from './read-file.ts'
export { ACL_UNDEFINED_ID, XattrList } from './xattr-list.ts'
export type { AclEntry } from './xattr-list.ts'
