import { createHash } from 'node:crypto'
import { setImmediate } from 'node:timers/promises'
import { extentsOf } from '../../bytes/index.ts'
import type { DeployImage, DigestImage } from '../../ports/index.ts'

const PART_BYTES = 4 * 2 ** 20
const ZEROS = new Uint8Array(PART_BYTES)

/** Machines that get the same image at the same time share one reading of it. */
export function imageDigester(): DigestImage {
  const found = new WeakMap<DeployImage, Promise<string>>()
  return (image, signal) => {
    const digest = found.get(image) ?? digestOf(image, signal)
    found.set(image, digest)
    digest.catch(() => found.delete(image))
    return digest
  }
}

/** What is not in use is not read, but it counts: the disk holds zeros there. */
async function digestOf(image: DeployImage, signal: AbortSignal): Promise<string> {
  const { disk } = image
  using _ = image.hold()
  const hash = createHash('sha256')
  for await (const { offsetBytes, lengthBytes, kind } of extentsOf(disk, 0, disk.size, signal)) {
    for (let done = 0; done < lengthBytes; done += PART_BYTES) {
      const bytes = Math.min(PART_BYTES, lengthBytes - done)
      const isData = kind === 'data'
      hash.update(isData ? await disk.read(offsetBytes + done, bytes, signal) : ZEROS.subarray(0, bytes))
      // Others are answered meanwhile.
      await setImmediate()
      signal.throwIfAborted()
    }
  }
  return hash.digest('hex')
}
