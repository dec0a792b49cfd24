import { EXIT, errorsOf } from '../../core/index.ts'
import type { ErrorTable } from '../../core/index.ts'

const refused = { retry: false, exit: EXIT.refused } as const
const damaged = 'the image is damaged: download it again and compare its checksum'

export const VDI_ERRORS = {
  VDI_HEADER_INVALID: {
    ...refused,
    message: 'Cannot open VDI "{source}": {field} at byte {offsetBytes} is {found}, expected {expected}',
    remedy: damaged,
  },
  VDI_VERSION_UNSUPPORTED: {
    ...refused,
    message: 'Cannot open VDI "{source}": it has version {version}; only version 1.1 is supported',
    remedy: 'convert it with VirtualBox: `VBoxManage clonemedium OLD NEW --format VDI`',
  },
  VDI_DIFFERENCING: {
    ...refused,
    message:
      'Cannot open VDI "{source}": it is a {type} image, which holds only what differs from another image',
    remedy: 'merge it with its parent: `VBoxManage clonemedium OLD NEW --format VDI`',
  },
  VDI_TABLE_INVALID: {
    ...refused,
    message:
      'Cannot read VDI "{source}": the block map entry for byte {guestOffsetBytes} of the disk is {found}: it points beyond the end of the file, {fileBytes}',
    remedy: damaged,
  },
} as const satisfies ErrorTable

export const raise = errorsOf(VDI_ERRORS)
