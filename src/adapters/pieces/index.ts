export { PieceStore } from './piece-store.ts'
export type { PieceOrder, PieceStoreOptions } from './piece-store.ts'
