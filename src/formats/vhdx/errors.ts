import { EXIT, errorsOf } from '../../core/index.ts'
import type { ErrorTable } from '../../core/index.ts'

const refused = { retry: false, exit: EXIT.refused } as const
const damaged =
  'the image is damaged: download it again and compare its checksum; `qemu-img check` shows details'

export const VHDX_ERRORS = {
  VHDX_HEADER_INVALID: {
    ...refused,
    message: 'Cannot open VHDX "{source}": {field} at byte {offsetBytes} is {found}, expected {expected}',
    remedy: damaged,
  },
  VHDX_VERSION_UNSUPPORTED: {
    ...refused,
    message: 'Cannot open VHDX "{source}": it has version {version}; only version 1 is supported',
    remedy: 'convert it with Hyper-V (`Convert-VHD`) or with a qemu-img that supports it',
  },
  VHDX_FEATURE_UNKNOWN: {
    ...refused,
    message: 'Cannot open VHDX "{source}": it requires the {kind} {guid}, which is not known',
    remedy: 'convert it with Hyper-V (`Convert-VHD`), or use a newer Anneal',
  },
  VHDX_LOG_DIRTY: {
    ...refused,
    message: 'Cannot open VHDX "{source}": its log has to be replayed first',
    remedy:
      'check that nobody writes to it, and replay the log of a copy: `qemu-img check -r all IMAGE`, or attach it once in Hyper-V',
  },
  VHDX_DIFFERENCING: {
    ...refused,
    message:
      'Cannot open VHDX "{source}": it is a differencing disk, which holds only what differs from "{name}"',
    remedy: 'merge it with its parent (Hyper-V: `Convert-VHD`, or `Merge-VHD`), and use the result',
  },
  VHDX_TABLE_INVALID: {
    ...refused,
    message:
      'Cannot read VHDX "{source}": the block allocation table entry for byte {guestOffsetBytes} of the disk is {found}: {state}',
    remedy: damaged,
  },
} as const satisfies ErrorTable

export const raise = errorsOf(VHDX_ERRORS)
