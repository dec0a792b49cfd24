/** Both as nanoseconds since 1970; 0 for what is no time. */

/** ECMA-119, 9.1.5: years since 1900, month, day, hour, minute, second, offset from UTC in quarters of an hour. */
export function shortTime(field: Uint8Array): bigint {
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, zone = 0] = field
  return nanoseconds(1900 + year, month, day, hour, minute, second, zone, 0)
}

/** ECMA-119, 8.4.26.1: sixteen digits, the last two of them hundredths of a second, and the offset from UTC. */
export function longTime(field: Uint8Array): bigint {
  const parts = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)/.exec(new TextDecoder('latin1').decode(field))
  if (parts === null) return 0n
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, hundredths = 0] = parts
    .slice(1)
    .map(Number)
  return nanoseconds(year, month, day, hour, minute, second, field[16] ?? 0, hundredths)
}

/** As blkid writes the UUID of a disc: its time of modification, else of creation. '' where there is none. */
export function uuidOf(modified: Uint8Array, created: Uint8Array): string {
  for (const field of [modified, created]) {
    const digits = new TextDecoder('latin1').decode(field.subarray(0, 16))
    const isSet = /^\d{16}$/.test(digits) && !/^0+$/.test(digits)
    if (isSet) return digits.replace(/^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)$/, '$1-$2-$3-$4-$5-$6-$7')
  }
  return ''
}

function nanoseconds(
  year: number,
  month: number,
  day: number,
  hour: number,
  minute: number,
  second: number,
  zone: number,
  hundredths: number,
): bigint {
  if (month === 0 || day === 0) return 0n
  // A signed byte; Linux takes no offset of more than 13 hours.
  const quarters = zone > 127 ? zone - 256 : zone
  const offset = quarters >= -52 && quarters <= 52 ? quarters * 15 * 60 : 0
  const seconds = Date.UTC(year, month - 1, day, hour, minute, second) / 1000 - offset
  return BigInt(seconds) * 1_000_000_000n + BigInt(hundredths) * 10_000_000n
}
