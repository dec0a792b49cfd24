import { Cursor } from '../../bytes/index.ts'
import { KEY_BYTES } from './layout.ts'

/** btrfs_disk_key, as it is on the disk: object id, type, offset. Trees are in the order of these three. */
export type Key = Readonly<{ objectId: bigint; type: number; offset: bigint }>

/** A key in the form in which keys are compared. */
export function encodeKey({ objectId, type, offset }: Key): Cursor {
  const bytes = new Uint8Array(KEY_BYTES)
  const view = new DataView(bytes.buffer)
  view.setBigUint64(0, objectId, true)
  view.setUint8(8, type)
  view.setBigUint64(9, offset, true)
  return new Cursor(bytes, 'a key')
}

export function decodeKey(cursor: Cursor, at: number): Key {
  return { objectId: cursor.u64le(at), type: cursor.u8(at + 8), offset: cursor.u64le(at + 9) }
}

/** Below zero where the first comes before the second. By halves: bigint would make garbage at every step of a search. */
export function compareKeys(a: Cursor, aAt: number, b: Cursor, bAt: number): number {
  return (
    a.u32le(aAt + 4) - b.u32le(bAt + 4) ||
    a.u32le(aAt) - b.u32le(bAt) ||
    a.u8(aAt + 8) - b.u8(bAt + 8) ||
    a.u32le(aAt + 13) - b.u32le(bAt + 13) ||
    a.u32le(aAt + 9) - b.u32le(bAt + 9)
  )
}

export function keyText(cursor: Cursor, at: number): string {
  const { objectId, type, offset } = decodeKey(cursor, at)
  return `(${objectId} ${type} ${offset})`
}
