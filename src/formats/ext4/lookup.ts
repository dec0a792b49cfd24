import type { DirectoryEntry } from '../filesystem/index.ts'
import { listDirectory } from './directory.ts'
import type { Inode } from './inode.ts'
import type { Volume } from './volume.ts'

const encoder = new TextEncoder()

export async function lookupIn(
  volume: Volume,
  directory: Inode,
  name: string,
  signal?: AbortSignal,
): Promise<DirectoryEntry | undefined> {
  const wanted = encoder.encode(name)
  for await (const entries of listDirectory(volume, directory, signal)) {
    const found = entries.find(({ nameBytes }) => equal(nameBytes, wanted))
    if (found !== undefined) return found
  }
  return undefined
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index])
}
