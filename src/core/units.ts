/** `1536` → `1.5 KiB`. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB']
  let value = bytes
  let unit = 0
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024
    unit += 1
  }
  return `${unit === 0 ? value : value.toFixed(value < 10 ? 1 : 0)} ${units[unit]}`
}

/** `20G`, `1536M`, `4 GiB`: units are powers of 1024. In bytes; `undefined` if it is none. */
export function parseBytes(text: string): number | undefined {
  const [, digits, unit = ''] = /^(\d{1,9}) ?([KMGT]?)(?:iB|B)?$/i.exec(text.trim()) ?? []
  if (digits === undefined) return undefined
  return Number(digits) * 1024 ** ['', 'K', 'M', 'G', 'T'].indexOf(unit.toUpperCase())
}

/** `1234` → `1.23 s`; below a second, milliseconds. */
export function formatDuration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`
  if (ms < 100_000) return `${(ms / 1000).toFixed(2)} s`
  return `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1000)} s`
}

/** The Compose Specification's durations (`1m30s`, `500ms`, `2h`) in milliseconds; `undefined` if it is none. */
export function parseDurationMs(text: string): number | undefined {
  const factors: Record<string, number> = { us: 0.001, ms: 1, s: 1000, m: 60_000, h: 3_600_000 }
  if (!/^(\d+(\.\d+)?(us|ms|s|m|h))+$/.test(text)) return undefined
  let total = 0
  for (const part of text.matchAll(/(\d+(?:\.\d+)?)(us|ms|s|m|h)/g)) {
    total += Number(part[1]) * (factors[part[2] ?? 's'] ?? 0)
  }
  return total
}
