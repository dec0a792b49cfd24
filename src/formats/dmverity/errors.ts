import { EXIT, errorsOf } from '../../core/index.ts'
import type { ErrorTable } from '../../core/index.ts'

const refused = { retry: false, exit: EXIT.refused } as const
const FETCH_AGAIN = 'download the image again and compare its checksum'

export const DMVERITY_ERRORS = {
  VERITY_SUPERBLOCK_INVALID: {
    ...refused,
    message: 'Cannot read the dm-verity hash tree "{source}": {field} is {found}; expected {expected}',
    remedy: `${FETCH_AGAIN}; \`veritysetup dump\` shows the superblock`,
  },
  VERITY_HASH_UNSUPPORTED: {
    ...refused,
    message: 'Cannot check data with the dm-verity hash tree "{source}": its hash "{hash}" is not supported',
    remedy: 'use sha256 or sha512 (`veritysetup format --hash`)',
  },
  VERITY_TREE_SHORT: {
    ...refused,
    message:
      'Cannot read the dm-verity hash tree "{source}": it needs {neededBytes} bytes for {dataBlocks} blocks, and has {sizeBytes}',
    remedy: FETCH_AGAIN,
  },
  VERITY_DATA_SHORT: {
    ...refused,
    message:
      'Cannot check "{source}" with the dm-verity hash tree "{tree}": it has {sizeBytes} bytes, and the tree is of {neededBytes}',
    remedy: FETCH_AGAIN,
  },
  VERITY_ROOT_DIFFERS: {
    ...refused,
    message:
      'Cannot trust "{source}": the root hash of its dm-verity hash tree "{tree}" is {found}; the command line says {expected}',
    remedy: `${FETCH_AGAIN}: its own kernel would not boot it. \`convert --whole-disk\` copies it as it is`,
  },
  VERITY_BLOCK_DIFFERS: {
    ...refused,
    message:
      'Cannot read {what} {block} of "{source}" at byte {offsetBytes}: its dm-verity hash is {found}; the tree says {expected}',
    remedy: `${FETCH_AGAIN}: the data were changed after the tree was made, and its own kernel would not read them`,
  },
} as const satisfies ErrorTable

export const raise = errorsOf(DMVERITY_ERRORS)
