import { HEADER } from '../../src/formats/vdi/layout.ts'
import { openVdi } from '../../src/formats/vdi/index.ts'
import { loadImage } from '../fixtures/load-image.ts'
import { fieldsOf } from './target.ts'
import type { FuzzTarget } from './target.ts'
import { readDisk } from './virtual-disk/read-disk.ts'

const FIXTURES = new URL('../../src/formats/vdi/fixtures/', import.meta.url)
const SEEDS = ['dynamic', 'static', 'out-of-order']
const TABLE_OFFSET = 512

export const vdi: FuzzTarget = {
  name: 'vdi',
  seeds: () => Promise.all(SEEDS.map((name) => loadImage(new URL(`${name}.vdi.zst`, FIXTURES).pathname))),
  async exercise(source) {
    await readDisk((await openVdi(source)).source)
  },
  async fields() {
    const entries = Array.from({ length: 16 }, (_, index) => TABLE_OFFSET + index * 4)
    return [
      ...fieldsOf(HEADER, 0, 'le'),
      ...entries.map((offsetBytes) => ({ offsetBytes, lengthBytes: 4, endian: 'le' }) as const),
    ]
  },
}
