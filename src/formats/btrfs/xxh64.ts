/**
 * XXH64 with seed 0, little-endian, as doc/xxhash_spec.md of xxHash describes it. Numbers of 64 bits are pairs of 32: with
 * bigint it would be some thirty times as slow, and every sector of every file that is read goes through here.
 */

/** High and low half of the five primes. */
const P1 = [0x9e37_79b1, 0x85eb_ca87] as const
const P2 = [0xc2b2_ae3d, 0x27d4_eb4f] as const
const P3 = [0x1656_67b1, 0x9e37_79f9] as const
const P4 = [0x85eb_ca77, 0xc2b2_ae63] as const
const P5 = [0x27d4_eb2f, 0x1656_67c5] as const

/** Of the last operation: high and low half. */
let high = 0
let low = 0

export function xxh64(bytes: Uint8Array): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let at = 0
  if (bytes.length >= 32) at = stripes(view, bytes.length)
  else [high, low] = P5
  add(0, bytes.length)
  for (; at + 8 <= bytes.length; at += 8) {
    const [accHigh, accLow] = [high, low]
    round(0, 0, view.getUint32(at + 4, true), view.getUint32(at, true))
    xor(accHigh, accLow)
    rotate(27)
    multiply(P1[0], P1[1])
    add(P4[0], P4[1])
  }
  if (at + 4 <= bytes.length) {
    const [accHigh, accLow] = [high, low]
    high = 0
    low = view.getUint32(at, true)
    multiply(P1[0], P1[1])
    xor(accHigh, accLow)
    rotate(23)
    multiply(P2[0], P2[1])
    add(P3[0], P3[1])
    at += 4
  }
  for (; at < bytes.length; at += 1) {
    const [accHigh, accLow] = [high, low]
    high = 0
    low = view.getUint8(at)
    multiply(P5[0], P5[1])
    xor(accHigh, accLow)
    rotate(11)
    multiply(P1[0], P1[1])
  }
  xorShift(33)
  multiply(P2[0], P2[1])
  xorShift(29)
  multiply(P3[0], P3[1])
  xorShift(32)
  const digest = new Uint8Array(8)
  const out = new DataView(digest.buffer)
  out.setUint32(0, low, true)
  out.setUint32(4, high, true)
  return digest
}

/** Four accumulators over stripes of 32 bytes. Gives where it ended. */
function stripes(view: DataView, length: number): number {
  const accumulators = new Uint32Array(8)
  ;[high, low] = P1
  add(P2[0], P2[1])
  accumulators.set([high, low, P2[0], P2[1], 0, 0])
  // Zero less P1.
  high = ~P1[0]
  low = ~P1[1]
  add(0, 1)
  accumulators.set([high, low], 6)
  let at = 0
  for (; at + 32 <= length; at += 32) {
    for (let lane = 0; lane < 8; lane += 2) {
      round(
        accumulators[lane] ?? 0,
        accumulators[lane + 1] ?? 0,
        view.getUint32(at + lane * 4 + 4, true),
        view.getUint32(at + lane * 4, true),
      )
      accumulators[lane] = high
      accumulators[lane + 1] = low
    }
  }
  let [sumHigh, sumLow] = [0, 0]
  for (const [index, bits] of [1, 7, 12, 18].entries()) {
    high = accumulators[index * 2] ?? 0
    low = accumulators[index * 2 + 1] ?? 0
    rotate(bits)
    add(sumHigh, sumLow)
    ;[sumHigh, sumLow] = [high, low]
  }
  for (let lane = 0; lane < 8; lane += 2) {
    const [accHigh, accLow] = [high, low]
    round(0, 0, accumulators[lane] ?? 0, accumulators[lane + 1] ?? 0)
    xor(accHigh, accLow)
    multiply(P1[0], P1[1])
    add(P4[0], P4[1])
  }
  return at
}

/** (accumulator + lane × P2) rotated by 31, × P1. */
function round(accHigh: number, accLow: number, laneHigh: number, laneLow: number): void {
  high = laneHigh
  low = laneLow
  multiply(P2[0], P2[1])
  add(accHigh, accLow)
  rotate(31)
  multiply(P1[0], P1[1])
}

function add(otherHigh: number, otherLow: number): void {
  const sum = (low >>> 0) + (otherLow >>> 0)
  high = (high + otherHigh + (sum > 0xffff_ffff ? 1 : 0)) >>> 0
  low = sum >>> 0
}

function xor(otherHigh: number, otherLow: number): void {
  high = (high ^ otherHigh) >>> 0
  low = (low ^ otherLow) >>> 0
}

/** To the left, by 1 to 31. */
function rotate(bits: number): void {
  const [h, l] = [high, low]
  high = ((h << bits) | (l >>> (32 - bits))) >>> 0
  low = ((l << bits) | (h >>> (32 - bits))) >>> 0
}

/** x ^ (x >> bits), for 1 to 63. */
function xorShift(bits: number): void {
  const [h, l] = [high, low]
  if (bits >= 32) xor(0, h >>> (bits - 32))
  else xor(h >>> bits, (l >>> bits) | (h << (32 - bits)))
}

/** The low 64 bits of the product, by pieces of 16 bits. */
function multiply(otherHigh: number, otherLow: number): void {
  const a0 = low & 0xffff
  const a1 = low >>> 16
  const b0 = otherLow & 0xffff
  const b1 = otherLow >>> 16
  const p00 = a0 * b0
  const p01 = a0 * b1
  const p10 = a1 * b0
  const middle = (p00 >>> 16) + (p01 & 0xffff) + (p10 & 0xffff)
  const upper = a1 * b1 + (p01 >>> 16) + (p10 >>> 16) + (middle >>> 16)
  const cross = Math.imul(low, otherHigh) + Math.imul(high, otherLow)
  high = (upper + cross) >>> 0
  low = (((middle & 0xffff) << 16) | (p00 & 0xffff)) >>> 0
}
