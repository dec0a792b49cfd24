const DAY_NS = 86_400_000_000_000n

/**
 * Date and time of a directory entry, taken for UTC: they are of whatever zone the machine was in. Nothing is checked, as
 * in Linux: a month 0 is the first, and a day that a month does not have is of the next one.
 */
export function unixTimeNs(date: number, time: number): bigint {
  const year = 1980 + (date >> 9)
  const month = Math.max(1, (date >> 5) & 0x0f)
  const day = Math.max(1, date & 0x1f)
  const seconds = (time >> 11) * 3600 + ((time >> 5) & 0x3f) * 60 + (time & 0x1f) * 2
  return BigInt(daysSince1970(year, month)) * DAY_NS + BigInt((day - 1) * 86_400 + seconds) * 1_000_000_000n
}

/** Of the first day of a month; from 1980 to 2107. */
function daysSince1970(year: number, month: number): number {
  return Math.floor(Date.UTC(year, month - 1, 1) / 86_400_000)
}
