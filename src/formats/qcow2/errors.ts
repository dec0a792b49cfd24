import { EXIT, errorsOf } from '../../core/index.ts'
import type { ErrorTable } from '../../core/index.ts'

const refused = { retry: false, exit: EXIT.refused } as const
const damaged =
  'the image is damaged: download it again and compare its checksum; `qemu-img check` shows details'

export const QCOW2_ERRORS = {
  QCOW2_HEADER_INVALID: {
    ...refused,
    message: 'Cannot open qcow2 "{source}": {field} at byte {offsetBytes} is {found}, expected {expected}',
    remedy: damaged,
  },
  QCOW2_VERSION_UNSUPPORTED: {
    ...refused,
    message: 'Cannot open qcow2 "{source}": it has version {version}; only versions 2 and 3 are supported',
    remedy: 'convert it with a qemu-img that supports it: `qemu-img convert -O qcow2 OLD NEW`',
  },
  QCOW2_FEATURE_UNKNOWN: {
    ...refused,
    message: 'Cannot open qcow2 "{source}": incompatible feature bit {bit} ({name}) is set',
    remedy:
      'convert it with a qemu-img that supports the feature (`qemu-img convert -O qcow2 OLD NEW`), or use a newer Anneal',
  },
  QCOW2_CORRUPT: {
    ...refused,
    message: 'Cannot open qcow2 "{source}": it is marked as corrupt (incompatible feature bit 1)',
    remedy:
      'use another copy of the image; or repair a copy with `qemu-img check -r all`, and check what it reports as lost',
  },
  QCOW2_ENCRYPTED: {
    ...refused,
    message: 'Cannot open qcow2 "{source}": it is encrypted ({method})',
    remedy: 'decrypt a copy with `qemu-img convert` and `--object secret`, and use the copy',
  },
  QCOW2_BACKING_FILE_REFUSED: {
    ...refused,
    message:
      'Cannot open qcow2 "{source}": it is an overlay of another file, "{name}", and no directory for such files was given',
    remedy:
      'merge both files with `qemu-img convert -O qcow2`; or, if you trust the image, give the directory of the other file with --files-in',
  },
  QCOW2_BACKING_FORMAT_MISSING: {
    ...refused,
    message: 'Cannot open qcow2 "{source}": it does not record the format of its backing file "{name}"',
    remedy:
      'record the format: `qemu-img rebase -u -b FILE -F raw|qcow2 IMAGE`; if Anneal guessed it, a guest could choose the format',
  },
  QCOW2_DATA_FILE_REFUSED: {
    ...refused,
    message:
      'Cannot open qcow2 "{source}": its data is in another file, "{name}" (incompatible feature bit 2), and no directory for such files was given',
    remedy:
      'merge both files with `qemu-img convert -O qcow2`; or, if you trust the image, give the directory of the other file with --files-in',
  },
  QCOW2_TABLE_INVALID: {
    ...refused,
    message:
      'Cannot read qcow2 "{source}": the {table} entry for byte {guestOffsetBytes} of the disk is {found}: {state}',
    remedy: damaged,
  },
  QCOW2_CLUSTER_DAMAGED: {
    ...refused,
    message:
      'Cannot read qcow2 "{source}": the compressed cluster at byte {guestOffsetBytes} of the disk ({lengthBytes} bytes at {offsetBytes} of the file) does not decompress to {clusterBytes} bytes',
    remedy: damaged,
  },
} as const satisfies ErrorTable

export const raise = errorsOf(QCOW2_ERRORS)
