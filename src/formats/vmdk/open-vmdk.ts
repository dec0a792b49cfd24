import { mapped } from '../../bytes/index.ts'
import type { ByteSource, Piece, ReaderWarning } from '../../bytes/index.ts'
import { readDescriptor } from './descriptor.ts'
import type { Descriptor, ExtentLine } from './descriptor.ts'
import { raise } from './errors.ts'
import { MAX_DESCRIPTOR_BYTES } from './layout.ts'
import type { InflateZlib } from './packed-grains.ts'
import { sparseExtent } from './sparse-extent.ts'
import { readSparseHeader } from './sparse-header.ts'

/**
 * VMDK of VMware Workstation, ESX, VirtualBox and QEMU: VMware's "Virtual Disk Format 5.0".
 *
 * Read: sparse disks in one file, also compressed for a stream, with the grain directory at the end or not; where the
 * caller opens the extents, disks whose descriptor is a file of its own: flat, split and of VMFS. Refused by name:
 * snapshots, devices and the sparse formats of ESX. Nothing is ever written.
 */
export type Vmdk = Readonly<{
  /** As the descriptor calls it: `monolithicSparse`, `streamOptimized`, `monolithicFlat`, … */
  variant: string
  warnings: readonly ReaderWarning[]
  /** The disk. */
  source: ByteSource
}>

/** Another file that the image names. Whoever made the image chose the name: it must not be followed unchecked. */
export type OtherExtent = Readonly<{ name: string; use: 'extent'; format: 'raw' }>

export type OpenVmdkOptions = Readonly<{
  decompress: Readonly<{ zlib: InflateZlib }>
  /** Opens files that the image names; without it, images with such files are refused. */
  openOther?: (file: OtherExtent) => Promise<ByteSource>
  signal?: AbortSignal
}>

type Opened = Readonly<{ disk: ByteSource; warnings: readonly ReaderWarning[] }>

/** Types whose one extent is the file that has the descriptor in it. */
const IN_ITSELF: readonly string[] = ['monolithicSparse', 'streamOptimized']
/** Types of a descriptor in a file of its own. */
const IN_OTHERS: readonly string[] = [
  'monolithicFlat',
  'twoGbMaxExtentFlat',
  'twoGbMaxExtentSparse',
  '2GbMaxExtentFlat',
  '2GbMaxExtentSparse',
  'vmfs',
  'vmfsThin',
  'vmfsPreallocated',
  'vmfsEagerZeroedThick',
]
const FLAT: readonly string[] = ['FLAT', 'VMFS']

/** Opens an image; reads its headers and the begin of its grain directory. Throws VMDK_… as errors.ts lists them. */
export async function openVmdk(source: ByteSource, options: OpenVmdkOptions): Promise<Vmdk> {
  const { signal } = options
  const start = await source.read(0, Math.min(4, source.size), signal)
  if (new TextDecoder('latin1').decode(start) !== 'KDMV') {
    const lengthBytes = Math.min(source.size, MAX_DESCRIPTOR_BYTES)
    const descriptor = await readDescriptor(source, { offsetBytes: 0, lengthBytes }, signal)
    return withDescriptor(source, descriptor, options)
  }
  const header = await readSparseHeader(source, signal)
  if (header.descriptor === undefined) throw raise('VMDK_DESCRIPTOR_MISSING', { source: source.name })
  const descriptor = await readDescriptor(source, header.descriptor, signal)
  const { createType } = descriptor
  if (!IN_ITSELF.includes(createType)) {
    throw raise('VMDK_TYPE_UNSUPPORTED', { source: source.name, type: createType })
  }
  const { disk, warnings } = await sparseExtent(source, header, options.decompress.zlib, signal)
  return { variant: createType, warnings, source: disk }
}

async function withDescriptor(
  source: ByteSource,
  { createType, extents }: Descriptor,
  options: OpenVmdkOptions,
): Promise<Vmdk> {
  if (!IN_OTHERS.includes(createType)) {
    throw raise('VMDK_TYPE_UNSUPPORTED', { source: source.name, type: createType })
  }
  const pieces: Piece[] = []
  const warnings: ReaderWarning[] = []
  for (const extent of extents) {
    const { type, sizeBytes, name, offsetBytes } = extent
    if (type === 'ZERO') {
      pieces.push({ lengthBytes: sizeBytes, hole: 'zero' })
      continue
    }
    const opened = await openExtent(source, extent, options)
    const neededBytes = offsetBytes + sizeBytes
    if (opened.disk.size < neededBytes) {
      const foundBytes = opened.disk.size
      throw raise('VMDK_EXTENT_SHORT', { source: source.name, name, foundBytes, neededBytes })
    }
    warnings.push(...opened.warnings)
    pieces.push({ lengthBytes: sizeBytes, source: opened.disk, sourceOffsetBytes: offsetBytes })
  }
  if (pieces.length === 0) {
    throw raise('VMDK_DESCRIPTOR_INVALID', { source: source.name, problem: 'its descriptor has no extents' })
  }
  return { variant: createType, warnings, source: mapped(pieces, source.name) }
}

async function openExtent(
  source: ByteSource,
  { access, type, name }: ExtentLine,
  { openOther, decompress, signal }: OpenVmdkOptions,
): Promise<Opened> {
  const isKnown = type === 'SPARSE' || FLAT.includes(type)
  if (access === 'NOACCESS' || !isKnown) {
    const what = access === 'NOACCESS' ? `${type} (without access)` : type
    throw raise('VMDK_TYPE_UNSUPPORTED', { source: source.name, type: `extent ${what}` })
  }
  if (openOther === undefined) throw raise('VMDK_EXTENT_REFUSED', { source: source.name, name })
  const file = await openOther({ name, use: 'extent', format: 'raw' })
  if (FLAT.includes(type)) return { disk: file, warnings: [] }
  return sparseExtent(file, await readSparseHeader(file, signal), decompress.zlib, signal)
}
