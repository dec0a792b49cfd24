import { EXIT, errorsOf } from '../../core/index.ts'
import type { ErrorTable } from '../../core/index.ts'

const refused = { retry: false, exit: EXIT.refused } as const
const damaged = 'the image is damaged: download it again and compare its checksum'

export const VHD_ERRORS = {
  VHD_HEADER_INVALID: {
    ...refused,
    message: 'Cannot open VHD "{source}": {field} at byte {offsetBytes} is {found}, expected {expected}',
    remedy: damaged,
  },
  VHD_VERSION_UNSUPPORTED: {
    ...refused,
    message: 'Cannot open VHD "{source}": it has version {version}; only version 1 is supported',
    remedy: 'convert it with a tool that supports it: `qemu-img convert -f vpc -O qcow2 OLD NEW`',
  },
  VHD_DIFFERENCING: {
    ...refused,
    message:
      'Cannot open VHD "{source}": it is a differencing disk, which holds only what differs from "{name}"',
    remedy: 'merge it with its parent (Hyper-V: `Convert-VHD`, or `Merge-VHD`), and use the result',
  },
  VHD_TABLE_INVALID: {
    ...refused,
    message:
      'Cannot read VHD "{source}": the block allocation table entry for byte {guestOffsetBytes} of the disk is {found}: {state}',
    remedy: damaged,
  },
} as const satisfies ErrorTable

export const raise = errorsOf(VHD_ERRORS)
