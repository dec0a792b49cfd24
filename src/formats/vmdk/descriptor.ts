import type { ByteSource } from '../../bytes/index.ts'
import { raise } from './errors.ts'
import { MAX_DESCRIPTOR_BYTES, MAX_EXTENTS, NO_PARENT, SECTOR_BYTES } from './layout.ts'

/** "The Descriptor File" */
export type Descriptor = Readonly<{
  createType: string
  extents: readonly ExtentLine[]
}>

/** `RW 4192256 SPARSE "disk-s001.vmdk"`, `RW 2101248 FLAT "disk-flat.vmdk" 0`, `RW 63 ZERO` */
export type ExtentLine = Readonly<{
  access: string
  sizeBytes: number
  type: string
  /** Empty of a ZERO extent. */
  name: string
  /** In that file. */
  offsetBytes: number
}>

const EXTENT = /^\s*(RW|RDONLY|NOACCESS)\s+(\d+)\s+([A-Z]+)(?:\s+"([^"]*)"(?:\s+(\d+))?)?/

/** Throws VMDK_DESCRIPTOR_INVALID, and VMDK_DIFFERENCING where the disk has a parent. */
export async function readDescriptor(
  source: ByteSource,
  place: Readonly<{ offsetBytes: number; lengthBytes: number }>,
  signal?: AbortSignal,
): Promise<Descriptor> {
  const invalid = (problem: string): Error =>
    raise('VMDK_DESCRIPTOR_INVALID', { source: source.name, problem })
  const { offsetBytes, lengthBytes } = place
  if (lengthBytes > MAX_DESCRIPTOR_BYTES) throw invalid(`its descriptor claims ${lengthBytes} bytes`)
  if (offsetBytes + lengthBytes > source.size) throw invalid('its descriptor lies outside of the file')
  const bytes = await source.read(offsetBytes, lengthBytes, signal)
  const end = bytes.indexOf(0)
  const lines = decode(end === -1 ? bytes : bytes.subarray(0, end)).split(/\r?\n|\r/)
  const values = new Map<string, string>()
  const extents: ExtentLine[] = []
  for (const line of lines) {
    const [, access, sectors, type = '', name = '', offset = '0'] = EXTENT.exec(line) ?? []
    if (access !== undefined) {
      const extent = { access, type, name, sizeBytes: Number(sectors) * SECTOR_BYTES }
      const at = Number(offset) * SECTOR_BYTES
      if (!Number.isSafeInteger(extent.sizeBytes) || !Number.isSafeInteger(at)) {
        throw invalid(`an extent has ${sectors} sectors from ${offset}`)
      }
      extents.push({ ...extent, offsetBytes: at })
      if (extents.length > MAX_EXTENTS) throw invalid(`its descriptor has more than ${MAX_EXTENTS} extents`)
      continue
    }
    const [, key, quoted, plain] = /^\s*([\w.]+)\s*=\s*(?:"([^"]*)"|(.*?))\s*$/.exec(line) ?? []
    if (key !== undefined) values.set(key.toLowerCase(), quoted ?? plain ?? '')
  }
  const createType = values.get('createtype')
  if (createType === undefined) throw invalid('its descriptor has no createType')
  const parent = values.get('parentcid')?.toLowerCase() ?? NO_PARENT
  if (parent !== NO_PARENT) {
    throw raise('VMDK_DIFFERENCING', {
      source: source.name,
      name: values.get('parentfilenamehint') ?? parent,
    })
  }
  return { createType, extents }
}

/** In UTF-8, unless the line `encoding` says otherwise and it is known. */
function decode(bytes: Uint8Array): string {
  const text = new TextDecoder().decode(bytes)
  const [, encoding = 'utf-8'] = /^encoding\s*=\s*"([^"]*)"/im.exec(text) ?? []
  try {
    return new TextDecoder(encoding).decode(bytes)
  } catch {
    return text
  }
}
