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
}

/** Something a reader noticed and went on in spite of. `code` is one of the format's …_FINDINGS table. */
export type ReaderWarning = Readonly<{ code: string; message: string }>
