import { EXIT, errorsOf } from '../../core/index.ts'
import type { ErrorTable } from '../../core/index.ts'

const refused = { retry: false, exit: EXIT.refused } as const
const DAMAGED = 'the file system is damaged: check a copy with `e2fsck -fn`, or download the image again'

export const EXT4_ERRORS = {
  EXT4_NO_SUPERBLOCK: {
    ...refused,
    message: 'Cannot open ext4 on "{source}": the superblock at byte 1024 has magic {found}, expected 0xef53',
    remedy: 'this is not ext2, ext3 or ext4; `anneal image inspect` shows what it is',
  },
  EXT4_REVISION_UNKNOWN: {
    ...refused,
    message: 'Cannot open ext4 on "{source}": its superblock has revision {found}, expected 0 or 1',
    remedy: DAMAGED,
  },
  EXT4_FEATURE_UNSUPPORTED: {
    ...refused,
    message: 'Cannot open ext4 on "{source}": the incompatible feature {features} is set',
    remedy: 'on a machine that supports the feature, copy the files to a file system without it',
  },
  EXT4_JOURNAL_DEVICE: {
    ...refused,
    message:
      'Cannot open ext4 on "{source}": it is an external journal (feature journal_dev), not a file system',
    remedy: 'open the file system of this journal: its superblock has the journal’s UUID {uuid}',
  },
  EXT4_CHECKSUM_MISMATCH: {
    ...refused,
    message:
      'Cannot read the {structure} at byte {offsetBytes}: its checksum is {found}, expected {expected}',
    remedy: DAMAGED,
  },
  EXT4_GEOMETRY_INVALID: {
    ...refused,
    message: 'Cannot use the {structure} at byte {offsetBytes}: {field} is {found}, expected {expected}',
    remedy: DAMAGED,
  },
  EXT4_CUT_SHORT: {
    ...refused,
    message:
      'Cannot open ext4 on "{source}": the file system has {neededBytes} bytes, and the source ends at {sizeBytes}',
    remedy: 'the image is truncated: download it again and compare its checksum',
  },
  EXT4_INODE_DAMAGED: {
    ...refused,
    message: 'Cannot read inode {inode} at byte {offsetBytes}: {field} is {found}, expected {expected}',
    remedy: DAMAGED,
  },
  EXT4_NO_SUCH_INODE: {
    ...refused,
    message: 'Cannot read inode {inode}: the file system has inodes 1 to {inodes}',
    remedy: DAMAGED,
  },
  EXT4_MAPPING_DAMAGED: {
    ...refused,
    message:
      'Cannot map inode {inode} ({structure} at byte {offsetBytes}): {field} is {found}, expected {expected}',
    remedy: DAMAGED,
  },
  EXT4_DIRECTORY_DAMAGED: {
    ...refused,
    message:
      'Cannot read directory inode {inode} at byte {offsetBytes}: {field} is {found}, expected {expected}',
    remedy: DAMAGED,
  },
  EXT4_ENCRYPTED: {
    ...refused,
    message: 'Cannot read the {what} of inode {inode}: it is encrypted (fscrypt)',
    remedy: 'read it on the machine that has the key; Anneal cannot use keys of encrypted directories',
  },
  EXT4_NOT_A_DIRECTORY: {
    ...refused,
    message: 'Cannot list inode {inode}: it is a {kind}, not a directory',
    remedy: 'name a directory; `anneal image ls` lists them',
  },
  EXT4_NOT_A_FILE: {
    ...refused,
    message: 'Cannot read inode {inode}: it is a {kind}, not a regular file',
    remedy: 'name a regular file; `anneal image ls` lists them',
  },
  EXT4_NOT_A_SYMLINK: {
    ...refused,
    message: 'Cannot read the link of inode {inode}: it is a {kind}, not a symbolic link',
    remedy: 'name a symbolic link; `anneal image ls -l` lists them',
  },
} as const satisfies ErrorTable

export const raise = errorsOf(EXT4_ERRORS)

/** How messages show a checksum or a magic. */
export function hex(value: number): string {
  return `0x${(value >>> 0).toString(16).padStart(4, '0')}`
}
