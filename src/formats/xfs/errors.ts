import { EXIT, errorsOf } from '../../core/index.ts'
import type { ErrorTable } from '../../core/index.ts'

const refused = { retry: false, exit: EXIT.refused } as const
const damaged = 'the image is damaged: download it again, or run `xfs_repair` on a copy'

export const XFS_ERRORS = {
  XFS_BAD_MAGIC: {
    ...refused,
    message: 'Cannot read {structure} at byte {offsetBytes}: its magic is {found}, expected {expected}',
    remedy: damaged,
  },
  XFS_BAD_CHECKSUM: {
    ...refused,
    message: 'Cannot read {structure} at byte {offsetBytes}: its CRC is {found}, computed {expected}',
    remedy: damaged,
  },
  XFS_BAD_FIELD: {
    ...refused,
    message: 'Cannot read {structure} at byte {offsetBytes}: {field} is {found}, expected {expected}',
    remedy: damaged,
  },
  XFS_CUT_SHORT: {
    ...refused,
    message: 'Cannot open XFS in "{source}": it has {expectedBytes} bytes, and only {foundBytes} are there',
    remedy: 'the image or its partition is truncated: download it again and compare its checksum',
  },
  XFS_UNFINISHED: {
    ...refused,
    message: 'Cannot open XFS in "{source}": mkfs or xfs_copy did not finish',
    remedy: 'make the file system again',
  },
  XFS_UNSUPPORTED_VERSION: {
    ...refused,
    message: 'Cannot open XFS in "{source}": version {version} is not supported, only 4 and 5 are',
    remedy: 'copy its files into a newer file system',
  },
  XFS_UNSUPPORTED_FEATURE: {
    ...refused,
    message: 'Cannot open XFS in "{source}": the incompatible feature {feature} is not supported',
    remedy: 'copy the files to a file system without this feature',
  },
  XFS_NEEDS_REPAIR: {
    ...refused,
    message: 'Cannot open XFS in "{source}": it is marked as in need of repair',
    remedy: 'run `xfs_repair` on a copy; the kernel does not mount it either',
  },
  XFS_EXTERNAL_LOG: {
    ...refused,
    message: 'Cannot open XFS in "{source}": its log is on another device',
    remedy: 'make the file system with an internal log: an image of one device does not have all of it',
  },
  XFS_REALTIME_FILE: {
    ...refused,
    message: 'Cannot read inode {inode}: its blocks are in the realtime section, on another device',
    remedy: 'copy the file to the data section: clear its realtime flag before you write it',
  },
  XFS_NO_SUCH_INODE: {
    ...refused,
    message: 'Cannot read inode {inode}: {state}',
    remedy: damaged,
  },
  XFS_NOT_A_DIRECTORY: {
    ...refused,
    message: 'Cannot list inode {inode}: it is a {kind}, not a directory',
    remedy: 'correct the path; `anneal image ls` lists the files',
  },
  XFS_NOT_A_SYMLINK: {
    ...refused,
    message: 'Cannot read the target of inode {inode}: it is a {kind}, not a symbolic link',
    remedy: 'correct the path; `anneal image ls -l` lists the files',
  },
  XFS_NOT_A_FILE: {
    ...refused,
    message: 'Cannot read the content of inode {inode}: it is a {kind}, not a regular file',
    remedy: 'correct the path; `anneal image ls -l` lists the files',
  },
  XFS_TOO_MANY_EXTENTS: {
    ...refused,
    message: 'Cannot map inode {inode}: it has more than {limit} extents',
    remedy: 'the image may be damaged; if it is not, copy the file so that it is less fragmented',
  },
} as const satisfies ErrorTable

export const raise = errorsOf(XFS_ERRORS)
