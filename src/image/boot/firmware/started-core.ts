import { EXIT, isAnnealError } from '../../../core/index.ts'
import type { GrubImage } from '../../../formats/grub/index.ts'
import type { Readers, StackNode } from '../../stack/index.ts'

/** What the boot sector is read with; nothing is read where this is not given. */
export type CoreReader = Partial<Pick<Readers, 'openGrubCore'>>

/** What grub-mkimage put into a core or a program; `name` is for errors. */
export async function grubImageOf(bytes: Uint8Array, name: string): Promise<GrubImage> {
  const { readGrubImage } = await import('../../../formats/grub/index.ts')
  const { moduleName } = await import('../../../formats/elf/index.ts')
  return readGrubImage(bytes, name, moduleName)
}

/** What BIOS starts: the GRUB that the boot sector of a disk loads. undefined where that is none, or cannot be read. */
export async function readStartedCore(
  { source }: StackNode,
  { openGrubCore, signal }: CoreReader & Readonly<{ signal?: AbortSignal }>,
): Promise<GrubImage | undefined> {
  if (source === undefined || openGrubCore === undefined) return undefined
  try {
    const bytes = await openGrubCore(source, signal)
    return bytes && (await grubImageOf(bytes, 'core image'))
  } catch (error) {
    if (!isAnnealError(error) || error.exit !== EXIT.refused) throw error
    return undefined
  }
}
