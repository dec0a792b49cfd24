import { Cursor } from './cursor.ts'

/**
 * Headers as tables of absolute offsets, the way specifications print them; the type of what is read follows from the
 * table:
 *
 *     const SUPERBLOCK = struct('xfs_dsb', 264, { magic: at(0, u32be), blockSize: at(4, u32be), uuid: at(32, bytes(16)) })
 *     const { magic, blockSize } = SUPERBLOCK.read(block)
 */
export type FieldType<T> = Readonly<{ lengthBytes: number; read: (cursor: Cursor, at: number) => T }>

export type Field<T> = Readonly<{ offsetBytes: number; type: FieldType<T> }>

type Fields = Readonly<Record<string, Field<unknown>>>

export type Values<F extends Fields> = {
  readonly [K in keyof F]: F[K] extends Field<infer T> ? T : never
}

export type Struct<F extends Fields> = Readonly<{
  name: string
  sizeBytes: number
  fields: F
  /** `base` is where the block lies in its source. Throws STRUCTURE_TRUNCATED if the block is shorter than the table. */
  read: (block: Uint8Array, base?: number) => Values<F>
}>

/** The structure of a table; throws TypeError at once for a field that reaches beyond `sizeBytes`. */
export function struct<const F extends Fields>(name: string, sizeBytes: number, fields: F): Struct<F> {
  const entries = Object.entries(fields)
  for (const [key, { offsetBytes, type }] of entries) {
    if (offsetBytes + type.lengthBytes > sizeBytes) {
      throw new TypeError(`${name}.${key} reaches beyond ${sizeBytes} bytes`)
    }
  }
  return {
    name,
    sizeBytes,
    fields,
    read(block, base = 0) {
      const cursor = new Cursor(block, name, base)
      cursor.slice(0, sizeBytes)
      // Inodes are read by the ten thousand: filled key by key, which makes no garbage besides.
      const values: Record<string, unknown> = {}
      for (const [key, { offsetBytes, type }] of entries) values[key] = type.read(cursor, offsetBytes)
      return values as Values<F>
    },
  }
}

export function at<T>(offsetBytes: number, type: FieldType<T>): Field<T> {
  return { offsetBytes, type }
}

export const u8: FieldType<number> = { lengthBytes: 1, read: (cursor, offset) => cursor.u8(offset) }
export const u16le: FieldType<number> = { lengthBytes: 2, read: (cursor, offset) => cursor.u16le(offset) }
export const u16be: FieldType<number> = { lengthBytes: 2, read: (cursor, offset) => cursor.u16be(offset) }
export const u32le: FieldType<number> = { lengthBytes: 4, read: (cursor, offset) => cursor.u32le(offset) }
export const u32be: FieldType<number> = { lengthBytes: 4, read: (cursor, offset) => cursor.u32be(offset) }
export const u64le: FieldType<bigint> = { lengthBytes: 8, read: (cursor, offset) => cursor.u64le(offset) }
export const u64be: FieldType<bigint> = { lengthBytes: 8, read: (cursor, offset) => cursor.u64be(offset) }
/** 64-bit offsets and counts, as numbers: reading throws VALUE_TOO_LARGE above 2^53 - 1. */
export const safe64le: FieldType<number> = {
  lengthBytes: 8,
  read: (cursor, offset) => cursor.safe64le(offset),
}
export const safe64be: FieldType<number> = {
  lengthBytes: 8,
  read: (cursor, offset) => cursor.safe64be(offset),
}

/** A copy of `length` bytes. */
export function bytes(length: number): FieldType<Uint8Array> {
  return { lengthBytes: length, read: (cursor, offset) => new Uint8Array(cursor.slice(offset, length)) }
}

/** Text in a field of `length` bytes: up to the first NUL, bytes that are no UTF-8 shown as U+FFFD. */
export function text(length: number): FieldType<string> {
  const decoder = new TextDecoder('utf-8')
  return {
    lengthBytes: length,
    read(cursor, offset) {
      const raw = cursor.slice(offset, length)
      const end = raw.indexOf(0)
      return decoder.decode(end === -1 ? raw : raw.subarray(0, end))
    },
  }
}
