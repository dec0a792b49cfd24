import { forwardOf, fromBytes } from '../../../bytes/index.ts'
import { EXIT, isAnnealError } from '../../../core/index.ts'
import { LayerApplier, Tree, layeredFileSystem } from '../../../formats/layers/index.ts'
import { isTarHeader, tarEntries } from '../../../formats/tar/index.ts'
import type { StackNode, Volume } from '../../stack/index.ts'
import { finding } from '../findings.ts'
import type { ImageFiles } from '../image-files.ts'

/** What GRUB calls it. */
export const MEMDISK = 'memdisk'

const BLOCK_BYTES = 512

/**
 * The archive that a program of GRUB carries in itself (`grub-mkstandalone`, `grub-mkimage --memdisk`) as a volume. One that is
 * no tar archive has fonts and pictures, as far as is known: undefined, as for one that is damaged.
 */
export async function memdiskVolume(
  files: ImageFiles,
  node: StackNode,
  program: string,
  archive: Uint8Array,
): Promise<Volume | undefined> {
  const address = `${program}(${MEMDISK})`
  if (archive.length < BLOCK_BYTES || !isTarHeader(archive.subarray(0, BLOCK_BYTES))) return undefined
  const source = fromBytes(archive, address)
  const tree = new Tree()
  const applier = new LayerApplier(tree, { number: 1, name: address })
  try {
    for await (const entry of tarEntries(forwardOf(source))) applier.apply(entry)
  } catch (error) {
    if (!isAnnealError(error) || error.exit !== EXIT.refused) throw error
    files.findings.push(finding('LOADER_NOT_READ', address, error.message))
    return undefined
  }
  return { address, node, fileSystem: layeredFileSystem(tree, address, () => source) }
}

/** Whether a file, as findings and provenance call it, lies in such an archive. */
export function isInMemdisk(file: string): boolean {
  return file.includes(`(${MEMDISK}):`)
}
