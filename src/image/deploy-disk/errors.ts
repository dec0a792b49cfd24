import { EXIT, errorsOf } from '../../core/index.ts'
import type { ErrorTable } from '../../core/index.ts'

const refused = { retry: false, exit: EXIT.refused } as const

export const DEPLOY_DISK_ERRORS = {
  DEPLOY_DISK_TOO_SMALL: {
    ...refused,
    message:
      'Cannot write "{image}" to a disk of {diskBytes} bytes: it needs {neededBytes} bytes ({contentBytes} for its content, the rest for partition tables and the config drive)',
    remedy: 'choose a larger disk with root device hints, or shrink the image',
  },
  DEPLOY_SECTOR_SIZE: {
    ...refused,
    message:
      'Cannot write "{image}" to a disk with sectors of {diskSectorBytes} bytes: it is for sectors of {imageSectorBytes} bytes',
    remedy: 'choose another disk, or an image that was made for this sector size',
  },
  DEPLOY_PARTITIONS_FULL: {
    ...refused,
    message: 'Cannot give "{image}" a partition for the config drive: {why}',
    remedy: 'deploy without a config drive, or use an image with a GPT or with a free primary partition',
  },
} as const satisfies ErrorTable

export const raise = errorsOf(DEPLOY_DISK_ERRORS)
