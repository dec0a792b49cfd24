import { EXIT, errorsOf } from '../../core/index.ts'
import type { ErrorTable } from '../../core/index.ts'

const refused = { retry: false, exit: EXIT.refused } as const
const damaged = 'the image is damaged: download it again and compare its checksum'

export const SQUASHFS_ERRORS = {
  SQUASHFS_BAD_MAGIC: {
    ...refused,
    message: 'Cannot open squashfs in "{source}": its magic is {found}, expected {expected}',
    remedy: damaged,
  },
  SQUASHFS_STREAM_UNFIXED: {
    ...refused,
    message:
      'Cannot open squashfs in "{source}": `mksquashfs -stream` wrote it, and its superblock is still at its end',
    remedy: 'put the superblock where it belongs with `mksquashfs -fix` (squashfs-tools 4.7)',
  },
  SQUASHFS_UNSUPPORTED_VERSION: {
    ...refused,
    message: 'Cannot open squashfs in "{source}": version {version} is not supported, only 4.0 is',
    remedy: 'unpack it with an older `unsquashfs`, and make it again with `mksquashfs`',
  },
  SQUASHFS_UNSUPPORTED_COMPRESSOR: {
    ...refused,
    message: 'Cannot open squashfs in "{source}": its compressor {compressor} is not supported',
    remedy: 'make it again with gzip, lzma, lzo, xz, lz4 or zstd',
  },
  SQUASHFS_CUT_SHORT: {
    ...refused,
    message:
      'Cannot open squashfs in "{source}": it has {expectedBytes} bytes, and only {foundBytes} are there',
    remedy: 'the image or its partition is truncated: download it again and compare its checksum',
  },
  SQUASHFS_BAD_FIELD: {
    ...refused,
    message: 'Cannot read {structure} at byte {offsetBytes}: {field} is {found}, expected {expected}',
    remedy: damaged,
  },
  SQUASHFS_BAD_BLOCK: {
    ...refused,
    message: 'Cannot decompress the {compressor} block at byte {offsetBytes}: {reason}',
    remedy: damaged,
  },
  SQUASHFS_NOT_A_DIRECTORY: {
    ...refused,
    message: 'Cannot list inode {inode}: it is a {kind}, not a directory',
    remedy: 'correct the path; `anneal image ls` lists the files',
  },
  SQUASHFS_NOT_A_SYMLINK: {
    ...refused,
    message: 'Cannot read the target of inode {inode}: it is a {kind}, not a symbolic link',
    remedy: 'correct the path; `anneal image ls -l` lists the files',
  },
  SQUASHFS_NOT_A_FILE: {
    ...refused,
    message: 'Cannot read the content of inode {inode}: it is a {kind}, not a regular file',
    remedy: 'correct the path; `anneal image ls -l` lists the files',
  },
  SQUASHFS_TOO_MANY_BLOCKS: {
    ...refused,
    message: 'Cannot read the content of inode {inode}: it has {blocks} blocks, and the limit is {limit}',
    remedy: 'the image may be damaged; if it is not, make it again with larger blocks (`mksquashfs -b 1M`)',
  },
} as const satisfies ErrorTable

export const raise = errorsOf(SQUASHFS_ERRORS)

/** A field of a structure that begins at byte `base` of the source, as far as that is known. */
export function badField(
  structure: string,
  offsetBytes: number,
  field: string,
  found: string | number,
  expected: string | number,
): Error {
  return raise('SQUASHFS_BAD_FIELD', { structure, offsetBytes, field, found, expected })
}
