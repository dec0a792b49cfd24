import { EXIT, errorsOf } from '../../core/index.ts'
import type { ErrorTable } from '../../core/index.ts'

const refused = { retry: false, exit: EXIT.refused } as const
const damaged =
  'the image is damaged: download it again and compare its checksum; `qemu-img check` shows details'
const convert = 'convert it with a tool that supports it: `qemu-img convert -f vmdk -O qcow2 OLD NEW`'

export const VMDK_ERRORS = {
  VMDK_HEADER_INVALID: {
    ...refused,
    message: 'Cannot open VMDK "{source}": {field} at byte {offsetBytes} is {found}, expected {expected}',
    remedy: damaged,
  },
  VMDK_VERSION_UNSUPPORTED: {
    ...refused,
    message: 'Cannot open VMDK "{source}": it has version {version}; only versions 1 to 3 are supported',
    remedy: convert,
  },
  VMDK_CHANGED_AS_TEXT: {
    ...refused,
    message: 'Cannot open VMDK "{source}": a transfer as text has changed its line ends',
    remedy: 'transfer the file again, as binary',
  },
  VMDK_FOOTER_MISSING: {
    ...refused,
    message: 'Cannot open VMDK "{source}": its grain directory is at its end, and its end is missing',
    remedy: 'the file is truncated: download it again and compare its checksum',
  },
  VMDK_DESCRIPTOR_INVALID: {
    ...refused,
    message: 'Cannot open VMDK "{source}": {problem}',
    remedy: damaged,
  },
  VMDK_DESCRIPTOR_MISSING: {
    ...refused,
    message:
      'Cannot open VMDK "{source}": it is one extent of a disk, without the descriptor that says of which',
    remedy: 'give the file with the descriptor, and the directory of the extents with --files-in',
  },
  VMDK_TYPE_UNSUPPORTED: {
    ...refused,
    message: 'Cannot open VMDK "{source}": images of type {type} are not supported',
    remedy:
      'convert it with VMware: `vmware-vdiskmanager -r OLD -t 0 NEW`; or with `qemu-img convert -O qcow2 OLD NEW`',
  },
  VMDK_DIFFERENCING: {
    ...refused,
    message: 'Cannot open VMDK "{source}": it is a snapshot, which holds only what differs from "{name}"',
    remedy: 'merge it with its parent: `qemu-img convert -O qcow2 OLD NEW`, or clone the disk with VMware',
  },
  VMDK_EXTENT_REFUSED: {
    ...refused,
    message:
      'Cannot open VMDK "{source}": its data is in another file, "{name}", and no directory for such files was given',
    remedy:
      'if you trust the image, give the directory of the other files with --files-in; or merge them with `qemu-img convert -O qcow2`',
  },
  VMDK_EXTENT_SHORT: {
    ...refused,
    message:
      'Cannot open VMDK "{source}": the extent "{name}" has {foundBytes} bytes, and the descriptor asks for {neededBytes}',
    remedy: 'the extent is truncated, or belongs to another disk: download it again and compare its checksum',
  },
  VMDK_TABLE_INVALID: {
    ...refused,
    message:
      'Cannot read VMDK "{source}": the grain {table} entry for byte {guestOffsetBytes} of the disk is {found}: {state}',
    remedy: damaged,
  },
  VMDK_GRAIN_DAMAGED: {
    ...refused,
    message:
      'Cannot read VMDK "{source}": the compressed grain at byte {guestOffsetBytes} of the disk, at byte {offsetBytes} of the file: {problem}',
    remedy: damaged,
  },
} as const satisfies ErrorTable

export const raise = errorsOf(VMDK_ERRORS)
