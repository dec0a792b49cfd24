import { partsOf } from '../../bytes/index.ts'
import type { DeployImage } from '../../ports/index.ts'

const PART_BYTES = 2 ** 20

/** Something that is sent to an agent: so many bytes, part by part. */
export type AgentStream = Readonly<{
  sizeBytes: number
  parts: Iterable<Uint8Array> | AsyncIterable<Uint8Array>
}>

/** The whole disk of an image, zeros included: what is not in use is not read. `onSent` gets how much was taken so far. */
export function agentStream(image: DeployImage, onSent: (bytes: number) => void): AgentStream {
  return { sizeBytes: image.disk.size, parts: told(image, onSent) }
}

async function* told(image: DeployImage, onSent: (bytes: number) => void): AsyncGenerator<Uint8Array> {
  using _ = image.hold()
  let sentBytes = 0
  for await (const part of partsOf(image.disk, PART_BYTES)) {
    yield part
    sentBytes += part.length
    onSent(sentBytes)
  }
}
