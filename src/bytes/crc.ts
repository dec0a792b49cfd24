/**
 * The two CRC-32s of disks, both reflected: IEEE 802.3 (GPT, gzip, LVM2) and Castagnoli (ext4, XFS, btrfs; RFC 3720,
 * appendix B.4). Slicing by eight, after Kounavis and Berry.
 */
const IEEE = tables(0xed_b8_83_20)
const CASTAGNOLI = tables(0x82_f6_3b_78)

/** CRC-32 as GPT and gzip use it: initial value and result are inverted here. */
export function crc32(bytes: Uint8Array): number {
  return ~crc32Raw(~0, bytes) >>> 0
}

/** The bare register of the IEEE polynomial: nothing is inverted. LVM2 starts it at 0xf597a6cf. */
export function crc32Raw(register: number, bytes: Uint8Array): number {
  return run(IEEE, register, bytes)
}

/** CRC-32C with initial value and result inverted, as in iSCSI and XFS. */
export function crc32c(bytes: Uint8Array): number {
  return ~crc32cRaw(~0, bytes) >>> 0
}

/** The bare register of the Castagnoli polynomial: nothing is inverted. This is the kernel's `crc32c_le(seed, …)`. */
export function crc32cRaw(register: number, bytes: Uint8Array): number {
  return run(CASTAGNOLI, register, bytes)
}

/** The result as an unsigned number. Eight tables of 256 entries, one behind the other. */
function run(table: Uint32Array, register: number, bytes: Uint8Array): number {
  let crc = register
  let index = 0
  const whole = bytes.length - (bytes.length % 8)
  // `!`: every index is below 2048 or the length.
  for (; index < whole; index += 8) {
    const low =
      crc ^ (bytes[index]! | (bytes[index + 1]! << 8) | (bytes[index + 2]! << 16) | (bytes[index + 3]! << 24))
    crc =
      table[1792 + (low & 255)]! ^
      table[1536 + ((low >>> 8) & 255)]! ^
      table[1280 + ((low >>> 16) & 255)]! ^
      table[1024 + (low >>> 24)]! ^
      table[768 + bytes[index + 4]!]! ^
      table[512 + bytes[index + 5]!]! ^
      table[256 + bytes[index + 6]!]! ^
      table[bytes[index + 7]!]!
  }
  for (; index < bytes.length; index += 1) crc = (crc >>> 8) ^ table[(crc ^ bytes[index]!) & 255]!
  return crc >>> 0
}

function tables(polynomial: number): Uint32Array {
  const table = new Uint32Array(8 * 256)
  for (let value = 0; value < 256; value += 1) {
    let crc = value
    for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >>> 1) ^ polynomial : crc >>> 1
    table[value] = crc
  }
  for (let index = 256; index < table.length; index += 1) {
    const before = table[index - 256] ?? 0
    table[index] = (before >>> 8) ^ (table[before & 255] ?? 0)
  }
  return table
}
