export { PieceStore } from './piece-store.ts'
export type { PackedPiece, PieceOrder, PieceStoreOptions } from './piece-store.ts'
