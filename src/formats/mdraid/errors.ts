import { EXIT, errorsOf } from '../../core/index.ts'
import type { ErrorTable } from '../../core/index.ts'

const refused = { retry: false, exit: EXIT.refused } as const

export const MD_ERRORS = {
  MD_LEVEL_UNSUPPORTED: {
    ...refused,
    message: 'Cannot read "{source}": it is a member of the software RAID "{array}", whose level is {level}',
    remedy:
      'make the image of the array itself (/dev/md…), or of a RAID 1; `mdadm --examine` shows the member',
  },
  MD_SUPERBLOCK_DAMAGED: {
    ...refused,
    message:
      'Cannot read "{source}": its superblock of a software RAID says {field} {found}; expected {expected}',
    remedy: 'download the image again and compare its checksum; `mdadm --examine` shows the superblock',
  },
  MD_MEMBER_UNUSABLE: {
    ...refused,
    message: 'Cannot read "{source}": as a member of the software RAID "{array}" {why}',
    remedy: 'make the image of a member that is in sync, or of the array itself (/dev/md…)',
  },
} as const satisfies ErrorTable

export const raise = errorsOf(MD_ERRORS)
