import { openLvm2, probeLvm2 } from '../../src/formats/lvm2/index.ts'
import {
  AREA_HEADER,
  DISK_AREA,
  LABEL_CRC_START,
  LABEL_HEADER,
  TEXT_LOCATION,
  TEXT_LOCATION_START,
  lvmCrc,
} from '../../src/formats/lvm2/layout.ts'
import { loadFixtures } from '../fixtures/load-fixtures.ts'
import { fieldsOf } from './target.ts'
import type { FuzzImage, FuzzTarget } from './target.ts'

const LABEL = 512
const AREA = 4096
const AREA_HEADER_BYTES = 512

function word(image: FuzzImage, offset: number, value: number): void {
  const bytes = new Uint8Array(4)
  new DataView(bytes.buffer).setUint32(0, value, true)
  image.set(offset, bytes)
}

function sealArea(image: FuzzImage): void {
  if (AREA + AREA_HEADER_BYTES > image.size) return
  const header = image.get(AREA, AREA_HEADER_BYTES).slice()
  const view = new DataView(header.buffer)
  const size = Number(view.getBigUint64(32, true))
  const offset = Number(view.getBigUint64(TEXT_LOCATION_START, true))
  const length = Number(view.getBigUint64(TEXT_LOCATION_START + 8, true))
  const first = Math.min(length, size - offset)
  const isInside = AREA + size <= image.size && first > 0 && length < 100_000 && offset + first <= size
  if (isInside && AREA_HEADER_BYTES + length - first <= size) {
    const text = new Uint8Array(length)
    text.set(image.get(AREA + offset, first))
    text.set(image.get(AREA + AREA_HEADER_BYTES, length - first), first)
    word(image, AREA + TEXT_LOCATION_START + 16, lvmCrc(text))
  }
  word(image, AREA, lvmCrc(image.get(AREA + 4, AREA_HEADER_BYTES - 4)))
}

export const lvm2: FuzzTarget = {
  name: 'lvm2',
  seeds: () => loadFixtures('lvm2'),
  async exercise(source) {
    await probeLvm2(source)
    const { groups } = await openLvm2([source])
    for (const { content } of groups.flatMap(({ logicalVolumes }) => logicalVolumes)) {
      if (!('source' in content)) continue
      const { source: volume } = content
      await volume.read(0, Math.min(volume.size, 512))
      await volume.read(Math.max(0, volume.size - 512), Math.min(volume.size, 512))
      await volume.read(Math.floor(volume.size / 2), Math.min(40_000, Math.ceil(volume.size / 2)))
    }
  },
  repair(image) {
    if (LABEL + 512 <= image.size) {
      word(image, LABEL + 16, lvmCrc(image.get(LABEL + LABEL_CRC_START, 512 - LABEL_CRC_START)))
    }
    sealArea(image)
  },
  fields: async () => [
    ...fieldsOf(LABEL_HEADER, LABEL, 'le'),
    ...[72, 88, 104, 120, 136].flatMap((area) => fieldsOf(DISK_AREA, LABEL + area, 'le')),
    ...fieldsOf(AREA_HEADER, AREA, 'le'),
    ...fieldsOf(TEXT_LOCATION, AREA + TEXT_LOCATION_START, 'le'),
  ],
}
