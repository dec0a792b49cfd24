import { checksumOf } from '../../src/formats/vhd/footer.ts'
import { openVhd } from '../../src/formats/vhd/index.ts'
import { DYNAMIC_HEADER, FOOTER } from '../../src/formats/vhd/layout.ts'
import { loadImage } from '../fixtures/load-image.ts'
import { fieldsOf } from './target.ts'
import type { FuzzImage, FuzzTarget } from './target.ts'
import { readDisk } from './virtual-disk/read-disk.ts'

const FIXTURES = new URL('../../src/formats/vhd/fixtures/', import.meta.url)
const SEEDS = ['dynamic', 'dynamic-any-size', 'fixed', 'out-of-order']
const TABLE_OFFSET = 1536

export const vhd: FuzzTarget = {
  name: 'vhd',
  seeds: () => Promise.all(SEEDS.map((name) => loadImage(new URL(`${name}.vhd.zst`, FIXTURES).pathname))),
  async exercise(source) {
    await readDisk((await openVhd(source)).source)
  },
  repair(image) {
    seal(image, 0, 512, 64)
    seal(image, 512, 1024, 36)
    seal(image, image.size - 512, 512, 64)
  },
  async fields(seed) {
    const entries = Array.from({ length: 8 }, (_, index) => TABLE_OFFSET + index * 4)
    return [
      ...fieldsOf(FOOTER, 0, 'be'),
      ...fieldsOf(DYNAMIC_HEADER, 512, 'be'),
      ...fieldsOf(FOOTER, seed.size - 512, 'be'),
      ...entries.map((offsetBytes) => ({ offsetBytes, lengthBytes: 4, endian: 'be' }) as const),
    ]
  },
}

function seal(image: FuzzImage, start: number, length: number, field: number): void {
  if (start < 0 || start + length > image.size) return
  const sum = new Uint8Array(4)
  new DataView(sum.buffer).setUint32(0, checksumOf(image.get(start, length), field))
  image.set(start + field, sum)
}
