import { EXIT, errorsOf } from '../../core/index.ts'
import type { ErrorTable } from '../../core/index.ts'

const failed = { retry: false, exit: EXIT.failed } as const
const refused = { retry: false, exit: EXIT.refused } as const

export const IMAGE_SOURCE_ERRORS = {
  IMAGE_UNREADABLE: {
    ...failed,
    message: 'Cannot read "{path}": {reason}',
    remedy: 'correct the path, or run as a user who can read the file; read access is enough',
  },
  IMAGE_NOT_A_FILE: {
    ...failed,
    message: 'Cannot read "{path}": it is a {kind}, which cannot be read at random positions',
    remedy:
      'give a file, a block device or an http(s) address; save the data of a pipe to a file first; write oci:DIR for a directory with a container image',
  },
  IMAGE_CUT_SHORT: {
    ...failed,
    message:
      'Cannot read "{path}": it had {sizeBytes} bytes when it was opened, and now ends at {offsetBytes}',
    remedy: 'stop the program that writes to the image, then run this again',
  },
  IMAGE_CHANGED: {
    ...failed,
    message:
      'Cannot continue to read "{url}": it was replaced meanwhile ({what} was {before} and is now {now})',
    remedy: 'run it again, or use the address of a version that does not change',
    retry: true,
  },
  IMAGE_FILE_CHANGED: {
    ...failed,
    message: 'Cannot use what was read of "{path}": the file was written meanwhile',
    remedy:
      'stop the program that writes to the image (shut the guest down), or read a snapshot or a copy of it; then run this again',
    retry: true,
  },
  IMAGE_NO_RANGES: {
    ...failed,
    message: 'Cannot read parts of "{url}": the server answered {status} to a range request',
    remedy: 'download the image and give the file, or use a server that supports range requests',
  },
  IMAGE_HTTP_FAILED: {
    ...failed,
    message: 'Cannot read "{url}": {reason}, after {attempts} attempts',
    remedy:
      'correct the address; behind a proxy set HTTPS_PROXY and NODE_USE_ENV_PROXY=1, for your own CA set NODE_EXTRA_CA_CERTS',
    retry: true,
  },
  IMAGE_NEEDS_TEMPORARY: {
    ...refused,
    message:
      'Cannot read "{path}" over the network: it is compressed with {wrapper}, and its parts cannot be read on their own',
    remedy:
      'give a directory for the decompressed image with --temporary; or publish the image uncompressed or as qcow2: then only the parts that are needed are fetched',
  },
  IMAGE_NO_SPACE: {
    ...failed,
    message:
      'Cannot decompress "{path}" into "{directory}": {neededBytes} bytes are needed, and {freeBytes} are free',
    remedy: 'free space there, or name another directory with --temporary',
  },
  IMAGE_TEMPORARY_UNWRITABLE: {
    ...failed,
    message: 'Cannot decompress "{path}" into "{directory}": {why}',
    remedy: 'name an existing directory that you can write to, with --temporary or TMPDIR',
  },
  IMAGE_WRAPPER_DAMAGED: {
    ...refused,
    message: 'Cannot decompress "{path}" ({wrapper}): {reason}',
    remedy: 'the file is damaged: download it again and compare its checksum',
  },
  IMAGE_UNPACK_REFUSED: {
    ...refused,
    message: 'Cannot unpack "{path}" ({wrapper}): {reason}',
    remedy: 'if you trust the file, unpack it yourself: `{command}`',
  },
  IMAGE_NEEDS_PROGRAM: {
    ...refused,
    message: 'Cannot unpack "{path}": {wrapper} is not installed on this machine',
    remedy: 'install the package {wrapper}, or unpack the image elsewhere: `{command}`',
  },
  IMAGE_ARCHIVE_WITHOUT_IMAGE: {
    ...refused,
    message: 'Cannot read "{path}": it is a {wrapper} archive without a disk image: {members}',
    remedy: 'list the archive (`{command}`), and give the disk image itself',
  },
  IMAGE_ARCHIVE_AMBIGUOUS: {
    ...refused,
    message:
      'Cannot read "{path}": it is a {wrapper} archive, and several members could be the image: {members}',
    remedy: 'unpack the right one: `{command}`',
  },
  IMAGE_WRAPPED_TOO_DEEP: {
    ...refused,
    message: 'Cannot read "{path}": after {depth} layers of packing there is still no image',
    remedy: 'unpack it yourself, if you trust it',
  },
  IMAGE_OTHER_FILE_REFUSED: {
    ...refused,
    message: 'Cannot open "{name}", which the image names as its {use}: {reason}',
    remedy: 'put the file into the directory of --files-in, and let the image name it by a path in there',
  },
} as const satisfies ErrorTable

export const raise = errorsOf(IMAGE_SOURCE_ERRORS)
