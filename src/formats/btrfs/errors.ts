import { EXIT, errorsOf } from '../../core/index.ts'
import type { ErrorTable } from '../../core/index.ts'

const refused = { retry: false, exit: EXIT.refused } as const
const damaged = 'the image is damaged: download it again, or run `btrfs check` on a copy'

export const BTRFS_ERRORS = {
  BTRFS_BAD_MAGIC: {
    ...refused,
    message: 'Cannot read {structure} at byte {offsetBytes}: its magic is {found}, expected {expected}',
    remedy: damaged,
  },
  BTRFS_BAD_CHECKSUM: {
    ...refused,
    message:
      'Cannot read {structure} at byte {offsetBytes}: its {algorithm} checksum is {found}, computed {expected}',
    remedy: damaged,
  },
  BTRFS_BAD_FIELD: {
    ...refused,
    message: 'Cannot read {structure} at byte {offsetBytes}: {field} is {found}, expected {expected}',
    remedy: damaged,
  },
  BTRFS_CUT_SHORT: {
    ...refused,
    message: 'Cannot open btrfs in "{source}": it has {expectedBytes} bytes, and only {foundBytes} are there',
    remedy: 'the image or its partition is truncated: download it again and compare its checksum',
  },
  BTRFS_CHECKSUM_UNKNOWN: {
    ...refused,
    message: 'Cannot open btrfs in "{source}": the checksum type {type} is not known',
    remedy: 'use a newer version of Anneal, or copy the files to a file system with crc32c',
  },
  BTRFS_FEATURE_UNSUPPORTED: {
    ...refused,
    message: 'Cannot open btrfs in "{source}": the incompatible feature {feature} is not supported',
    remedy: 'copy the files to a file system without this feature',
  },
  BTRFS_STATE_UNSUPPORTED: {
    ...refused,
    message: 'Cannot open btrfs in "{source}": {state}',
    remedy: '{remedy}',
  },
  BTRFS_SEVERAL_DEVICES: {
    ...refused,
    message:
      'Cannot open btrfs in "{source}": it is on {count} devices, and an image of one does not have all of it',
    remedy: 'remove the other devices with `btrfs device remove` before you make the image',
  },
  BTRFS_PROFILE_UNSUPPORTED: {
    ...refused,
    message: 'Cannot open btrfs in "{source}": it has chunks with the profile {profile}',
    remedy: 'convert it to single or DUP with `btrfs balance start -dconvert=single -mconvert=dup`',
  },
  BTRFS_NOT_MAPPED: {
    ...refused,
    message: 'Cannot read {structure}: no chunk has the logical address {logical} with {lengthBytes} bytes',
    remedy: damaged,
  },
  BTRFS_DATA_DAMAGED: {
    ...refused,
    message:
      'Cannot read the data of "{source}" at logical address {logical} (byte {offsetBytes} of the device): {state}',
    remedy:
      'the image is damaged: download it again; `btrfs scrub` on a mounted copy lists the files that are damaged',
  },
  BTRFS_EXTENT_DAMAGED: {
    ...refused,
    message:
      'Cannot decompress {lengthBytes} bytes of {compression} at logical address {logical}: they do not give {expectedBytes} bytes',
    remedy: damaged,
  },
  BTRFS_NO_SUCH_NODE: {
    ...refused,
    message: 'Cannot read inode {inode} of the subvolume {subvolume}: {state}',
    remedy: damaged,
  },
  BTRFS_NO_SUCH_TREE: {
    ...refused,
    message: 'Cannot open the tree {tree} of btrfs in "{source}": the root tree does not have it',
    remedy: damaged,
  },
  BTRFS_NO_SUCH_SUBVOLUME: {
    ...refused,
    message: 'Cannot open the subvolume {subvolume} of "{source}": the file system does not have it',
    remedy: '`anneal image inspect` lists the subvolumes',
  },
  BTRFS_NOT_A_DIRECTORY: {
    ...refused,
    message: 'Cannot list inode {inode} of the subvolume {subvolume}: it is a {kind}, not a directory',
    remedy: 'correct the path; `anneal image ls` lists the files',
  },
  BTRFS_NOT_A_SYMLINK: {
    ...refused,
    message:
      'Cannot read the target of inode {inode} of the subvolume {subvolume}: it is a {kind}, not a symbolic link',
    remedy: 'correct the path; `anneal image ls -l` lists the files',
  },
  BTRFS_NOT_A_FILE: {
    ...refused,
    message:
      'Cannot read the content of inode {inode} of the subvolume {subvolume}: it is a {kind}, not a regular file',
    remedy: 'correct the path; `anneal image ls -l` lists the files',
  },
  BTRFS_TOO_MANY: {
    ...refused,
    message: 'Cannot read {structure}: it has more than {limit} {things}',
    remedy: 'the image may be damaged: run `btrfs check` on a copy',
  },
} as const satisfies ErrorTable

export const raise = errorsOf(BTRFS_ERRORS)
