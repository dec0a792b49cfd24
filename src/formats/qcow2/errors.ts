import { EXIT, errorsOf } from '../../core/index.ts'
import type { ErrorTable } from '../../core/index.ts'

const refused = { retry: false, exit: EXIT.refused } as const
const damaged =
  'the image is damaged: fetch it again and compare its checksum, or see what `qemu-img check` says'

export const QCOW2_ERRORS = {
  QCOW2_HEADER_INVALID: {
    ...refused,
    message:
      'Cannot open qcow2 "{source}": {field} at byte {offsetBytes} is {found}, and {expected} was expected',
    remedy: damaged,
  },
  QCOW2_VERSION_UNSUPPORTED: {
    ...refused,
    message: 'Cannot open qcow2 "{source}": it is of version {version}; versions 2 and 3 are read',
    remedy: 'convert it on a machine that can read it: `qemu-img convert -O qcow2 OLD NEW`',
  },
  QCOW2_FEATURE_UNKNOWN: {
    ...refused,
    message: 'Cannot open qcow2 "{source}": incompatible feature bit {bit} ({name}) is set',
    remedy:
      'convert it with a qemu-img that knows the feature: `qemu-img convert -O qcow2 OLD NEW`; or use a newer Anneal',
  },
  QCOW2_CORRUPT: {
    ...refused,
    message: 'Cannot open qcow2 "{source}": it is marked as corrupt (incompatible feature bit 1)',
    remedy:
      'take another copy of it; or repair a copy with `qemu-img check -r all`, and look at what it says is lost',
  },
  QCOW2_ENCRYPTED: {
    ...refused,
    message: 'Cannot open qcow2 "{source}": it is encrypted ({method})',
    remedy: 'decrypt a copy with `qemu-img convert` and `--object secret`, and give that',
  },
  QCOW2_BACKING_FILE_REFUSED: {
    ...refused,
    message:
      'Cannot open qcow2 "{source}": it is an overlay of another file, "{name}", and no directory was named from which such files may be read',
    remedy:
      'make it whole with `qemu-img convert -O qcow2`; or name the directory of that file, if you trust who made the image',
  },
  QCOW2_BACKING_FORMAT_MISSING: {
    ...refused,
    message: 'Cannot open qcow2 "{source}": it does not say of which format its backing file "{name}" is',
    remedy: 'say it: `qemu-img rebase -u -b FILE -F raw|qcow2 IMAGE`; guessing would let a guest choose it',
  },
  QCOW2_DATA_FILE_REFUSED: {
    ...refused,
    message:
      'Cannot open qcow2 "{source}": its data is in another file, "{name}" (incompatible feature bit 2), and no directory was named from which such files may be read',
    remedy:
      'make it whole with `qemu-img convert -O qcow2`; or name the directory of that file, if you trust who made the image',
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
