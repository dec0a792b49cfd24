/** Hash of a directory entry's name (xfs_da_hashname, xfs_da_btree.c). */
export function nameHash(name: Uint8Array): number {
  let hash = 0
  let at = 0
  let left = name.length
  const byte = (offset: number): number => name[at + offset] ?? 0
  for (; left >= 4; left -= 4, at += 4) {
    hash = (byte(0) << 21) ^ (byte(1) << 14) ^ (byte(2) << 7) ^ byte(3) ^ rotate(hash, 28)
  }
  switch (left) {
    case 3:
      return ((byte(0) << 14) ^ (byte(1) << 7) ^ byte(2) ^ rotate(hash, 21)) >>> 0
    case 2:
      return ((byte(0) << 7) ^ byte(1) ^ rotate(hash, 14)) >>> 0
    case 1:
      return (byte(0) ^ rotate(hash, 7)) >>> 0
    default:
      return hash >>> 0
  }
}

/** Of a file system made with `-n version=ci` (xfs_ascii_ci_hashname). */
export function nameHashWithoutCase(name: Uint8Array): number {
  let hash = 0
  for (const byte of name) hash = lowered(byte) ^ rotate(hash, 7)
  return hash >>> 0
}

/** As the kernel folds: ASCII, and the capitals of Latin-1 (xfs_ascii_ci_xfrm). */
export function lowered(byte: number): number {
  const capital =
    (byte >= 0x41 && byte <= 0x5a) || (byte >= 0xc0 && byte <= 0xd6) || (byte >= 0xd8 && byte <= 0xde)
  return capital ? byte + 0x20 : byte
}

function rotate(value: number, by: number): number {
  return (value << by) | (value >>> (32 - by))
}
