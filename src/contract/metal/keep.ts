/** Member of properties and of instance_info that says what is to be kept on a machine: one wish a line. */
export const KEEP = 'anneal_keep'

/** By what a disk that is to be kept can be named. */
const KEEP_KINDS = ['label', 'uuid', 'partlabel', 'partuuid', 'vg', 'serial'] as const

/**
 * `label=data`: whichever disk holds that is never written or wiped. Values are compared without case. `label` and `uuid` are
 * of a file system, an array or another signature; `vg` is a volume group of LVM; `serial` is the disk's own.
 */
export type KeepWish = Readonly<{ kind: (typeof KEEP_KINDS)[number]; value: string }>

/** Reads one wish; a text where it is none: why not. */
export function parseKeep(text: string): KeepWish | string {
  const equals = text.indexOf('=')
  const kind = KEEP_KINDS.find((one) => one === text.slice(0, Math.max(equals, 0)))
  if (kind === undefined) return `it is not KIND=VALUE with one of ${KEEP_KINDS.join(', ')}`
  const value = text.slice(equals + 1).trim()
  if (value === '') return 'its value is empty'
  if (value.length > 255 || /\p{Cc}/u.test(value)) {
    return 'its value is longer than 255 characters or has control characters'
  }
  return { kind, value }
}
