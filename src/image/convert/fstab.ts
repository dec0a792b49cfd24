/**
 * The fstab of a deployed system, edited in place: the file keeps its length, byte for byte, so that the edit is a
 * patch of the disk's bytes while they stream past. Fields are parsed as getmntent(3) and fstab(5) have it.
 */

export type FstabEntry = Readonly<{
  /** From 1. */
  line: number
  /** Of the line, without its newline. */
  startByte: number
  endByte: number
  device: string
  mountPoint: string
  type: string
  options: readonly string[]
}>

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

/** One code unit a byte, so that places in the text are places in the file. */
const latin1 = (bytes: Uint8Array): string =>
  Array.from({ length: Math.ceil(bytes.length / 4096) }, (_, index) =>
    String.fromCharCode(...bytes.subarray(index * 4096, (index + 1) * 4096)),
  ).join('')

export function parseFstab(bytes: Uint8Array): readonly FstabEntry[] {
  const entries: FstabEntry[] = []
  let startByte = 0
  for (const [index, line] of latin1(bytes).split('\n').entries()) {
    const fields = line.split(/[ \t]+/).filter((field) => field !== '')
    const [device, mountPoint, type, options] = fields
    if (device !== undefined && !device.startsWith('#') && mountPoint !== undefined) {
      entries.push({
        line: index + 1,
        startByte,
        endByte: startByte + line.length,
        device: unescapeField(device),
        mountPoint: unescapeField(mountPoint),
        type: unescapeField(type ?? 'auto'),
        options: (options ?? 'defaults').split(','),
      })
    }
    startByte += line.length + 1
  }
  return entries
}

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
      text: latin1(bytes.subarray(entry.startByte, entry.endByte)),
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

/** `\040` for a space, and the like: three octal digits. */
function unescapeField(field: string): string {
  return field.replace(/\\([0-7]{3})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 8)),
  )
}
