import { EXIT, errorsOf } from '../../core/index.ts'
import type { ErrorTable } from '../../core/index.ts'
import type { Cursor } from '../../bytes/index.ts'

const refused = { retry: false, exit: EXIT.refused } as const
const damaged = 'the image is damaged: download it again, or run `fsck.erofs` on it'

export const EROFS_ERRORS = {
  EROFS_BAD_MAGIC: {
    ...refused,
    message: 'Cannot open EROFS in "{source}": its magic is {found}, expected {expected}',
    remedy: damaged,
  },
  EROFS_BAD_CHECKSUM: {
    ...refused,
    message: 'Cannot open EROFS in "{source}": the CRC of its superblock is {found}, computed {expected}',
    remedy: damaged,
  },
  EROFS_CUT_SHORT: {
    ...refused,
    message: 'Cannot open EROFS in "{source}": it has {expectedBytes} bytes, and only {foundBytes} are there',
    remedy: 'the image or its partition is truncated: download it again and compare its checksum',
  },
  EROFS_UNSUPPORTED_FEATURE: {
    ...refused,
    message: 'Cannot open EROFS in "{source}": the incompatible feature {feature} is not supported',
    remedy: 'make it again without this feature, or use a newer version of Anneal',
  },
  EROFS_BAD_FIELD: {
    ...refused,
    message: 'Cannot read {structure} at byte {offsetBytes}: {field} is {found}, expected {expected}',
    remedy: damaged,
  },
  EROFS_BAD_CLUSTER: {
    ...refused,
    message: 'Cannot decompress the {algorithm} cluster at byte {offsetBytes} of inode {inode}: {reason}',
    remedy: damaged,
  },
  EROFS_DEVICE_MISSING: {
    ...refused,
    message:
      'Cannot read the content of inode {inode}: it lies on device {device} ("{tag}"), which is missing',
    remedy: 'make the image without `--blobdev`, or merge it and its blobs with `mkfs.erofs`',
  },
  EROFS_NOT_A_DIRECTORY: {
    ...refused,
    message: 'Cannot list inode {inode}: it is a {kind}, not a directory',
    remedy: 'correct the path; `anneal image ls` lists the files',
  },
  EROFS_NOT_A_SYMLINK: {
    ...refused,
    message: 'Cannot read the target of inode {inode}: it is a {kind}, not a symbolic link',
    remedy: 'correct the path; `anneal image ls -l` lists the files',
  },
  EROFS_NOT_A_FILE: {
    ...refused,
    message: 'Cannot read the content of inode {inode}: it is a {kind}, not a regular file',
    remedy: 'correct the path; `anneal image ls -l` lists the files',
  },
} as const satisfies ErrorTable

export const raise = errorsOf(EROFS_ERRORS)

export function badField(
  where: Pick<Cursor, 'structure' | 'base'>,
  at: number,
  field: string,
  found: string | number,
  expected: string | number,
): Error {
  return raise('EROFS_BAD_FIELD', {
    structure: where.structure,
    offsetBytes: where.base + at,
    field,
    found,
    expected,
  })
}
