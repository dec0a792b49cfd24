import { formatHex32 } from '../../core/index.ts'
import { Cursor } from '../../bytes/index.ts'
import type { ByteSource, Packing, Values } from '../../bytes/index.ts'
import { badField, raise } from './errors.ts'
import { FLAGS, MAGIC, MAGIC_BIG_ENDIAN, MAGIC_STREAM, NO_TABLE, SUPERBLOCK, TABLES_AT } from './layout.ts'

export type Compressor = Readonly<{ name: string; packing: Packing }>

/** By the number on the disk. Linux reads all of them but lzma, which squashfs-tools still make. */
const COMPRESSORS: Readonly<Record<number, Compressor>> = {
  1: { name: 'gzip', packing: 'zlib' },
  2: { name: 'lzma', packing: 'lzma' },
  3: { name: 'lzo', packing: 'lzo' },
  4: { name: 'xz', packing: 'xz' },
  5: { name: 'lz4', packing: 'lz4' },
  6: { name: 'zstd', packing: 'zstd' },
}

/** Where a table's index is, and how many entries the table has. */
export type Table = Readonly<{ indexAt: number; entries: number }>

export type Geometry = Readonly<{
  blockSize: number
  bytesUsed: number
  compressor: Compressor
  rootInode: number
  inodes: number
  madeAt: number
  flags: number
  inodeTable: number
  directoryTable: number
  ids: Table
  /** Undefined where there are none. */
  fragments: Table | undefined
  xattrTable: number | undefined
}>

/** Reads and checks the superblock. Throws SQUASHFS_BAD_MAGIC, SQUASHFS_STREAM_UNFIXED, SQUASHFS_UNSUPPORTED_…, SQUASHFS_CUT_SHORT, SQUASHFS_BAD_FIELD. */
export async function readSuperblock(source: ByteSource, signal?: AbortSignal): Promise<Geometry> {
  if (source.size < SUPERBLOCK.sizeBytes) {
    const sizes = { expectedBytes: SUPERBLOCK.sizeBytes, foundBytes: source.size }
    throw raise('SQUASHFS_CUT_SHORT', { source: source.name, ...sizes })
  }
  const block = new Cursor(await source.read(0, SUPERBLOCK.sizeBytes, signal), SUPERBLOCK.name)
  checkVersion(source, block)
  const raw = SUPERBLOCK.read(block.bytes)
  const compressor = COMPRESSORS[raw.compression]
  if (compressor === undefined) {
    throw raise('SQUASHFS_UNSUPPORTED_COMPRESSOR', { source: source.name, compressor: raw.compression })
  }
  checkSizes(source, raw)
  const { bytesUsed, fragments, ids } = raw
  const table = (field: string, offset: number): number | undefined => {
    if (block.u64le(offset) === NO_TABLE) return undefined
    const start = block.safe64le(offset)
    if (start < SUPERBLOCK.sizeBytes || start > bytesUsed)
      throw badField(SUPERBLOCK.name, offset, field, start, `a place within ${bytesUsed} bytes`)
    return start
  }
  const needed = (field: string, offset: number): number => {
    const start = table(field, offset)
    if (start === undefined) throw badField(SUPERBLOCK.name, offset, field, 'absent', 'a place')
    return start
  }
  const fragmentTable = table('fragment_table_start', TABLES_AT.fragments)
  if (ids === 0) throw badField(SUPERBLOCK.name, 26, 'no_ids', 0, 'at least 1')
  return {
    blockSize: raw.blockSize,
    bytesUsed,
    compressor,
    rootInode: raw.rootInode,
    inodes: raw.inodes,
    madeAt: raw.madeAt,
    flags: raw.flags,
    inodeTable: needed('inode_table_start', TABLES_AT.inodes),
    directoryTable: needed('directory_table_start', TABLES_AT.directories),
    ids: { indexAt: needed('id_table_start', 48), entries: ids },
    fragments:
      fragments === 0 || fragmentTable === undefined
        ? undefined
        : { indexAt: fragmentTable, entries: fragments },
    xattrTable: table('xattr_id_table_start', TABLES_AT.xattrs),
  }
}

function checkVersion(source: ByteSource, block: Cursor): void {
  const magic = block.u32le(0)
  if (magic === MAGIC_BIG_ENDIAN) {
    throw raise('SQUASHFS_UNSUPPORTED_VERSION', {
      source: source.name,
      version: `${block.u16be(28)}.${block.u16be(30)} (big-endian)`,
    })
  }
  if (magic === MAGIC_STREAM) throw raise('SQUASHFS_STREAM_UNFIXED', { source: source.name })
  if (magic !== MAGIC) {
    throw raise('SQUASHFS_BAD_MAGIC', {
      source: source.name,
      found: formatHex32(magic),
      expected: formatHex32(MAGIC),
    })
  }
  const [major, minor] = [block.u16le(28), block.u16le(30)]
  if (major === 4 && minor === 0) return
  throw raise('SQUASHFS_UNSUPPORTED_VERSION', { source: source.name, version: `${major}.${minor}` })
}

function checkSizes(source: ByteSource, raw: Values<typeof SUPERBLOCK.fields>): void {
  const { blockSize, blockLog, bytesUsed } = raw
  if (blockLog < 12 || blockLog > 20 || blockSize !== 2 ** blockLog) {
    const expected = `a power of two from 4096 to 1048576 that fits its logarithm ${blockLog}`
    throw badField(SUPERBLOCK.name, 12, 'block_size', blockSize, expected)
  }
  if (bytesUsed > source.size) {
    const sizes = { expectedBytes: bytesUsed, foundBytes: source.size }
    throw raise('SQUASHFS_CUT_SHORT', { source: source.name, ...sizes })
  }
}

/** What is in use, in the words of `unsquashfs -stat`. */
export function featureNames({ flags, compressor, fragments, xattrTable }: Geometry): readonly string[] {
  const named = [
    [fragments !== undefined, 'fragments'],
    [(flags & FLAGS.alwaysFragments) !== 0, 'always-use-fragments'],
    [(flags & FLAGS.duplicates) !== 0, 'duplicates'],
    [(flags & FLAGS.exportable) !== 0, 'exportable'],
    [xattrTable !== undefined, 'xattrs'],
    [(flags & FLAGS.compressorOptions) !== 0, 'compressor-options'],
    [(flags & FLAGS.plainInodes) !== 0, 'uncompressed-inodes'],
    [(flags & FLAGS.plainData) !== 0, 'uncompressed-data'],
    [(flags & FLAGS.plainFragments) !== 0, 'uncompressed-fragments'],
  ] as const
  return [compressor.name, ...named.flatMap(([isUsed, name]) => (isUsed ? [name] : []))]
}
