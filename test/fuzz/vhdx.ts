import { crc32c } from '../../src/bytes/index.ts'
import { openVhdx } from '../../src/formats/vhdx/index.ts'
import { HEADER, HEADER_OFFSETS, REGION_OFFSETS } from '../../src/formats/vhdx/layout.ts'
import { loadImage } from '../fixtures/load-image.ts'
import { fieldsOf } from './target.ts'
import type { FuzzField, FuzzTarget } from './target.ts'
import { readDisk } from './virtual-disk/read-disk.ts'

const FIXTURES = new URL('../../src/formats/vhdx/fixtures/', import.meta.url)
const MIB = 1024 * 1024

export const vhdx: FuzzTarget = {
  name: 'vhdx',
  seeds: () =>
    Promise.all(
      ['dynamic', 'chunks'].map((name) => loadImage(new URL(`${name}.vhdx.zst`, FIXTURES).pathname)),
    ),
  async exercise(source) {
    await readDisk((await openVhdx(source)).source)
  },
  repair(image) {
    for (const [offsets, length] of [
      [HEADER_OFFSETS, 4096],
      [REGION_OFFSETS, 65_536],
    ] as const) {
      for (const offset of offsets) {
        if (offset + length > image.size) continue
        const block = new Uint8Array(image.get(offset, length)).fill(0, 4, 8)
        const sum = new Uint8Array(4)
        new DataView(sum.buffer).setUint32(0, crc32c(block), true)
        image.set(offset + 4, sum)
      }
    }
  },
  /** Log, metadata and table of QEMU's images are in the MiB from the second on. */
  async fields() {
    const words = (base: number, count: number): readonly FuzzField[] =>
      Array.from({ length: count }, (_, index) => ({
        offsetBytes: base + index * 4,
        lengthBytes: 4,
        endian: 'le',
      }))
    return [
      ...HEADER_OFFSETS.flatMap((offset) => fieldsOf(HEADER, offset, 'le')),
      ...REGION_OFFSETS.flatMap((offset) => words(offset, 24)),
      ...[1, 2, 3].flatMap((mib) => words(mib * MIB, 56)),
      ...[1, 2, 3].flatMap((mib) => words(mib * MIB + 65_536, 16)),
    ]
  },
}
