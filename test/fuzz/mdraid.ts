import { openMirrors } from '../../src/formats/mdraid/index.ts'
import { V0_BYTES, offsetOfV0 } from '../../src/formats/mdraid/version-0.ts'
import { SUPERBLOCK, V1_BYTES, offsetsOfV1 } from '../../src/formats/mdraid/version-1.ts'
import { loadFixtures } from '../fixtures/load-fixtures.ts'
import { fieldsOf } from './target.ts'
import type { FuzzField, FuzzImage, FuzzTarget } from './target.ts'

const MAGIC = 0xa92b4efc
const V0_CHECKSUM = 4 * 38
/** Of version 0.90: what is read of the array, the first disks, and the disk itself. */
const V0_WORDS = [0, 1, 5, 7, 8, 10, 11, 33, 39, 40, 128, 131, 132, 160, 163, 164, 992, 995, 996]
const V1_ROLES = [256, 258, 260] as const

/** Members of arrays by mdadm: each by itself, and beside the one as it was. */
export const mdraid: FuzzTarget = {
  name: 'mdraid',
  seeds: () => loadFixtures('mdraid'),
  async exercise(source) {
    for (const sources of [[source], [source, ...(await others())]]) {
      const { mirrors } = await openMirrors(sources)
      for (const { source: content } of mirrors)
        for (const offset of [0, Math.floor(content.size / 2), Math.max(0, content.size - 512)])
          await content.read(offset, Math.min(512, content.size - offset))
    }
  },
  repair(image) {
    for (const [, offset] of offsetsOfV1(image.size)) sealV1(image, offset)
    const old = offsetOfV0(image.size)
    if (old !== undefined) sealV0(image, old)
  },
  async fields(seed) {
    const fields: FuzzField[] = offsetsOfV1(seed.size).flatMap(([, offset]) => [
      ...fieldsOf(SUPERBLOCK, offset, 'le'),
      ...V1_ROLES.map((role): FuzzField => ({ offsetBytes: offset + role, lengthBytes: 2, endian: 'le' })),
    ])
    const old = offsetOfV0(seed.size)
    if (old !== undefined)
      fields.push(
        ...V0_WORDS.map((word): FuzzField => ({ offsetBytes: old + word * 4, lengthBytes: 4, endian: 'le' })),
      )
    return fields
  },
}

let whole: ReturnType<typeof loadFixtures> | undefined

async function others(): ReturnType<typeof loadFixtures> {
  whole ??= loadFixtures('mdraid')
  return (await whole).filter(({ name }) => /\/(?:v090|v12|late)-b\.img/.test(name))
}

function sealV1(image: FuzzImage, offset: number): void {
  const length = Math.min(V1_BYTES, image.size - offset)
  const block = image.get(offset, length)
  const view = new DataView(block.buffer, block.byteOffset, length)
  if (length < 256 || view.getUint32(0, true) !== MAGIC) return
  const covered = 256 + view.getUint32(220, true) * 2
  if (covered > length) return
  let sum = 0n
  for (let at = 0; at + 4 <= covered; at += 4) if (at !== 216) sum += BigInt(view.getUint32(at, true))
  if (covered % 4 === 2) sum += BigInt(view.getUint16(covered - 2, true))
  image.set(offset + 216, inWord(folded(sum), true))
}

function sealV0(image: FuzzImage, offset: number): void {
  const block = image.get(offset, V0_BYTES)
  const view = new DataView(block.buffer, block.byteOffset, V0_BYTES)
  const little = view.getUint32(0, true) === MAGIC
  if (!little && view.getUint32(0, false) !== MAGIC) return
  let sum = 0n
  for (let at = 0; at < V0_BYTES; at += 4) if (at !== V0_CHECKSUM) sum += BigInt(view.getUint32(at, little))
  image.set(offset + V0_CHECKSUM, inWord(folded(sum), little))
}

function folded(sum: bigint): number {
  return Number(((sum & 0xffff_ffffn) + (sum >> 32n)) & 0xffff_ffffn)
}

function inWord(value: number, little: boolean): Uint8Array {
  const bytes = new Uint8Array(4)
  new DataView(bytes.buffer).setUint32(0, value, little)
  return bytes
}
