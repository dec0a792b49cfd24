import { EXIT, errorsOf } from '../../core/index.ts'
import type { ErrorTable } from '../../core/index.ts'

const refused = { retry: false, exit: EXIT.refused } as const
const damaged = 'the image is damaged or truncated: download it again and compare its checksum'

export const ISO9660_ERRORS = {
  ISO9660_DAMAGED: {
    ...refused,
    message: 'Cannot read ISO 9660 "{source}": at byte {offsetBytes}, {problem}',
    remedy: damaged,
  },
  ISO9660_CUT_SHORT: {
    ...refused,
    message:
      'Cannot read ISO 9660 "{source}": {what} ends at byte {neededBytes}, and the image at byte {foundBytes}',
    remedy: damaged,
  },
  ISO9660_INTERLEAVED: {
    ...refused,
    message: 'Cannot read a file of ISO 9660 "{source}": it is interleaved (record at byte {offsetBytes})',
    remedy: 'copy the file with a tool that reads such discs; no tool of today writes them',
  },
  ISO9660_COMPRESSED: {
    ...refused,
    message:
      'Cannot read a file of ISO 9660 "{source}": it is compressed ({type}, record at byte {offsetBytes})',
    remedy: 'mount the image with Linux, which decompresses such files, and copy the file from there',
  },
  ISO9660_NOT_A_DIRECTORY: {
    ...refused,
    message: 'Cannot list a node of ISO 9660 "{source}": the record at byte {offsetBytes} is no directory',
    remedy: 'name a directory; `anneal image ls` lists the files',
  },
  ISO9660_NOT_A_FILE: {
    ...refused,
    message: 'Cannot read a node of ISO 9660 "{source}": the record at byte {offsetBytes} is no regular file',
    remedy: 'name a regular file; `anneal image ls` lists the files',
  },
  ISO9660_NOT_A_LINK: {
    ...refused,
    message:
      'Cannot read a node of ISO 9660 "{source}": the record at byte {offsetBytes} is no symbolic link',
    remedy: 'name a symbolic link; `anneal image ls -l` shows them',
  },
  ISO9660_READ_ONLY: {
    ...refused,
    message: 'Cannot change a file in ISO 9660 "{source}": files of a disc may share their bytes',
    remedy: 'make the disc again with the changed file: `xorriso -indev OLD -outdev NEW -update FILE PATH`',
  },
} as const satisfies ErrorTable

export const raise = errorsOf(ISO9660_ERRORS)
