import { EXIT, errorsOf } from '../../core/index.ts'
import type { ErrorTable } from '../../core/index.ts'

const failed = { retry: false, exit: EXIT.failed } as const
const refused = { retry: false, exit: EXIT.refused } as const

export const IMAGE_SOURCE_ERRORS = {
  IMAGE_UNREADABLE: {
    ...failed,
    message: 'Cannot read "{path}": {reason}',
    remedy: 'correct the path, or run as a user who may read it; images are only ever opened for reading',
  },
  IMAGE_NOT_A_FILE: {
    ...failed,
    message: 'Cannot read "{path}": it is a {kind}, and an image has to be read at any place',
    remedy: 'give a file, a block device or an http(s) address; save what comes from a pipe to a file first',
  },
  IMAGE_CUT_SHORT: {
    ...failed,
    message:
      'Cannot read "{path}": it had {sizeBytes} bytes when it was opened, and ends at {offsetBytes} now',
    remedy: 'let nothing write to the image while it is read',
  },
  IMAGE_CHANGED: {
    ...failed,
    message: 'Cannot go on reading "{url}": it was replaced meanwhile ({what} was {before} and is {now})',
    remedy: 'run it again; or give the address of a version that does not change',
    retry: true,
  },
  IMAGE_NO_RANGES: {
    ...failed,
    message: 'Cannot read "{url}" in parts: the server answered {status} to a request for a range',
    remedy: 'download the image and give the file; or ask for it from a server that knows Range requests',
  },
  IMAGE_HTTP_FAILED: {
    ...failed,
    message: 'Cannot read "{url}": {reason}, after {attempts} attempts',
    remedy:
      'correct the address; behind a proxy set HTTPS_PROXY and NODE_USE_ENV_PROXY=1, for a CA of your own NODE_EXTRA_CA_CERTS',
    retry: true,
  },
  IMAGE_NEEDS_TEMPORARY: {
    ...refused,
    message:
      'Cannot read "{path}" over the network: it is packed with {wrapper}, which is not read at any place',
    remedy:
      'name a directory for the decompressed image; or put the image there uncompressed or as qcow2, of which only what is needed is fetched',
  },
  IMAGE_NO_SPACE: {
    ...failed,
    message:
      'Cannot decompress "{path}" into "{directory}": {neededBytes} bytes are needed, and {freeBytes} are free',
    remedy: 'make room, or name another directory',
  },
  IMAGE_WRAPPER_DAMAGED: {
    ...refused,
    message: 'Cannot decompress "{path}" ({wrapper}): {reason}',
    remedy: 'the file is damaged: fetch it again and compare its checksum',
  },
  IMAGE_UNPACK_REFUSED: {
    ...refused,
    message: 'Cannot unpack "{path}" ({wrapper}): {reason}',
    remedy: 'where you trust it, unpack it yourself: `{command}`',
  },
  IMAGE_NEEDS_PROGRAM: {
    ...refused,
    message: 'Cannot unpack "{path}": {wrapper} is not installed on this machine',
    remedy: 'install the package {wrapper}, or unpack the image elsewhere: `{command}`',
  },
  IMAGE_ARCHIVE_WITHOUT_IMAGE: {
    ...refused,
    message:
      'Cannot read "{path}": it is a {wrapper} archive, and no member of it is a disk image: {members}',
    remedy: 'list it (`{command}`), and give the disk image itself',
  },
  IMAGE_ARCHIVE_AMBIGUOUS: {
    ...refused,
    message:
      'Cannot read "{path}": it is a {wrapper} archive, and several members may be the image: {members}',
    remedy: 'unpack the one that is meant: `{command}`',
  },
  IMAGE_WRAPPED_TOO_DEEP: {
    ...refused,
    message: 'Cannot read "{path}": it is packed {depth} times over, and not yet an image',
    remedy: 'unpack it yourself, as far as you trust it',
  },
  IMAGE_OTHER_FILE_REFUSED: {
    ...refused,
    message: 'Cannot open "{name}", which the image names as its {use}: {reason}',
    remedy: 'put the file into the named directory, and let the image name it from there',
  },
} as const satisfies ErrorTable

export const raise = errorsOf(IMAGE_SOURCE_ERRORS)
