import type { BootFile } from '../contract.ts'
import type { BootEntry } from '../entry.ts'

/** Whether two entries load the same files with the same arguments, wherever they are described. */
export function isSameBoot(a: BootEntry | undefined, b: BootEntry | undefined): boolean {
  return whatBoots(a) === whatBoots(b)
}

function whatBoots(entry: BootEntry | undefined): string {
  if (entry === undefined) return ''
  const { kernel, initrds, devicetree, arguments: all, init, unbootable } = entry
  return JSON.stringify([
    kernel === undefined ? (unbootable ?? null) : placeOf(kernel),
    initrds.map(placeOf),
    devicetree === undefined ? null : placeOf(devicetree),
    all.map(({ text }) => text),
    init,
  ])
}

function placeOf({ address, path, section }: BootFile): string {
  return `${address}:${path}:${section?.offsetBytes ?? ''}`
}
