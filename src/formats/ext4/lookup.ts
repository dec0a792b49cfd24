import { isAnnealError } from '../../core/index.ts'
import type { DirectoryEntry } from '../filesystem/index.ts'
import { listDirectory } from './directory.ts'
import { entryNamed, lookupByHash } from './htree-lookup.ts'
import type { Inode } from './inode.ts'
import type { Volume } from './volume.ts'

const encoder = new TextEncoder()

/**
 * By the directory's index where it has one that is sound; else, and where there is any doubt of it, through the whole
 * directory. Bytes are compared as they are, also where the directory folds case.
 */
export async function lookupIn(
  volume: Volume,
  directory: Inode,
  name: string,
  signal?: AbortSignal,
): Promise<DirectoryEntry | undefined> {
  const wanted = encoder.encode(name)
  const indexed = await unlessDamaged(lookupByHash(volume, directory, wanted, signal))
  if (indexed !== undefined) return indexed === 'absent' ? undefined : indexed
  for await (const entries of listDirectory(volume, directory, signal)) {
    const found = entryNamed(entries, wanted)
    if (found !== undefined) return found
  }
  return undefined
}

/** Damage that is in the index alone need not hinder; what is elsewhere shows when all is read. */
async function unlessDamaged<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer
  } catch (error) {
    if (isAnnealError(error) && error.code.startsWith('EXT4_')) return undefined
    throw error
  }
}
