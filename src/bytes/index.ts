export type { ByteSource, Extent, ExtentKind, Place, ReaderWarning } from './source.ts'
export type { Algorithms } from './algorithms.ts'
export { warningsOf } from './reader-warnings.ts'
export type { ReaderFindingTable } from './reader-warnings.ts'
export { checkRange, toDiskSize, toSafe } from './ranges.ts'
export { Cursor } from './cursor.ts'
export {
  at,
  bytes,
  safe64be,
  safe64le,
  struct,
  text,
  u16be,
  u16le,
  u32be,
  u32le,
  u64be,
  u64le,
  u8,
} from './struct.ts'
export type { Field, FieldType, Struct, Values } from './struct.ts'
export { formatGuid, formatSetUuid, formatUuid, parseGuid } from './guid.ts'
export { crc32, crc32Raw, crc32c, crc32cRaw } from './crc.ts'
export { clipExtents, endOf, extentsOf, joinExtents, overlayExtents } from './extents.ts'
export { partsOf } from './parts.ts'
export { placesOf, shiftPlaces } from './places.ts'
export { joinBytes } from './join-bytes.ts'
export { fromBytes, zeros } from './memory.ts'
export { mapped, windowOf } from './mapped.ts'
export type { Piece } from './mapped.ts'
export { cached } from './cached.ts'
export { Units } from './units.ts'
export { ForwardStream, forwardOf } from './forward.ts'
export type { Forward } from './forward.ts'
export type { Packing, Unpack } from './unpack.ts'
export { neighbours } from './neighbours.ts'
export type { Group } from './neighbours.ts'
export { patchExtents, patched } from './patched.ts'
export type { Patch } from './patched.ts'
export { counting } from './counting.ts'
export type { Count } from './counting.ts'
export { faulty } from './faulty.ts'
