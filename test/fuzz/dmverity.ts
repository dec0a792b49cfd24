import { ALGORITHMS } from '../../src/adapters/codec/index.ts'
import { fromBytes, zeros } from '../../src/bytes/index.ts'
import type { ByteSource } from '../../src/bytes/index.ts'
import { isAnnealError, toHex } from '../../src/core/index.ts'
import { openVerityTree } from '../../src/formats/dmverity/index.ts'
import type { VerityTree } from '../../src/formats/dmverity/index.ts'
import { SUPERBLOCK } from '../../src/formats/dmverity/layout.ts'
import { loadFixtures } from '../fixtures/load-fixtures.ts'
import { fieldsOf } from './target.ts'
import type { FuzzTarget } from './target.ts'

/** What the fixtures are of: `seq 200000`. */
const NUMBERS = new TextEncoder().encode(
  Array.from({ length: 200_000 }, (_, index) => `${index + 1}\n`).join(''),
)
const MOST_READ = 5000

/** Hash trees by veritysetup, over the right data and over zeros: the top of a changed tree is right again by its own word. */
export const dmverity: FuzzTarget = {
  name: 'dmverity',
  seeds: async () => (await loadFixtures('dmverity')).filter(({ name }) => !name.includes('with-offset')),
  async exercise(source) {
    const tree = await openVerityTree(source, { algorithms: ALGORITHMS })
    const { dataBlocks, dataBlockBytes } = tree.facts
    const size = dataBlocks * dataBlockBytes
    const root = toHex(await topOf(source, tree))
    const right = fromBytes(NUMBERS.subarray(0, Math.min(size, NUMBERS.length)), 'data')
    for (const data of [right, zeros(size)]) {
      const checked = tree.verified(data, root)
      for (const offset of [0, Math.floor(data.size / 2), Math.max(0, data.size - MOST_READ)])
        await attempt(() => checked.read(offset, Math.min(MOST_READ, data.size - offset)))
    }
  },
  fields: async () => fieldsOf(SUPERBLOCK, 0, 'le'),
}

/** The hash of the block behind the superblock's. */
async function topOf(source: ByteSource, { facts }: VerityTree): Promise<Uint8Array> {
  const { hash, hashBlockBytes, hashType, salt } = facts
  const at = Math.ceil(SUPERBLOCK.sizeBytes / hashBlockBytes) * hashBlockBytes
  const block = await source.read(at, Math.min(hashBlockBytes, Math.max(0, source.size - at)))
  const digest = await ALGORITHMS.digest(hash)
  return digest(Buffer.concat(hashType === 0 ? [block, salt] : [salt, block]))
}

async function attempt(what: () => Promise<unknown>): Promise<void> {
  try {
    await what()
  } catch (error) {
    if (!isAnnealError(error)) throw error
  }
}
