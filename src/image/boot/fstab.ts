import { latin1Of } from './byte-text.ts'

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
  /** Which field names the device, from 0; the first one where nothing is said. */
  deviceField?: number
}>

/** fstab(5) and getmntent(3): lines of fields; `#` in front of a line makes it a comment. */
export function parseFstab(bytes: Uint8Array): readonly FstabEntry[] {
  const entries: FstabEntry[] = []
  let startByte = 0
  for (const [index, line] of latin1Of(bytes).split('\n').entries()) {
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

/** crypttab(5): name, device, key, options. The name stands where an fstab has its mount point. */
export function parseCrypttab(bytes: Uint8Array): readonly FstabEntry[] {
  return parseFstab(bytes).map(({ device: name, mountPoint: device, type: key, ...rest }) => ({
    ...rest,
    device,
    mountPoint: name,
    type: key === 'auto' ? 'none' : key,
    deviceField: 1,
  }))
}

/** `\040` for a space, and the like: three octal digits. */
function unescapeField(field: string): string {
  return field.replace(/\\([0-7]{3})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 8)),
  )
}
