import type { FuzzField } from '../target.ts'
import type { MutableImage } from './image.ts'
import type { Random } from './random.ts'

/** One change, as data: a failing input is a seed and a list of these. */
export type Mutation =
  | Readonly<{ kind: 'set'; at: number; hex: string }>
  | Readonly<{ kind: 'flip'; at: number; bit: number }>
  | Readonly<{ kind: 'fill'; at: number; length: number; byte: number }>
  | Readonly<{ kind: 'copy' | 'swap'; from: number; at: number; length: number }>
  | Readonly<{ kind: 'truncate'; size: number }>

/** What is known of a seed: where changing it makes a difference. */
export type Terrain = Readonly<{
  fields: readonly FuzzField[]
  /** What the reader read of the unchanged seed. */
  reads: readonly Readonly<{ offset: number; length: number }>[]
}>

const UNITS = [64, 128, 256, 512, 1024, 4096] as const

export function applyMutation(image: MutableImage, mutation: Mutation): void {
  switch (mutation.kind) {
    case 'set':
      image.set(mutation.at, Buffer.from(mutation.hex, 'hex'))
      return
    case 'flip': {
      if (mutation.at >= image.size) return
      const [byte = 0] = image.get(mutation.at, 1)
      image.set(mutation.at, Uint8Array.of(byte ^ (1 << mutation.bit)))
      return
    }
    case 'fill':
      image.set(mutation.at, new Uint8Array(mutation.length).fill(mutation.byte))
      return
    case 'copy':
    case 'swap': {
      const { from, at, length } = mutation
      if (from + length > image.size || at + length > image.size) return
      const [moved, replaced] = [image.get(from, length).slice(), image.get(at, length).slice()]
      image.set(at, moved)
      if (mutation.kind === 'swap') image.set(from, replaced)
      return
    }
    case 'truncate':
      image.size = Math.min(image.size, mutation.size)
  }
}

/** A new change to an image: more often than not of a field, or of what stands where a reader looks. */
export function drawMutation(random: Random, image: MutableImage, terrain: Terrain): Mutation {
  const kind = random.below(100)
  if (kind < 45) return setField(random, image, terrain)
  if (kind < 60) return { kind: 'flip', at: placeIn(random, image, terrain), bit: random.below(8) }
  if (kind < 75) return setNumber(random, image, anyField(random, placeIn(random, image, terrain)), terrain)
  const unit = random.pick(UNITS) ?? 512
  const aligned = (): number => {
    const place = placeIn(random, image, terrain)
    return place - (place % unit)
  }
  if (kind < 92) return { kind: kind < 86 ? 'copy' : 'swap', from: aligned(), at: aligned(), length: unit }
  if (kind < 97) return { kind: 'fill', at: aligned(), length: unit, byte: random.pick([0, 0xff, 1]) ?? 0 }
  return { kind: 'truncate', size: random.chance(0.5) ? aligned() : random.below(image.size) }
}

function setField(random: Random, image: MutableImage, terrain: Terrain): Mutation {
  const field = random.pick(terrain.fields) ?? anyField(random, placeIn(random, image, terrain))
  return setNumber(random, image, field, terrain)
}

function anyField(random: Random, place: number): FuzzField {
  const lengthBytes = random.pick([1, 2, 4, 4, 8] as const) ?? 4
  return {
    offsetBytes: place - (place % lengthBytes),
    lengthBytes,
    endian: random.pick(['le', 'be'] as const) ?? 'le',
  }
}

function setNumber(random: Random, image: MutableImage, field: FuzzField, terrain: Terrain): Mutation {
  const { offsetBytes, lengthBytes, endian } = field
  const value = BigInt.asUintN(lengthBytes * 8, drawValue(random, image, field, terrain))
  const hex = value.toString(16).padStart(lengthBytes * 2, '0')
  const bytes = Buffer.from(hex, 'hex')
  const ordered = endian === 'le' ? Buffer.from(bytes.toReversed()) : bytes
  return { kind: 'set', at: offsetBytes, hex: ordered.toString('hex') }
}

function drawValue(random: Random, image: MutableImage, field: FuzzField, terrain: Terrain): bigint {
  const bits = BigInt(field.lengthBytes * 8)
  const now = valueOf(image, field)
  const size = BigInt(image.size)
  switch (random.below(14)) {
    case 0:
      return 0n
    case 1:
      return 1n
    case 2:
      return (1n << bits) - 1n
    case 3:
      return (1n << bits) - 2n
    case 4:
      return 1n << (bits - 1n)
    case 5:
      return (1n << (bits - 1n)) - 1n
    case 6:
      return now + 1n
    case 7:
      return now - 1n
    case 8:
      return now ^ (1n << BigInt(random.below(Number(bits))))
    case 9:
      return 1n << BigInt(random.below(Number(bits)))
    case 10:
      return random.pick([size, size / 512n, size / 1024n, size / 4096n, size - 1n, size / 512n - 1n]) ?? size
    case 11: {
      const other = random.pick(terrain.fields)
      return other === undefined ? BigInt(random.u32()) : valueOf(image, other)
    }
    case 12:
      return random.chance(0.5) ? now * 2n : now / 2n
    default:
      return (BigInt(random.u32()) << 32n) | BigInt(random.u32())
  }
}

function valueOf(image: MutableImage, { offsetBytes, lengthBytes, endian }: FuzzField): bigint {
  if (offsetBytes + lengthBytes > image.size) return 0n
  let value = 0n
  const bytes = image.get(offsetBytes, lengthBytes)
  for (const byte of endian === 'le' ? bytes.toReversed() : bytes) value = (value << 8n) | BigInt(byte)
  return value
}

/** Somewhere a reader looked; zeros are left alone where that is easy, most of an image is. */
function placeIn(random: Random, image: MutableImage, terrain: Terrain): number {
  let place = 0
  for (let attempt = 0; attempt < 6; attempt += 1) {
    const read = random.pick(terrain.reads)
    place = read === undefined ? random.below(image.size) : read.offset + random.below(read.length)
    place = Math.min(place, Math.max(0, image.size - 1))
    if (image.size === 0 || image.get(place, 1)[0] !== 0) return place
  }
  return place
}
