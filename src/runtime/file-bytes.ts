import { extentsOf } from '../bytes/index.ts'
import type { ByteSource } from '../bytes/index.ts'

const COPY_BYTES = 1024 * 1024

/** Files of the system that are put together into one: the kernel, or its initrds. */
export type FileToStore = Readonly<{
  name: string
  from: readonly Readonly<{ path: string; source: ByteSource }>[]
}>

/** The kernel takes several archives one behind the other, each at a multiple of four bytes (initramfs-buffer-format). */
export async function* fileBytes(
  { from }: FileToStore,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  let sizeBytes = 0
  for (const { source } of from) {
    if (sizeBytes % 4 !== 0) {
      const padding = new Uint8Array(4 - (sizeBytes % 4))
      sizeBytes += padding.length
      yield padding
    }
    for await (const { offsetBytes, lengthBytes } of extentsOf(source, 0, source.size, signal)) {
      for (let at = offsetBytes; at < offsetBytes + lengthBytes; at += COPY_BYTES) {
        yield await source.read(at, Math.min(COPY_BYTES, offsetBytes + lengthBytes - at), signal)
      }
    }
    sizeBytes += source.size
  }
}
