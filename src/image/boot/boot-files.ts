import type { ByteSource } from '../../bytes/index.ts'
import { windowOf } from '../../bytes/index.ts'
import { walkPath } from '../../formats/filesystem/index.ts'
import { findVolume } from '../stack/index.ts'
import type { StackNode, Volume } from '../stack/index.ts'
import type { BootFile } from './contract.ts'
import type { ImageFiles } from './image-files.ts'

/**
 * A file that a boot loader names. Paths are of the file system that holds them; where that is the root, boot loaders
 * are told paths with or without `/boot`, and where it is /boot itself, a link `boot -> .` may stand for it (ostree's
 * bootprefix). Where it is a subvolume, they are told paths from there or from the top level. undefined where there is no such file.
 */
export async function locateBootFile(
  files: ImageFiles,
  volume: Volume,
  path: string,
): Promise<BootFile | undefined> {
  const absolute = path.startsWith('/') ? path : `/${path}`
  const { subvolume } = volume
  const within =
    subvolume !== undefined && absolute.startsWith(`${subvolume}/`) ? [absolute.slice(subvolume.length)] : []
  const candidates = [absolute, ...within, `/boot${absolute}`, absolute.replace(/^\/boot(?=\/)/, '')]
  for (const candidate of candidates) {
    const found = await files.find(volume, candidate)
    if (found?.kind !== 'file') continue
    const sizeBytes = await files.sizeOf(volume, found)
    if (sizeBytes !== undefined) return { address: volume.address, path: found.realPath, sizeBytes }
  }
  return undefined
}

/** The bytes of a file of the contract. Throws as `findVolume` and the format do. */
export async function openBootFile(
  disk: StackNode,
  file: BootFile,
  options: Readonly<{ signal?: AbortSignal }> = {},
): Promise<ByteSource> {
  const { fileSystem } = findVolume(disk, file.address)
  const { id } = await walkPath(fileSystem, file.path, { lastLink: 'follow', ...options })
  const source = await fileSystem.open(id, options.signal)
  if (file.section === undefined) return source
  const { name, offsetBytes, lengthBytes } = file.section
  return windowOf(source, offsetBytes, lengthBytes, `${name} of "${file.path}"`)
}
