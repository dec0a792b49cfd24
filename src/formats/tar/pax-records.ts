/** Records of one member, by key; the last of a key counts, but for GNU.sparse 0.0, which repeats its keys. */
export type PaxRecords = ReadonlyMap<string, readonly Uint8Array[]>

const UTF8 = new TextDecoder()
const EQUALS = 0x3d
const NEWLINE = 0x0a
const SPACE = 0x20

/** `LENGTH KEY=VALUE\n`, where the length counts itself (POSIX.1-2001 pax, "Extended Header"). Undefined where they do not parse. */
export function parsePaxRecords(bytes: Uint8Array): PaxRecords | undefined {
  const records = new Map<string, Uint8Array[]>()
  for (let at = 0; at < bytes.length;) {
    let length = 0
    let index = at
    for (; index < at + 10; index += 1) {
      const digit = (bytes[index] ?? 0) - 0x30
      if (digit < 0 || digit > 9) break
      length = length * 10 + digit
    }
    const end = at + length
    if (index === at || bytes[index] !== SPACE || end > bytes.length || end <= index + 1) return undefined
    if (bytes[end - 1] !== NEWLINE) return undefined
    const equals = bytes.indexOf(EQUALS, index + 1)
    if (equals === -1 || equals >= end) return undefined
    const key = UTF8.decode(bytes.subarray(index + 1, equals))
    const value = bytes.subarray(equals + 1, end - 1)
    const known = records.get(key)
    if (known === undefined) records.set(key, [value])
    else known.push(value)
    at = end
  }
  // A record without a value takes back what was said before it.
  for (const [key, values] of records) if (values.at(-1)?.length === 0) records.delete(key)
  return records
}

export function lastText(records: PaxRecords, key: string): string | undefined {
  const value = records.get(key)?.at(-1)
  return value === undefined ? undefined : UTF8.decode(value)
}

/** Decimal seconds with a fraction, as nanoseconds. Undefined where it is none. */
export function timeNs(text: string): bigint | undefined {
  const [, sign, seconds = '', fraction = ''] = /^(-?)(\d{1,15})(?:\.(\d*))?$/.exec(text) ?? []
  if (sign === undefined) return undefined
  const ns = BigInt(seconds) * 1_000_000_000n + BigInt(fraction.slice(0, 9).padEnd(9, '0'))
  return sign === '-' ? -ns : ns
}
