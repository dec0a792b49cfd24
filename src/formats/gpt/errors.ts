import { EXIT, errorsOf } from '../../core/index.ts'
import type { ErrorTable } from '../../core/index.ts'

const refused = { retry: false, exit: EXIT.refused } as const

export const GPT_ERRORS = {
  GPT_MISSING: {
    ...refused,
    message: 'Cannot read the partition table of "{source}": it has no GPT header at its start or end',
    remedy: 'name an image of a whole disk; `anneal image inspect` shows what this one is',
  },
  GPT_DAMAGED: {
    ...refused,
    message:
      'Cannot read the GPT of "{source}": both the primary ({primary}) and the backup ({backup}) are damaged',
    remedy: 'download the image again and compare its checksum; `gdisk` may repair a copy',
  },
  GPT_PARTITION_OUT_OF_RANGE: {
    ...refused,
    message:
      'Cannot read the GPT of "{source}": partition {number} (entry at byte {entryOffsetBytes}) reaches from sector {firstSector} to {lastSector}, and the image has sectors 0 to {imageLastSector}',
    remedy: 'the image is truncated or damaged: download it again and compare its checksum',
  },
} as const satisfies ErrorTable

export const raise = errorsOf(GPT_ERRORS)
