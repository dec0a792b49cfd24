import { parseKeep } from '../contract/index.ts'
import type { FlagTable } from './command.ts'
import { raise } from './errors.ts'

export const KEEP_FLAG = {
  keep: {
    kind: 'list',
    placeholder: 'KIND=VALUE',
    help: 'With --conductor: never write or wipe a disk that holds this: label, uuid, partlabel, partuuid, vg or serial; can be repeated',
  },
} as const satisfies FlagTable

/** Throws USAGE for what is no KIND=VALUE. */
export function keepFlags(wishes: readonly string[], command: string): readonly string[] {
  for (const text of wishes) {
    const wish = parseKeep(text)
    if (typeof wish === 'string') {
      throw raise('USAGE', { command, why: `--keep "${text}": ${wish}`, help: `${command} --help` })
    }
  }
  return wishes
}
