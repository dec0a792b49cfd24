import { DISK_TYPES } from '../app/image/convert/index.ts'
import type { ContainerDiskOptions } from '../app/image/convert/index.ts'
import { parseBytes } from '../core/index.ts'
import type { FlagTable, FlagValues } from './command.ts'
import { raise } from './errors.ts'

/** What becomes of a container image. */
export const DISK_FLAGS = {
  disk: {
    kind: 'choice',
    values: [...DISK_TYPES],
    help: 'Make a base with this file system from a container image. Only ext4 works, and needs mke2fs and debugfs; the others are refused with the reason',
    flagOnly: true,
  },
  'disk-size': {
    kind: 'text',
    placeholder: 'SIZE',
    help: 'With --disk: make the root file system this large (8G); without it, as large as the tree, and room to run',
    flagOnly: true,
  },
} as const satisfies FlagTable

/** Undefined without --disk. Throws USAGE for a size that is none. */
export function diskWishes(
  command: string,
  flags: FlagValues<typeof DISK_FLAGS>,
): Pick<ContainerDiskOptions, 'type' | 'rootBytes'> | undefined {
  const { disk: type, 'disk-size': size } = flags
  const usage = (why: string): Error => raise('USAGE', { command, why, help: `${command} --help` })
  if (type === undefined) {
    if (size !== undefined) throw usage('--disk-size is about --disk')
    return undefined
  }
  if (size === undefined) return { type }
  const rootBytes = parseBytes(size)
  if (rootBytes === undefined) throw usage(`--disk-size needs a size as 8G, and "${size}" is none`)
  return { type, rootBytes }
}
