import { bytesOfHex, toHex } from '../core/index.ts'

/** The usual form of a UUID whose 16 bytes are in the order in which they are written (RFC 9562). */
export function formatUuid(bytes: Uint8Array): string {
  const hex = toHex(bytes)
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join(
    '-',
  )
}

/** As `formatUuid`; empty where all of it is zero, which nobody takes for a name (libblkid, udev). */
export function formatSetUuid(bytes: Uint8Array): string {
  return bytes.every((byte) => byte === 0) ? '' : formatUuid(bytes)
}

/** The usual form of a GUID as GPT and Microsoft store it: the first three fields are little-endian (UEFI 2.10, appendix A). */
export function formatGuid(bytes: Uint8Array): string {
  return formatUuid(swapped(bytes))
}

/** The 16 bytes of a GUID as GPT stores them: the inverse of `formatGuid`. */
export function parseGuid(guid: string): Uint8Array {
  const hex = guid.replaceAll('-', '')
  if (!/^[0-9a-fA-F]{32}$/.test(hex)) throw new TypeError(`"${guid}" is no GUID`)
  return swapped(bytesOfHex(hex))
}

/** The first three fields in the other byte order. */
function swapped(bytes: Uint8Array): Uint8Array {
  const order = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15]
  return Uint8Array.from(order, (index) => bytes[index] ?? 0)
}
