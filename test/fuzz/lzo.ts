import { fromBytes } from '../../src/bytes/index.ts'
import { decompressLzo1x } from '../../src/formats/lzo/index.ts'
import type { FuzzTarget } from './target.ts'

/** A sector, as btrfs has them. */
const ROOM = 4096
const END = [0x11, 0, 0]
const letters = (count: number): number[] => Array.from({ length: count }, (_, index) => 97 + (index % 26))

export const lzo: FuzzTarget = {
  name: 'lzo',
  seeds: async () =>
    [
      [17 + 20, ...letters(20), 0x40 | (1 << 2) | 1, 0, 97, 0x80 | (3 << 2), 0, 3 << 2, 0, ...END],
      [0, 40, ...letters(58), 0x20 | 9, 3 << 2, 0, 0x20, 0, 7, 5 << 2, 0, 1, ...letters(4), 4, 0, ...END],
      [17 + 2, ...letters(2), 1, 0, 0x20, 0, 0, 0, 100, 0, 0, 0x18, 0, 0, ...END],
    ].map((bytes, index) => fromBytes(Uint8Array.from(bytes), `stream ${index}`)),
  async exercise(source) {
    decompressLzo1x(await source.read(0, source.size), new Uint8Array(ROOM))
  },
}
