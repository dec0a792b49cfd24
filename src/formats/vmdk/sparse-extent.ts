import { Cursor, cached } from '../../bytes/index.ts'
import type { ByteSource, ReaderWarning } from '../../bytes/index.ts'
import { diskOfRuns } from '../block-map/index.ts'
import { warning } from './findings.ts'
import { SECTOR_BYTES } from './layout.ts'
import { packedGrains } from './packed-grains.ts'
import type { InflateZlib } from './packed-grains.ts'
import type { SparseHeader } from './sparse-header.ts'
import { sparseRuns } from './sparse-runs.ts'

const METADATA_CACHE = { blockBytes: 16_384, blocks: 512, maxReadBytes: 65_536 } as const
/** Directory entries that are looked at: 256 GiB of a disk with grains of 64 KiB. */
const MOST_ENTRIES = 8192

/** What a sparse extent holds, as a source. */
export async function sparseExtent(
  source: ByteSource,
  header: SparseHeader,
  inflate: InflateZlib,
  signal?: AbortSignal,
): Promise<Readonly<{ disk: ByteSource; warnings: readonly ReaderWarning[] }>> {
  const metadata = cached(source, METADATA_CACHE)
  const { sizeBytes, grainBytes, packed } = header
  const grains = packedGrains(source, packed?.markers === true, inflate)
  let lastUnitBytes: Promise<number> | undefined
  const runs = sparseRuns(source, metadata, header, (run) => {
    lastUnitBytes ??= grains.unitBytesOf(run, sizeBytes % grainBytes)
    return lastUnitBytes
  })
  const warnings: ReaderWarning[] = []
  if (await isCutShort(metadata, header, signal)) {
    const message = `VMDK "${source.name}" ends at byte ${source.size}, and what lies behind that is missing`
    warnings.push(warning('VMDK_CUT_SHORT', message))
  }
  if (header.isUnclean) {
    warnings.push(warning('VMDK_UNCLEAN', `VMDK "${source.name}" was not closed; it is read as it is`))
  }
  return { disk: diskOfRuns({ name: source.name, sizeBytes, runs, readPacked: grains.readPacked }), warnings }
}

/** Whether grain tables lie beyond the end of the file. */
async function isCutShort(
  metadata: ByteSource,
  { directoryOffset, directoryEntries, tableEntries }: SparseHeader,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const lengthBytes = Math.min(directoryEntries, MOST_ENTRIES) * 4
  const directory = new Cursor(
    await metadata.read(directoryOffset, lengthBytes, signal),
    'VMDK grain directory',
  )
  for (let at = 0; at < lengthBytes; at += 4) {
    if (directory.u32le(at) * SECTOR_BYTES + tableEntries * 4 > metadata.size) return true
  }
  return false
}
