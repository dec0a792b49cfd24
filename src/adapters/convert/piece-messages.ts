import type { ChunkOrder } from './messages.ts'

/** A piece to pack. */
export type PieceWork = Readonly<{ id: number; order: ChunkOrder }>

/** Without `packed` all of it is zeros. */
export type PieceDone = Readonly<{ id: number; packed?: Uint8Array<ArrayBuffer>; digest?: string }>

export type PieceFailed = Readonly<{ id: number; why: string }>
