/**
 * The branch filters of xz (The .xz File Format 1.1.0, 5.3.2; xz_dec_bcj.c of XZ Embedded): compilers' relative jumps were
 * made absolute before compression, and become relative again. They work in place.
 */
const X86 = 4
const POWERPC = 5
const IA64 = 6
const ARM = 7
const ARM_THUMB = 8
const SPARC = 9
const ARM64 = 10

const FILTERS: Readonly<Record<number, (view: DataView, start: number) => void>> = {
  [X86]: x86,
  [POWERPC]: powerpc,
  [IA64]: ia64,
  [ARM]: arm,
  [ARM_THUMB]: armThumb,
  [SPARC]: sparc,
  [ARM64]: arm64,
}

export function isBranchFilter(id: number): boolean {
  return FILTERS[id] !== undefined
}

/** `start` is the address of the first byte. */
export function unfilter(id: number, content: Uint8Array, start: number): void {
  FILTERS[id]?.(new DataView(content.buffer, content.byteOffset, content.byteLength), start)
}

const isSign = (byte: number): boolean => byte === 0 || byte === 0xff

/** Which of the last three bytes looked like the code of a jump decides whether the next one is taken for one. */
function x86(view: DataView, start: number): void {
  const isAllowed = [true, true, true, false, true, false, false, false]
  const bitNumber = [0, 1, 2, 2, 3, 3, 3, 3]
  let before = -1
  let mask = 0
  for (let at = 0; at + 4 < view.byteLength; at += 1) {
    if ((view.getUint8(at) & 0xfe) !== 0xe8) continue
    const gap = at - before
    if (gap > 3) mask = 0
    else {
      mask = (mask << (gap - 1)) & 7
      if (mask !== 0) {
        const byte = view.getUint8(at + 4 - (bitNumber[mask] ?? 0))
        if (isAllowed[mask] !== true || isSign(byte)) {
          before = at
          mask = (mask << 1) | 1
          continue
        }
      }
    }
    before = at
    if (!isSign(view.getUint8(at + 4))) {
      mask = (mask << 1) | 1
      continue
    }
    let source = view.getUint32(at + 1, true)
    let target: number
    for (;;) {
      target = (source - (start + at + 5)) >>> 0
      if (mask === 0) break
      const shift = (bitNumber[mask] ?? 0) * 8
      if (!isSign((target >>> (24 - shift)) & 0xff)) break
      source = (target ^ (2 ** (32 - shift) - 1)) >>> 0
    }
    target &= 0x01ff_ffff
    target = (target | -(target & 0x0100_0000)) >>> 0
    view.setUint32(at + 1, target, true)
    at += 4
    mask = 0
  }
}

function powerpc(view: DataView, start: number): void {
  for (let at = 0; at + 4 <= view.byteLength; at += 4) {
    const word = view.getUint32(at)
    if ((word & 0xfc00_0003) >>> 0 !== 0x4800_0001) continue
    const target = ((word & 0x03ff_fffc) - (start + at)) & 0x03ff_fffc
    view.setUint32(at, 0x4800_0001 | target)
  }
}

function arm(view: DataView, start: number): void {
  for (let at = 0; at + 4 <= view.byteLength; at += 4) {
    if (view.getUint8(at + 3) !== 0xeb) continue
    const word = view.getUint32(at, true) & 0x00ff_ffff
    const target = (((word << 2) - (start + at + 8)) >>> 2) & 0x00ff_ffff
    view.setUint32(at, (target | 0xeb00_0000) >>> 0, true)
  }
}

function armThumb(view: DataView, start: number): void {
  for (let at = 0; at + 4 <= view.byteLength; at += 2) {
    if ((view.getUint8(at + 1) & 0xf8) !== 0xf0 || (view.getUint8(at + 3) & 0xf8) !== 0xf8) continue
    const high = view.getUint16(at, true) & 0x7ff
    const low = view.getUint16(at + 2, true) & 0x7ff
    const target = ((((high << 11) | low) << 1) - (start + at + 4)) >>> 1
    view.setUint16(at, 0xf000 | ((target >>> 11) & 0x7ff), true)
    view.setUint16(at + 2, 0xf800 | (target & 0x7ff), true)
    at += 2
  }
}

function sparc(view: DataView, start: number): void {
  for (let at = 0; at + 4 <= view.byteLength; at += 4) {
    const word = view.getUint32(at)
    if (word >>> 22 !== 0x100 && word >>> 22 !== 0x1ff) continue
    const target = (((word << 2) >>> 0) - (start + at)) >>> 2
    const extended = ((0x4000_0000 - (target & 0x0040_0000)) | 0x4000_0000 | (target & 0x003f_ffff)) >>> 0
    view.setUint32(at, extended)
  }
}

function arm64(view: DataView, start: number): void {
  for (let at = 0; at + 4 <= view.byteLength; at += 4) {
    const word = view.getUint32(at, true)
    if (word >>> 26 === 0x25) {
      const target = (word - ((start + at) >>> 2)) & 0x03ff_ffff
      view.setUint32(at, (0x9400_0000 | target) >>> 0, true)
    } else if ((word & 0x9f00_0000) >>> 0 === 0x9000_0000) {
      const address = ((word >>> 29) & 3) | ((word >>> 3) & 0x001f_fffc)
      // Only addresses within 512 MiB were changed.
      if (((address + 0x0002_0000) & 0x001c_0000) !== 0) continue
      const target = address - ((start + at) >>> 12)
      const kept = word & 0x9000_001f
      view.setUint32(
        at,
        (kept |
          ((target & 3) << 29) |
          ((target & 0x0003_fffc) << 3) |
          (-(target & 0x0002_0000) & 0x00e0_0000)) >>>
          0,
        true,
      )
    }
  }
}

/** Which of the three slots of a bundle may hold a branch, by its template. */
const IA64_SLOTS = [
  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 4, 6, 6, 0, 0, 7, 7, 4, 4, 0, 0, 4, 4, 0, 0,
] as const

function ia64(view: DataView, start: number): void {
  for (let at = 0; at + 16 <= view.byteLength; at += 16) {
    const slots = IA64_SLOTS[view.getUint8(at) & 0x1f] ?? 0
    for (let slot = 0, bit = 5; slot < 3; slot += 1, bit += 41) {
      if (((slots >>> slot) & 1) === 0) continue
      const byteAt = at + (bit >>> 3)
      const shift = BigInt(bit & 7)
      let instruction = 0n
      for (let index = 0; index < 6; index += 1)
        instruction |= BigInt(view.getUint8(byteAt + index)) << BigInt(8 * index)
      let norm = instruction >> shift
      if (((norm >> 37n) & 0xfn) !== 5n || ((norm >> 9n) & 7n) !== 0n) continue
      let address = Number((norm >> 13n) & 0xf_ffffn) | (Number((norm >> 36n) & 1n) << 20)
      address = (((address << 4) >>> 0) - (start + at)) >>> 4
      norm &= ~(0x8f_ffffn << 13n)
      norm |= BigInt(address & 0xf_ffff) << 13n
      norm |= BigInt(address & 0x10_0000) << 16n
      instruction = (instruction & ((1n << shift) - 1n)) | (norm << shift)
      for (let index = 0; index < 6; index += 1)
        view.setUint8(byteAt + index, Number((instruction >> BigInt(8 * index)) & 0xffn))
    }
  }
}
