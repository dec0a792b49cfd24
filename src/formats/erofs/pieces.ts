import type { ByteSource } from '../../bytes/index.ts'

/** A stretch of a file's content. Together they cover the file; each is found by a byte that is in it. */
export type Piece = Readonly<{ startBytes: number; lengthBytes: number }> &
  Readonly<
    | { kind: 'hole' }
    /** As it is. `inImage`: whether `source` is the image, and `inMeta` whether it lies behind its inode. */
    | {
        kind: 'stored'
        source: ByteSource
        sourceOffsetBytes: number
        where: 'image' | 'inode' | 'elsewhere'
      }
    /** In a cluster, which gives all of the piece. */
    | { kind: 'packed'; unpack: () => Promise<Uint8Array> }
  >

/** Finds the piece that holds a byte of the content. */
export type FindPiece = (offsetBytes: number) => Promise<Piece>
