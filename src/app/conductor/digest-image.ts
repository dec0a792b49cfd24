import { createHash } from 'node:crypto'
import { setImmediate } from 'node:timers/promises'
import { partsOf } from '../../bytes/index.ts'
import type { DeployImage, DigestImage } from '../../ports/index.ts'

const PART_BYTES = 4 * 2 ** 20

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
  using _ = image.hold()
  const hash = createHash('sha256')
  for await (const part of partsOf(image.disk, PART_BYTES, signal)) {
    hash.update(part)
    // Others are answered meanwhile.
    await setImmediate()
    signal.throwIfAborted()
  }
  return hash.digest('hex')
}
