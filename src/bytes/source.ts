/**
 * The one seam of everything that reads disks: file → qcow2 → partition → logical volume → file system → file.
 * Each is a ByteSource over the one below.
 */

/** What a range of a source holds. */
export type ExtentKind =
  /** Bytes that have to be read. */
  | 'data'
  /** Reads as zeros, and must: nothing has to be read to know it. */
  | 'zero'
  /** Belongs to nothing (free space): its bytes mean nothing, and may be taken for zeros. */
  | 'unallocated'

export type Extent = Readonly<{ offsetBytes: number; lengthBytes: number; kind: ExtentKind }>

/**
 * Where the bytes of a range lie, below all layers: for those who read large parts of a source by other means than `read`
 * (a thread with the file's descriptor).
 * - `stored`: as they are, from `sourceOffsetBytes` of a source that is made of no other.
 * - `packed`: within a unit of `unitBytes` from its byte `unitOffsetBytes` on, whose compressed form begins at
 *   `sourceOffsetBytes` and ends within `sourceLengthBytes`.
 * - `given`: in memory.
 */
export type Place = Readonly<{ offsetBytes: number; lengthBytes: number }> &
  (
    | Readonly<{ kind: 'zero' }>
    | Readonly<{ kind: 'given'; bytes: Uint8Array }>
    | Readonly<{ kind: 'stored'; source: ByteSource; sourceOffsetBytes: number }>
    | Readonly<{
        kind: 'packed'
        /** A raw deflate stream (RFC 1951); one with a header and a checksum (RFC 1950); frames of Zstandard (RFC 8878). */
        codec: 'deflate' | 'zlib' | 'zstd'
        source: ByteSource
        sourceOffsetBytes: number
        sourceLengthBytes: number
        unitBytes: number
        unitOffsetBytes: number
      }>
  )

export interface ByteSource {
  /** In bytes. */
  readonly size: number
  /** What messages call it: a path, or `partition 2 of "disk.qcow2"`. */
  readonly name: string
  /**
   * Exactly `length` bytes; throws READ_BEYOND_END or READ_SHORT otherwise. The array may be a view of a cache or of a
   * larger buffer: treat it as read-only, and copy what you keep (`new Uint8Array(bytes)`; `slice` of a Buffer does not
   * copy). Calls may overlap.
   */
  read(offset: number, length: number, signal?: AbortSignal): Promise<Uint8Array>
  /**
   * What is in the range, in order, without gaps or overlaps, covering exactly the range. Neighbours may be of one
   * kind. Left out by sources that do not know: then all is data (see `extentsOf`).
   */
  extents?(offset: number, length: number, signal?: AbortSignal): AsyncIterable<Extent>
  /**
   * Where the bytes of the range are, in order, without gaps or overlaps, covering exactly the range. Left out by sources
   * that are made of no other (see `placesOf`).
   */
  places?(offset: number, length: number, signal?: AbortSignal): AsyncIterable<Place>
}

/** Something a reader noticed and went on in spite of. `code` is one of the format's …_FINDINGS table. */
export type ReaderWarning = Readonly<{ code: string; message: string }>
