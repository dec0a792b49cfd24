import { failure, reasonOf } from './registry-http.ts'
import type { HttpAnswer } from './registry-http.ts'

/** A small answer in memory. Throws CONTAINER_REGISTRY_FAILED where it is larger, stops, or takes too long. */
export async function readBody(answer: HttpAnswer, limitBytes: number, url: URL): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  let size = 0
  try {
    for await (const part of answer.body) {
      size += part.length
      parts.push(part)
      if (size > limitBytes || performance.now() > answer.untilMs) break
    }
  } catch (error) {
    throw failure(url, reasonOf(error), error)
  }
  if (size > limitBytes) throw failure(url, `its answer is longer than ${limitBytes} bytes`)
  if (performance.now() > answer.untilMs)
    throw failure(url, `its answer comes too slowly: ${size} bytes so far`)
  return Buffer.concat(parts)
}
