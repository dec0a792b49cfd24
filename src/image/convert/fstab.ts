import { latin1Of, parseFstab } from '../boot/index.ts'
import type { FstabEntry } from '../boot/index.ts'
import type { DevicePlace } from './device-place.ts'

/**
 * The fstab of a deployed system, edited in place, so that the edit is a patch of the disk's bytes while they stream past.
 * Fields are parsed as getmntent(3) and fstab(5) have it.
 */

export type RemovedMount = Readonly<{ entry: FstabEntry; text: string; reason: string }>
export type RenamedMount = Readonly<{ entry: FstabEntry; name: string }>

export type FstabEdit = Readonly<{
  /** Never shorter than the file was; longer only where a name is longer. The same array where nothing was changed. */
  bytes: Uint8Array
  removed: readonly RemovedMount[]
  /** Of the base, under a name that lasts. */
  renamed: readonly RenamedMount[]
  /** Kept, though it is not known whether the device will be there. */
  doubtful: readonly FstabEntry[]
  /** Kept, though the device is called otherwise where the base is written: it has no name that lasts. */
  nameless: readonly FstabEntry[]
}>

/**
 * Comments out exactly the entries whose device stays behind, and swap whose device may not be there; gives devices of the base
 * the name that lasts.
 */
export function editFstab(
  bytes: Uint8Array,
  placeOf: (entry: FstabEntry) => DevicePlace,
  parse: (bytes: Uint8Array) => readonly FstabEntry[] = parseFstab,
): FstabEdit {
  const removed: RemovedMount[] = []
  const renamed: RenamedMount[] = []
  const doubtful: FstabEntry[] = []
  const nameless: FstabEntry[] = []
  const lines: { entry: FstabEntry; bytes: Uint8Array }[] = []
  for (const entry of parse(bytes)) {
    const place = placeOf(entry)
    if (place.at === 'there') continue
    if (place.at === 'renamed') {
      if (place.by === undefined) nameless.push(entry)
      else {
        renamed.push({ entry, name: place.by })
        lines.push({
          entry,
          bytes: rename(bytes.subarray(entry.startByte, entry.endByte), place.by, entry.deviceField),
        })
      }
      continue
    }
    if (place.at === 'unknown' && entry.type !== 'swap') {
      doubtful.push(entry)
      continue
    }
    // A Buffer's slice would be no copy.
    const line = new Uint8Array(bytes.subarray(entry.startByte, entry.endByte))
    commentOut(line)
    lines.push({ entry, bytes: line })
    removed.push({
      entry,
      text: latin1Of(bytes.subarray(entry.startByte, entry.endByte)),
      reason:
        place.at === 'unknown'
          ? `swap on ${entry.device}, which is not in the base: systemd would wait for it`
          : `${entry.mountPoint} is on ${place.what}, which is not in the base`,
    })
  }
  return { bytes: withLines(bytes, lines), removed, renamed, doubtful, nameless }
}

function withLines(
  bytes: Uint8Array,
  lines: readonly Readonly<{ entry: FstabEntry; bytes: Uint8Array }>[],
): Uint8Array {
  if (lines.length === 0) return bytes
  const parts: Uint8Array[] = []
  let at = 0
  for (const { entry, bytes: line } of lines) {
    parts.push(bytes.subarray(at, entry.startByte), line)
    at = entry.endByte
  }
  parts.push(bytes.subarray(at))
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let end = 0
  for (const part of parts) {
    whole.set(part, end)
    end += part.length
  }
  return whole
}

/** The line with another name in one of its fields. What it is shorter by becomes spaces behind it: the lines after it stay where they are. */
function rename(line: Uint8Array, name: string, field = 0): Uint8Array {
  const isSpace = (byte: number | undefined): boolean => byte === 32 || byte === 9
  let [start, end] = [0, 0]
  for (let index = 0; index <= field; index += 1) {
    start = end
    while (isSpace(line[start])) start += 1
    end = start
    while (end < line.length && !isSpace(line[end])) end += 1
  }
  const word = new TextEncoder().encode(name.padEnd(end - start))
  const renamed = new Uint8Array(line.length - (end - start) + word.length)
  renamed.set(line.subarray(0, start))
  renamed.set(word, start)
  renamed.set(line.subarray(end), start + word.length)
  return renamed
}

/**
 * `#` goes where the line has white space in front; else everything moves by one, over white space at the end or, where
 * there is none, over the last character, which is the pass number or part of a word nobody will read any more.
 */
function commentOut(line: Uint8Array): void {
  const HASH = 35
  if (line[0] !== 32 && line[0] !== 9) line.copyWithin(1, 0, line.length - 1)
  line[0] = HASH
}
