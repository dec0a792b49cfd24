import type { Volume } from '../../stack/index.ts'
import { locateBootFile } from '../boot-files.ts'
import type { BootArgument, BootFile } from '../contract.ts'
import type { ImageFiles } from '../image-files.ts'

/** Of Linux as a program for EFI: the boot protocol of x86, the header of arm64, and a compressed kernel (EFI zboot). */
const SIGNATURES = [
  { offsetBytes: 514, magic: 'HdrS' },
  { offsetBytes: 56, magic: 'ARMd' },
  { offsetBytes: 4, magic: 'zimg' },
] as const
const HEAD_BYTES = 518

/** Whether it is a kernel by itself, with or without an EFI stub. */
export async function isLinuxKernel(files: ImageFiles, volume: Volume, { path }: BootFile): Promise<boolean> {
  const found = await files.find(volume, path)
  const source = found?.kind === 'file' ? await files.open(volume, found) : undefined
  if (source === undefined) return false
  const head = await files.reading(volume, path, (signal) =>
    source.read(0, Math.min(HEAD_BYTES, source.size), signal),
  )
  const text = new TextDecoder('latin1').decode(head ?? new Uint8Array())
  return SIGNATURES.some(({ offsetBytes, magic }) => text.startsWith(magic, offsetBytes))
}

/**
 * What the kernel's own EFI stub loads where its boot loader gave it nothing: each `initrd=`, from the partition that it came
 * from itself (Documentation/admin-guide/efi-stub.rst). A text says which is not there.
 */
export async function initrdsOfStub(
  files: ImageFiles,
  volume: Volume,
  all: readonly BootArgument[],
): Promise<readonly BootFile[] | string> {
  const found: BootFile[] = []
  for (const { key, value = '' } of all) {
    if (key !== 'initrd') continue
    const path = value.replaceAll('\\', '/')
    const initrd = await locateBootFile(files, volume, path)
    if (initrd === undefined) return `${value}, which it names with initrd=, is not there`
    found.push(initrd)
  }
  return found
}
