/**
 * The hashes of names that directories are indexed by (fs/ext4/hash.c, lib/half_md4.c of Linux). The signed forms take
 * bytes for signed numbers, as `char` is on x86; the superblock's flags say which form is meant.
 */
const LEGACY = 0
const HALF_MD4 = 1
const TEA = 2
const UNSIGNED = 3

/** MD4's initial state, unless the superblock has a seed. */
const NO_SEED = [0x67_45_23_01, 0xef_cd_ab_89, 0x98_ba_dc_fe, 0x10_32_54_76] as const

/** The largest hash but one stands for the end of the directory, and is not given to a name. */
const END = 0xff_ff_ff_fe

export type CharSign = 'signed' | 'unsigned'

/**
 * The hash of a name, without its lowest bit (which marks collisions in the index). `version` is that of the directory's
 * root; undefined for one that is not known. `seed` is s_hash_seed.
 */
export function directoryHash(
  version: number,
  chars: CharSign,
  seed: Uint8Array,
  name: Uint8Array,
): number | undefined {
  if (version > TEA + UNSIGNED) return undefined
  // Versions 3 to 5 say themselves that they are unsigned.
  const sign = version >= UNSIGNED ? 'unsigned' : chars
  const hash = rawHash(version % UNSIGNED, sign === 'signed' ? new Int8Array(name) : name, seed)
  const even = (hash & ~1) >>> 0
  return even === END ? END - 2 : even
}

type Chars = Uint8Array | Int8Array

function rawHash(algorithm: number, chars: Chars, seed: Uint8Array): number {
  if (algorithm === LEGACY) return legacy(chars)
  const words = new DataView(seed.buffer, seed.byteOffset, 16)
  const seeded = seed.some((byte) => byte !== 0)
  const state = Int32Array.from(NO_SEED, (word, index) => (seeded ? words.getInt32(index * 4, true) : word))
  const wordCount = algorithm === HALF_MD4 ? 8 : 4
  const mix = algorithm === HALF_MD4 ? halfMd4 : tea
  for (let at = 0; at < chars.length; at += wordCount * 4) mix(state, wordsOf(chars.subarray(at), wordCount))
  return (algorithm === HALF_MD4 ? state[1] : state[0]) ?? 0
}

function legacy(chars: Chars): number {
  let [before, last] = [0x37_ab_e8_f9, 0x12_a3_fe_2d]
  for (const char of chars) {
    let hash = (before + (last ^ Math.imul(char, 7_152_373))) >>> 0
    if (hash >= 0x80_00_00_00) hash -= 0x7f_ff_ff_ff
    before = last
    last = hash
  }
  return (last << 1) >>> 0
}

/** str2hashbuf: big-endian words; what is short is filled up with the length. */
function wordsOf(chars: Chars, count: number): Int32Array {
  const fill = pad(chars.length)
  const words = new Int32Array(count).fill(fill)
  const length = Math.min(chars.length, count * 4)
  let value = fill
  for (let index = 0; index < length; index += 1) {
    value = ((chars[index] ?? 0) + (value << 8)) | 0
    if (index % 4 === 3) {
      words[index >>> 2] = value
      value = fill
    }
  }
  if (length % 4 !== 0) words[length >>> 2] = value
  return words
}

/** `len | len << 8`, twice, as the kernel writes it: the parts overlap where the rest of the name has more than 255 bytes, which none has. */
function pad(length: number): number {
  const half = length | (length << 8)
  return half | (half << 16)
}

function tea(state: Int32Array, words: Int32Array): void {
  const [a = 0, b = 0, c = 0, d = 0] = words
  let [x = 0, y = 0] = state
  let sum = 0
  for (let round = 0; round < 16; round += 1) {
    sum = (sum + 0x9e_37_79_b9) | 0
    x = (x + (((y << 4) + a) ^ (y + sum) ^ ((y >>> 5) + b))) | 0
    y = (y + (((x << 4) + c) ^ (x + sum) ^ ((x >>> 5) + d))) | 0
  }
  state[0] = (state[0] ?? 0) + x
  state[1] = (state[1] ?? 0) + y
}

type Mix = (x: number, y: number, z: number) => number
const F: Mix = (x, y, z) => z ^ (x & (y ^ z))
const G: Mix = (x, y, z) => ((x & y) + ((x ^ y) & z)) | 0
const H: Mix = (x, y, z) => x ^ y ^ z

const ROUNDS = [
  { mix: F, constant: 0, order: [0, 1, 2, 3, 4, 5, 6, 7], turns: [3, 7, 11, 19] },
  { mix: G, constant: 0x5a_82_79_99, order: [1, 3, 5, 7, 0, 2, 4, 6], turns: [3, 5, 9, 13] },
  { mix: H, constant: 0x6e_d9_eb_a1, order: [3, 7, 2, 6, 1, 5, 0, 4], turns: [3, 9, 11, 15] },
] as const

function halfMd4(state: Int32Array, words: Int32Array): void {
  let [a = 0, b = 0, c = 0, d = 0] = state
  for (const { mix, constant, order, turns } of ROUNDS) {
    for (const [step, word] of order.entries()) {
      const sum = (a + mix(b, c, d) + (words[word] ?? 0) + constant) | 0
      const turn = turns[step % 4] ?? 0
      const mixed = (sum << turn) | (sum >>> (32 - turn))
      // The next step changes the word before this one.
      ;[a, b, c, d] = [d, mixed, b, c]
    }
  }
  for (const [index, word] of [a, b, c, d].entries()) state[index] = (state[index] ?? 0) + word
}
