import { failure, reasonOf } from './registry-http.ts'
import type { HttpAnswer } from './registry-http.ts'

/** A small answer in memory. Throws CONTAINER_REGISTRY_FAILED where it is larger, or stops. */
export async function readBody(answer: HttpAnswer, limitBytes: number, url: URL): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  let size = 0
  try {
    for await (const part of answer.body) {
      size += part.length
      parts.push(part)
      if (size > limitBytes) break
    }
  } catch (error) {
    throw failure(url, reasonOf(error), error)
  }
  if (size > limitBytes) throw failure(url, `its answer is longer than ${limitBytes} bytes`)
  return Buffer.concat(parts)
}
