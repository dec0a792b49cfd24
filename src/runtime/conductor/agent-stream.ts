import { extentsOf } from '../../bytes/index.ts'
import type { DeployImage } from '../../ports/index.ts'

const PART_BYTES = 2 ** 20
const ZEROS = new Uint8Array(PART_BYTES)

/** Something that is sent to an agent: so many bytes, part by part. */
export type AgentStream = Readonly<{
  sizeBytes: number
  parts: Iterable<Uint8Array> | AsyncIterable<Uint8Array>
}>

/** The whole disk of an image, zeros included: what is not in use is not read. `onSent` gets how much was taken so far. */
export function agentStream(image: DeployImage, onSent: (bytes: number) => void): AgentStream {
  return { sizeBytes: image.disk.size, parts: partsOf(image, onSent) }
}

async function* partsOf(image: DeployImage, onSent: (bytes: number) => void): AsyncGenerator<Uint8Array> {
  const { disk } = image
  using _ = image.hold()
  for await (const { offsetBytes, lengthBytes, kind } of extentsOf(disk)) {
    for (let done = 0; done < lengthBytes; done += PART_BYTES) {
      const bytes = Math.min(PART_BYTES, lengthBytes - done)
      const isData = kind === 'data'
      yield isData ? await disk.read(offsetBytes + done, bytes) : ZEROS.subarray(0, bytes)
      onSent(offsetBytes + done + bytes)
    }
  }
}
