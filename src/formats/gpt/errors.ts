import { EXIT, errorsOf } from '../../core/index.ts'
import type { ErrorTable } from '../../core/index.ts'

const refused = { retry: false, exit: EXIT.refused } as const

export const GPT_ERRORS = {
  GPT_MISSING: {
    ...refused,
    message: 'Cannot read the partition table of "{source}": there is no GPT header at its begin or end',
    remedy: 'name an image of a whole disk; `anneal image inspect` says what this one is',
  },
  GPT_DAMAGED: {
    ...refused,
    message:
      'Cannot read the GPT of "{source}": the primary is damaged ({primary}), and so is the backup ({backup})',
    remedy: 'fetch the image again and compare its checksum; `gdisk` may mend a copy of it',
  },
  GPT_PARTITION_OUT_OF_RANGE: {
    ...refused,
    message:
      'Cannot read the GPT of "{source}": partition {number} (entry at byte {entryOffsetBytes}) reaches from sector {firstSector} to {lastSector}, and the image has sectors 0 to {imageLastSector}',
    remedy: 'the image is cut short or damaged: fetch it again and compare its checksum',
  },
} as const satisfies ErrorTable

export const raise = errorsOf(GPT_ERRORS)
