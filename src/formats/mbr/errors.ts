import { EXIT, errorsOf } from '../../core/index.ts'
import type { ErrorTable } from '../../core/index.ts'

const refused = { retry: false, exit: EXIT.refused } as const
const FETCH_AGAIN = 'the image is damaged: download it again and compare its checksum'

export const MBR_ERRORS = {
  MBR_MISSING: {
    ...refused,
    message: 'Cannot read the partition table of "{source}": there is no MBR at byte 0 ({reason})',
    remedy: 'name an image of a whole disk; `anneal image inspect` shows what this one is',
  },
  MBR_PROTECTIVE: {
    ...refused,
    message: 'Cannot read "{source}" as MBR: partition {number} has type 0xee, so a GPT describes the disk',
    remedy: 'read the GPT instead; if it is damaged, repair a copy with gdisk',
  },
  MBR_PARTITION_OUT_OF_RANGE: {
    ...refused,
    message:
      'Cannot read the MBR of "{source}": partition {number} (entry at byte {entryOffsetBytes}) reaches from {offsetBytes} to {endBytes}, and {limit} ends at {limitBytes}',
    remedy: 'the image is truncated or damaged: download it again and compare its checksum',
  },
  MBR_CHAIN_BROKEN: {
    ...refused,
    message:
      'Cannot follow the logical partitions of "{source}": byte {offsetBytes} has {found}, expected {expected}',
    remedy: FETCH_AGAIN,
  },
} as const satisfies ErrorTable

export const raise = errorsOf(MBR_ERRORS)
