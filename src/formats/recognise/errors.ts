import { EXIT, errorsOf } from '../../core/index.ts'
import type { ErrorTable } from '../../core/index.ts'

const refused = { retry: false, exit: EXIT.refused } as const

export const RECOGNISE_ERRORS = {
  FORMAT_ENCRYPTED: {
    ...refused,
    message: 'Cannot read "{source}": it is encrypted ({type})',
    remedy:
      'use an image that is not encrypted, or copy its disk as it is (`convert --whole-disk`); Anneal asks for no keys',
  },
  FORMAT_UNSUPPORTED: {
    ...refused,
    message: 'Cannot read "{source}": its type {type} is not supported',
    remedy:
      'use an image with ext2, ext3, ext4, XFS, btrfs, squashfs, EROFS, FAT or ISO 9660 on partitions or on linear or striped LVM2 volumes',
  },
  FORMAT_UNKNOWN: {
    ...refused,
    message: 'Cannot read "{source}": its first 68 KiB match no known format',
    remedy: 'compare the checksum of the image; `blkid -p` or `file -s` may recognise it',
  },
} as const satisfies ErrorTable

export const raise = errorsOf(RECOGNISE_ERRORS)
