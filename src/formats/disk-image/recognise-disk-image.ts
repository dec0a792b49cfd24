import type { ByteSource } from '../../bytes/index.ts'
import { raise } from './errors.ts'

export type DiskImageType = 'raw' | 'qcow2' | 'vmdk' | 'vdi' | 'vhd' | 'vhdx' | 'iso'

/** `read` is what a reader calls it; without, it is known by its name alone. */
type Signature = Readonly<{ type: string; offsetBytes: number; text: string; read?: DiskImageType }>

/** What begins with none of these is raw: a disk has no magic of its own. */
const SIGNATURES: readonly Signature[] = [
  { type: 'qcow2', offsetBytes: 0, text: 'QFI\xfb', read: 'qcow2' },
  // "Virtual Disk Format 5.0", 4.1 (sparse extents) and 2 (text descriptors).
  { type: 'VMDK', offsetBytes: 0, text: 'KDMV', read: 'vmdk' },
  { type: 'VMDK of ESX (COWD)', offsetBytes: 0, text: 'COWD' },
  { type: 'VMDK', offsetBytes: 0, text: '# Disk DescriptorFile', read: 'vmdk' },
  // [MS-VHDX] 2.2.1.
  { type: 'VHDX', offsetBytes: 0, text: 'vhdxfile', read: 'vhdx' },
  // The footer of a dynamic one has a copy at the start; of a fixed one, only the last sector is not the disk's.
  { type: 'VHD', offsetBytes: 0, text: 'conectix', read: 'vhd' },
  // The signature 0xbeda107f behind 64 bytes of text.
  { type: 'VDI', offsetBytes: 64, text: '\x7f\x10\xda\xbe', read: 'vdi' },
  { type: 'QED', offsetBytes: 0, text: 'QED\0' },
  { type: 'Parallels', offsetBytes: 0, text: 'WithoutFreeSpace' },
  { type: 'Parallels', offsetBytes: 0, text: 'WithouFreSpacExt' },
  // ECMA-119, 8.4: the first volume descriptor, in sector 16.
  { type: 'ISO 9660', offsetBytes: 32_769, text: 'CD001', read: 'iso' },
]

const HEAD_BYTES = 32_774
/** The footer of a fixed VHD; before Virtual PC 2004 it was a byte shorter. */
const VHD_FOOTER_BYTES = 512
const OLD_VHD_FOOTER_BYTES = 511

/**
 * Whether a file is a disk as it is, or an image of one in a format that is read: by signatures, never by a name. Whatever
 * else is known is refused: read as raw, its own structures would be taken for the disk's. An ISO image is one whatever
 * partition table it has as well. Throws DISK_IMAGE_UNSUPPORTED. Reads the first 33 KiB and the last 512 bytes.
 */
export async function recogniseDiskImage(source: ByteSource, signal?: AbortSignal): Promise<DiskImageType> {
  const head = await source.read(0, Math.min(HEAD_BYTES, source.size), signal)
  const found = SIGNATURES.find(({ offsetBytes, text }) => hasText(head, offsetBytes, text))
  if (found?.read !== undefined) return found.read
  if (found !== undefined) throw raise('DISK_IMAGE_UNSUPPORTED', { source: source.name, type: found.type })
  return (await endsWithVhdFooter(source, signal)) ? 'vhd' : 'raw'
}

async function endsWithVhdFooter(source: ByteSource, signal: AbortSignal | undefined): Promise<boolean> {
  if (source.size <= VHD_FOOTER_BYTES) return false
  const end = await source.read(source.size - VHD_FOOTER_BYTES, VHD_FOOTER_BYTES, signal)
  const offset = [0, VHD_FOOTER_BYTES - OLD_VHD_FOOTER_BYTES].find((at) => hasText(end, at, 'conectix'))
  return offset !== undefined && (source.size - VHD_FOOTER_BYTES + offset) % 512 === 0
}

function hasText(bytes: Uint8Array, offset: number, text: string): boolean {
  if (offset + text.length > bytes.length) return false
  for (let index = 0; index < text.length; index += 1) {
    if (bytes[offset + index] !== text.charCodeAt(index)) return false
  }
  return true
}
