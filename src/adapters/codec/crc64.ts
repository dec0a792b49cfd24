/** CRC-64 of xz (ECMA-182, reflected), in halves: bigint would be slow. */
const LOW = new Uint32Array(256)
const HIGH = new Uint32Array(256)
for (let index = 0; index < 256; index += 1) {
  let [low, high] = [index, 0]
  for (let bit = 0; bit < 8; bit += 1) {
    const isOdd = (low & 1) === 1
    low = ((low >>> 1) | (high << 31)) >>> 0
    high >>>= 1
    if (isOdd) {
      low = (low ^ 0xd7_87_0f_42) >>> 0
      high = (high ^ 0xc9_6c_57_95) >>> 0
    }
  }
  LOW[index] = low
  HIGH[index] = high
}

export function crc64(bytes: Uint8Array): bigint {
  let [low, high] = [0xffff_ffff, 0xffff_ffff]
  for (const byte of bytes) {
    const index = (low ^ byte) & 0xff
    low = (((low >>> 8) | (high << 24)) ^ (LOW[index] ?? 0)) >>> 0
    high = ((high >>> 8) ^ (HIGH[index] ?? 0)) >>> 0
  }
  return (BigInt(~high >>> 0) << 32n) | BigInt(~low >>> 0)
}
