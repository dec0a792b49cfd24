/**
 * ISO 9660 (ECMA-119) as Linux' isofs shows it: names by Rock Ridge, else Joliet, else in lower case; directories that
 * Rock Ridge moved are where they belong; files of several sections are one. References: ECMA-119, 4th edition; IEEE
 * P1281 and P1282; Joliet Specification; El Torito 1.0; fs/isofs of Linux 6.1.
 *
 * Refused one by one: interleaved files, files that zisofs compressed. Not read: the path table, multi-session discs but
 * for their first session, extended attribute records, UDF of a bridge disc.
 */
import { cached } from '../../bytes/index.ts'
import type { ByteSource } from '../../bytes/index.ts'
import type { FileSystem } from '../filesystem/index.ts'
import { readVolume } from './descriptors.ts'
import { readBootCatalog } from './el-torito.ts'
import { warning } from './findings.ts'
import { IsoFileSystem } from './iso-file-system.ts'
import { SECTOR_BYTES } from './layout.ts'
import { parseRecord, recordsOf } from './records.ts'
import { sharedSkip } from './rock-ridge.ts'

const METADATA_CACHE = { blockBytes: 32_768, blocks: 256 } as const

/** Throws ISO9660_DAMAGED, ISO9660_CUT_SHORT (for the root directory). */
export async function openIso9660(
  source: ByteSource,
  options: Readonly<{ signal?: AbortSignal }> = {},
): Promise<FileSystem> {
  const { signal } = options
  const metadata = cached(source, METADATA_CACHE)
  const volume = await readVolume(metadata, signal)
  const { blockBytes, sizeBytes, label, uuid, catalogOffset } = volume
  const skipBytes = await rockRidgeSkip(metadata, volume.primary.rootOffset, blockBytes, signal)
  const tree = skipBytes === undefined ? (volume.joliet ?? volume.primary) : volume.primary
  const catalog = catalogOffset === undefined ? [] : await readBootCatalog(metadata, catalogOffset, signal)
  const warnings = [...volume.warnings]
  if (catalog === undefined) {
    const message = `the boot catalog at byte ${catalogOffset} of "${source.name}"`
    warnings.push(warning('ISO9660_CATALOG_DAMAGED', message))
  }
  return new IsoFileSystem({
    source,
    metadata,
    facts: {
      type: 'iso9660',
      label,
      uuid,
      blockSizeBytes: blockBytes,
      sectorSizeBytes: 512,
      sizeBytes,
      freeBytes: 0,
      features: [
        ...(skipBytes === undefined ? [] : ['rock-ridge']),
        ...(volume.joliet === undefined ? [] : ['joliet']),
        ...(catalogOffset === undefined ? [] : ['el-torito']),
      ],
      clean: true,
    },
    warnings,
    rootOffset: tree.rootOffset,
    blockBytes,
    joliet: tree.joliet,
    skipBytes,
    bootImages: catalog ?? [],
  })
}

/** The first record of the root directory says whether the disc has Rock Ridge. */
async function rockRidgeSkip(
  source: ByteSource,
  rootOffset: number,
  blockBytes: number,
  signal: AbortSignal | undefined,
): Promise<number | undefined> {
  const start = Math.floor(rootOffset / SECTOR_BYTES) * SECTOR_BYTES
  const block = await source.read(start, SECTOR_BYTES, signal)
  const { fields } = parseRecord(source, block, rootOffset - start, start)
  const offsetBytes = (fields.extent + fields.attributeBlocks) * blockBytes
  const extent = { offsetBytes, lengthBytes: fields.sizeBytes }
  for await (const self of recordsOf(source, extent, signal)) return sharedSkip(self.area, self.areaOffset)
  return undefined
}
