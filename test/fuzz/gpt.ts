import { crc32 } from '../../src/bytes/index.ts'
import { openGpt, probeGpt } from '../../src/formats/gpt/index.ts'
import { GPT_ENTRY, GPT_HEADER, MOST_ENTRIES_BYTES } from '../../src/formats/gpt/layout.ts'
import { headerCrc } from '../../src/formats/gpt/read-copy.ts'
import { loadFixtures } from '../fixtures/load-fixtures.ts'
import { fieldsOf } from './target.ts'
import type { FuzzImage, FuzzTarget } from './target.ts'

const { fields } = GPT_HEADER

/** Begin and end of a disk, in both sizes of sectors. */
function headerPlaces(size: number): readonly number[] {
  const ends = [512, 4096].map((sector) => Math.floor(size / sector) * sector - sector)
  return [512, 4096, ...ends].filter((place) => place >= 512 && place + 512 <= size)
}

/** The array is where the header says, if that can be. */
function sealHeader(image: FuzzImage, place: number): void {
  const header = image.get(place, 512).slice()
  const view = new DataView(header.buffer)
  if (new TextDecoder().decode(header.subarray(0, 8)) !== 'EFI PART') return
  const sector = place % 4096 === 0 && place !== image.size - 512 ? 4096 : 512
  const start = Number(view.getBigUint64(fields.entriesSector.offsetBytes, true)) * sector
  const length =
    view.getUint32(fields.entryCount.offsetBytes, true) * view.getUint32(fields.entryBytes.offsetBytes, true)
  if (start + length <= image.size && length <= MOST_ENTRIES_BYTES) {
    view.setUint32(fields.entriesCrc.offsetBytes, crc32(image.get(start, length)), true)
  }
  const headerBytes = Math.min(512, view.getUint32(fields.headerBytes.offsetBytes, true))
  if (headerBytes >= 92)
    view.setUint32(fields.headerCrc.offsetBytes, headerCrc(header.subarray(0, headerBytes)), true)
  image.set(place, header)
}

export const gpt: FuzzTarget = {
  name: 'gpt',
  seeds: () => loadFixtures('gpt'),
  async exercise(source) {
    await probeGpt(source)
    const { partitions } = await openGpt(source)
    for (const { source: partition } of partitions) await partition.read(0, Math.min(512, partition.size))
  },
  repair(image) {
    for (const place of headerPlaces(image.size)) sealHeader(image, place)
  },
  async fields(seed) {
    const found = headerPlaces(seed.size).flatMap((place) => fieldsOf(GPT_HEADER, place, 'le'))
    for (const array of [1024, 8192, seed.size - 33 * 512]) {
      for (let entry = 0; entry < 9; entry += 1) found.push(...fieldsOf(GPT_ENTRY, array + entry * 128, 'le'))
    }
    return found
  },
}
