import { toHex } from '../../core/index.ts'
import { formatUuid } from '../../bytes/index.ts'
import type { ByteSource } from '../../bytes/index.ts'
import { raise } from './errors.ts'
import { HASHES, SIGNATURE, SUPERBLOCK, isVerityHash } from './layout.ts'
import type { VerityHash } from './layout.ts'

/** How a hash tree was made. */
export type VerityFacts = Readonly<{
  uuid: string
  hash: VerityHash
  /** 0: as Chrome OS made them; the salt is behind the data, and hashes are not padded. 1: of today. */
  hashType: 0 | 1
  dataBlockBytes: number
  hashBlockBytes: number
  dataBlocks: number
  salt: Uint8Array
}>

/** What veritysetup takes (VERITY_MAX_BLOCK_SIZE). */
const BLOCKS = { least: 512, most: 512 * 1024 }
const MOST_SALT_BYTES = 256

/** Throws VERITY_SUPERBLOCK_INVALID, VERITY_HASH_UNSUPPORTED. */
export async function readSuperblock(
  source: ByteSource,
  offsetBytes: number,
  signal?: AbortSignal,
): Promise<VerityFacts> {
  const invalid = (field: string, found: string | number, expected: string): Error =>
    raise('VERITY_SUPERBLOCK_INVALID', { source: source.name, field, found, expected })
  if (offsetBytes + SUPERBLOCK.sizeBytes > source.size)
    throw invalid('the end', source.size, `a superblock at byte ${offsetBytes}`)
  const block = SUPERBLOCK.read(await source.read(offsetBytes, SUPERBLOCK.sizeBytes, signal), offsetBytes)
  if (new TextDecoder('latin1').decode(block.signature) !== SIGNATURE)
    throw invalid('the signature', toHex(block.signature), `"verity" at byte ${offsetBytes}`)
  if (block.version !== 1) throw invalid('the version', block.version, '1')
  const { hashType, dataBlockBytes, hashBlockBytes, dataBlocks, saltBytes } = block
  if (hashType !== 0 && hashType !== 1) throw invalid('the hash type', hashType, '0 or 1')
  for (const [field, bytes] of [
    ['the size of data blocks', dataBlockBytes],
    ['the size of hash blocks', hashBlockBytes],
  ] as const) {
    if (bytes < BLOCKS.least || bytes > BLOCKS.most || (bytes & (bytes - 1)) !== 0)
      throw invalid(field, bytes, `a power of two from ${BLOCKS.least} to ${BLOCKS.most}`)
  }
  if (dataBlocks === 0 || !Number.isSafeInteger(dataBlocks * dataBlockBytes))
    throw invalid('the number of data blocks', dataBlocks, 'as many as fit on a disk')
  if (saltBytes > MOST_SALT_BYTES) throw invalid('the length of the salt', saltBytes, 'at most 256')
  const hash = block.algorithm.split('\0')[0] ?? ''
  if (!isVerityHash(hash)) throw raise('VERITY_HASH_UNSUPPORTED', { source: source.name, hash })
  if (HASHES[hash] * 2 > hashBlockBytes)
    throw invalid('the size of hash blocks', hashBlockBytes, 'room for two hashes')
  return {
    uuid: formatUuid(block.uuid),
    hash,
    hashType,
    dataBlockBytes,
    hashBlockBytes,
    dataBlocks,
    salt: new Uint8Array(block.salt.subarray(0, saltBytes)),
  }
}
