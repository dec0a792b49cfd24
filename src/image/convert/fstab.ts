import { latin1Of, parseFstab } from '../boot/index.ts'
import type { FstabEntry } from '../boot/index.ts'

/**
 * The fstab of a deployed system, edited in place: the file keeps its length, byte for byte, so that the edit is a
 * patch of the disk's bytes while they stream past. Fields are parsed as getmntent(3) and fstab(5) have it.
 */

/** Where the device of an entry is, seen from the machine that the base will run on. */
export type DevicePlace =
  /** In the base itself, or in no device at all (tmpfs, a bind, a network share). */
  | Readonly<{ at: 'there' }>
  /** In a part of the image that is not deployed. */
  | Readonly<{ at: 'left behind'; what: string }>
  /** In nothing the image knows: perhaps another disk of the machine. */
  | Readonly<{ at: 'unknown' }>

export type RemovedMount = Readonly<{ entry: FstabEntry; text: string; reason: string }>

export type FstabEdit = Readonly<{
  /** As long as the file was. The same array where nothing was changed. */
  bytes: Uint8Array
  removed: readonly RemovedMount[]
  /** Kept, though it is not known whether the device will be there. */
  doubtful: readonly FstabEntry[]
}>

/** Comments out exactly the entries whose device stays behind, and swap whose device may not be there. */
export function editFstab(bytes: Uint8Array, placeOf: (entry: FstabEntry) => DevicePlace): FstabEdit {
  const removed: RemovedMount[] = []
  const doubtful: FstabEntry[] = []
  let edited = bytes
  for (const entry of parseFstab(bytes)) {
    const place = placeOf(entry)
    if (place.at === 'there') continue
    if (place.at === 'unknown' && entry.type !== 'swap') {
      doubtful.push(entry)
      continue
    }
    if (edited === bytes) edited = new Uint8Array(bytes)
    commentOut(edited.subarray(entry.startByte, entry.endByte))
    removed.push({
      entry,
      text: latin1Of(bytes.subarray(entry.startByte, entry.endByte)),
      reason:
        place.at === 'unknown'
          ? `swap on ${entry.device}, which is not in the base: systemd would wait for it`
          : `${entry.mountPoint} is on ${place.what}, which is not in the base`,
    })
  }
  return { bytes: edited, removed, doubtful }
}

/** Whether the first field names a block device at all (mount(8), fstab(5)). */
export function namesBlockDevice(device: string): boolean {
  return device.startsWith('/dev/') || /^(?:UUID|LABEL|PARTUUID|PARTLABEL|ID)=/.test(device)
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
