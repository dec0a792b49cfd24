import { formatGuid } from '../../bytes/index.ts'
import type { ByteSource, ReaderWarning } from '../../bytes/index.ts'
import { raise } from './errors.ts'
import { warning } from './findings.ts'
import { readCopy } from './read-copy.ts'
import type { Copy, Damage } from './read-copy.ts'

/** The copy to go by and what has to be said about the other. Throws GPT_MISSING, GPT_DAMAGED. */
export async function chooseCopy(
  source: ByteSource,
  sectorSizes: readonly number[],
  signal?: AbortSignal,
): Promise<Readonly<{ copy: Copy; warnings: readonly ReaderWarning[] }>> {
  const damages: Readonly<{ primary: Damage; backup: Damage }>[] = []
  const primaries = new Map<number, Copy | Damage>()
  for (const sectorSizeBytes of sectorSizes) {
    const primary = await readCopy(source, { sector: 1, sectorSizeBytes }, signal)
    primaries.set(sectorSizeBytes, primary)
    if ('header' in primary) return withBackup(source, primary, signal)
  }
  for (const sectorSizeBytes of sectorSizes) {
    const primary = primaries.get(sectorSizeBytes)
    if (primary === undefined || 'header' in primary) continue
    const backup = await readCopy(
      source,
      { sector: lastSectorOf(source, sectorSizeBytes), sectorSizeBytes },
      signal,
    )
    if ('header' in backup) {
      const message = `the primary GPT of "${source.name}" is damaged (${primary.damage}); its backup was read`
      return { copy: backup, warnings: [warning('GPT_PRIMARY_DAMAGED', message)] }
    }
    damages.push({ primary, backup })
  }
  const worst = damages.find(({ primary, backup }) => !primary.absent || !backup.absent)
  if (worst === undefined) throw raise('GPT_MISSING', { source: source.name })
  throw raise('GPT_DAMAGED', {
    source: source.name,
    primary: worst.primary.damage,
    backup: worst.backup.damage,
  })
}

/** A sound primary tells where its backup is: not at the end, where the image was made larger. */
async function withBackup(
  source: ByteSource,
  primary: Copy,
  signal?: AbortSignal,
): Promise<Readonly<{ copy: Copy; warnings: readonly ReaderWarning[] }>> {
  const { sectorSizeBytes } = primary
  const last = lastSectorOf(source, sectorSizeBytes)
  const damaged = (why: string): ReaderWarning =>
    warning('GPT_BACKUP_DAMAGED', `the backup GPT of "${source.name}" cannot be used: ${why}`)
  const sector = primary.header.alternateSector
  if (sector > BigInt(last)) {
    return {
      copy: primary,
      warnings: [damaged(`it belongs into sector ${sector}, and the last one is ${last}`)],
    }
  }
  const backup = await readCopy(source, { sector: Number(sector), sectorSizeBytes }, signal)
  if (!('header' in backup)) return { copy: primary, warnings: [damaged(backup.damage)] }
  const differences = differencesOf(primary, backup)
  const warnings: ReaderWarning[] = []
  if (differences.length > 0) {
    const message = `the two copies of the GPT of "${source.name}" disagree about ${differences.join(', ')}`
    warnings.push(warning('GPT_COPIES_DISAGREE', message))
  }
  if (Number(sector) !== last) {
    const message = `the backup GPT of "${source.name}" lies in sector ${sector}, and the last one is ${last}`
    warnings.push(warning('GPT_BACKUP_NOT_AT_END', message))
  }
  return { copy: primary, warnings }
}

function differencesOf(primary: Copy, backup: Copy): readonly string[] {
  const [a, b] = [primary.header, backup.header]
  const guids = [formatGuid(a.diskGuid), formatGuid(b.diskGuid)]
  return [
    ...(guids[0] === guids[1] ? [] : [`the disk's GUID (${guids.join(' and ')})`]),
    ...(a.firstUsable === b.firstUsable && a.lastUsable === b.lastUsable ? [] : ['which sectors are usable']),
    ...(b.alternateSector === a.mySector ? [] : ['where the primary lies']),
    ...entryDifferences(primary, backup),
  ]
}

function entryDifferences(primary: Copy, backup: Copy): readonly string[] {
  const size = primary.header.entryBytes
  if (size !== backup.header.entryBytes || primary.entries.length !== backup.entries.length) {
    return ['the number or size of entries']
  }
  // Both checksums were verified.
  if (primary.header.entriesCrc === backup.header.entriesCrc) return []
  const numbers: number[] = []
  for (let number = 1; number * size <= primary.entries.length; number += 1) {
    const start = (number - 1) * size
    const other = backup.entries
    if (primary.entries.subarray(start, start + size).some((byte, at) => byte !== other[start + at])) {
      numbers.push(number)
    }
  }
  if (numbers.length === 0) return []
  const shown = numbers.slice(0, 8).join(', ')
  return [`partition ${shown}${numbers.length > 8 ? ` and ${numbers.length - 8} more` : ''}`]
}

function lastSectorOf(source: ByteSource, sectorSizeBytes: number): number {
  return Math.floor(source.size / sectorSizeBytes) - 1
}
