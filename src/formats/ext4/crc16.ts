/** CRC-16 of `gdt_csum`: polynomial 0x8005, reflected, nothing inverted (Linux lib/crc/crc16.c). */
const TABLE = Uint16Array.from({ length: 256 }, (_, value) => {
  let crc = value
  for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >>> 1) ^ 0xa0_01 : crc >>> 1
  return crc
})

export function crc16(register: number, bytes: Uint8Array): number {
  let crc = register
  for (const byte of bytes) crc = (crc >>> 8) ^ (TABLE[(crc ^ byte) & 0xff] ?? 0)
  return crc
}
