import { Cursor } from '../../bytes/index.ts'
import type { ByteSource } from '../../bytes/index.ts'
import type { BootImage } from '../filesystem/index.ts'
import { BOOT_ENTRY, CATALOG_ENTRY_BYTES, SECTOR_BYTES } from './layout.ts'

const PLATFORMS: Readonly<Record<number, BootImage['platform']>> = { 0: 'bios', 0xef: 'uefi' }
const MOST_CATALOG_BYTES = 64 * 1024

/** The entries of a boot catalog ("El Torito", 2.1 to 2.5; UEFI 2.10, 13.3.2.1); undefined where its first entry is not sound. */
export async function readBootCatalog(
  source: ByteSource,
  catalogOffset: number,
  signal?: AbortSignal,
): Promise<readonly BootImage[] | undefined> {
  const length = Math.min(MOST_CATALOG_BYTES, source.size - catalogOffset)
  if (length < 2 * CATALOG_ENTRY_BYTES) return undefined
  const catalog = new Cursor(await source.read(catalogOffset, length, signal), 'boot catalog', catalogOffset)
  if (!isSound(catalog)) return undefined
  const images: BootImage[] = []
  const add = async (at: number, platform: BootImage['platform']): Promise<void> => {
    const entry = BOOT_ENTRY.read(catalog.slice(at, CATALOG_ENTRY_BYTES), catalogOffset + at)
    const offsetBytes = entry.block * SECTOR_BYTES
    if (offsetBytes >= source.size) return
    const media = entry.media & 0x0f
    images.push({
      platform,
      bootable: entry.indicator === 0x88,
      emulation: media === 0 ? 'none' : media === 4 ? 'hard disk' : 'floppy',
      offsetBytes,
      lengthBytes: await lengthOf(source, offsetBytes, entry.sectors * 512, signal),
    })
  }
  await add(CATALOG_ENTRY_BYTES, PLATFORMS[catalog.u8(1)] ?? 'other')
  let at = 2 * CATALOG_ENTRY_BYTES
  for (let isLast = false; !isLast && at + CATALOG_ENTRY_BYTES <= catalog.length;) {
    const header = catalog.u8(at)
    if (header !== 0x90 && header !== 0x91) break
    isLast = header === 0x91
    const platform = PLATFORMS[catalog.u8(at + 1)] ?? 'other'
    const count = catalog.u16le(at + 2)
    at += CATALOG_ENTRY_BYTES
    for (let index = 0; index < count && at + CATALOG_ENTRY_BYTES <= catalog.length; index += 1) {
      await add(at, platform)
      at += CATALOG_ENTRY_BYTES
      while (at + CATALOG_ENTRY_BYTES <= catalog.length && catalog.u8(at) === 0x44) at += CATALOG_ENTRY_BYTES
    }
  }
  return images
}

/** 2.1: all words of the validation entry add up to zero. */
function isSound(catalog: Cursor): boolean {
  let sum = 0
  for (let at = 0; at < CATALOG_ENTRY_BYTES; at += 2) sum += catalog.u16le(at)
  return catalog.u8(0) === 1 && catalog.u16be(30) === 0x55_aa && (sum & 0xffff) === 0
}

/** Makers put any number of sectors there, also 0 and 1; a FAT says itself how large it is. */
async function lengthOf(
  source: ByteSource,
  offset: number,
  saidBytes: number,
  signal: AbortSignal | undefined,
): Promise<number> {
  const left = source.size - offset
  if (left < 512) return left
  const boot = new Cursor(await source.read(offset, 512, signal), 'boot image', offset)
  const sectorBytes = boot.u16le(11)
  const isFat = (boot.u8(0) === 0xeb || boot.u8(0) === 0xe9) && [512, 1024, 2048, 4096].includes(sectorBytes)
  const fatBytes = isFat ? (boot.u16le(19) || boot.u32le(32)) * sectorBytes : 0
  return Math.min(left, Math.max(fatBytes, saidBytes, 512))
}
