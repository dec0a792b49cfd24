import { raise } from './errors.ts'
import type { FileSystem, NodeId } from './filesystem.ts'

/** A small file's bytes. Throws FILE_TOO_LARGE rather than take what a hostile size asks for. */
export async function readFile(
  fs: FileSystem,
  id: NodeId,
  options: Readonly<{ path: string; limitBytes: number; signal?: AbortSignal }>,
): Promise<Uint8Array> {
  const source = await fs.open(id, options.signal)
  if (source.size > options.limitBytes) {
    throw raise('FILE_TOO_LARGE', {
      path: options.path,
      sizeBytes: source.size,
      limitBytes: options.limitBytes,
    })
  }
  return source.read(0, source.size, options.signal)
}
