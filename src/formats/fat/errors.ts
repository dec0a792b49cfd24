import { EXIT, errorsOf } from '../../core/index.ts'
import type { ErrorTable } from '../../core/index.ts'

const refused = { retry: false, exit: EXIT.refused } as const
const FETCH_AGAIN = 'the image is damaged: download it again and compare its checksum'

export const FAT_ERRORS = {
  FAT_MISSING: {
    ...refused,
    message: 'Cannot read "{source}" as FAT: {field} at byte {offsetBytes} of its boot sector is {found}',
    remedy: 'name a FAT file system; `anneal image inspect` shows what this one is',
  },
  FAT_UNSUPPORTED: {
    ...refused,
    message: 'Cannot read the FAT of "{source}": {what}',
    remedy: 'make a new file system with mkfs.vfat and copy the files',
  },
  FAT_TRUNCATED: {
    ...refused,
    message: 'Cannot read the FAT of "{source}": it has {expectedBytes} bytes, and {foundBytes} are there',
    remedy: 'the image is truncated: download it again and compare its checksum',
  },
  FAT_CHAIN_BROKEN: {
    ...refused,
    message:
      'Cannot follow the clusters of {what} in "{source}": after {length} from cluster {first} the table says {found}, expected {expected}',
    remedy: `${FETCH_AGAIN}; \`fsck.vfat -n\` says more about it`,
  },
  FAT_NOT_A_DIRECTORY: {
    ...refused,
    message: 'Cannot list the entry at byte {offsetBytes} of "{source}": it is a file',
    remedy: 'name a directory',
  },
  FAT_NOT_A_FILE: {
    ...refused,
    message: 'Cannot open the entry at byte {offsetBytes} of "{source}": it is a directory',
    remedy: 'name a file',
  },
  FAT_NO_LINKS: {
    ...refused,
    message: 'Cannot read the entry at byte {offsetBytes} of "{source}" as a symbolic link: FAT has none',
    remedy: 'open it as a file',
  },
} as const satisfies ErrorTable

export const raise = errorsOf(FAT_ERRORS)
