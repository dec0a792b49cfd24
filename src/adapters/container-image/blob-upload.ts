import { isAnnealError } from '../../core/index.ts'
import type { BlobReader } from '../../ports/index.ts'
import { raise } from './errors.ts'
import type { HttpAnswer } from './registry-http.ts'
import type { RegistryRequests } from './registry-requests.ts'

/** What goes into one request, and is in memory meanwhile. */
const CHUNK_BYTES = 8 * 1024 * 1024
/** How often an upload is continued; and how often where the registry has not one more byte. */
const MOST_RESUMES = 20
const MOST_IN_VAIN = 3
const EMPTY = { 'content-length': '0' }

type Blob = Readonly<{ digest: string; sizeBytes: number; read: BlobReader }>

/**
 * Sends a blob in chunks (OCI distribution specification, "Pushing a blob in chunks"). Where a chunk does not arrive, the
 * registry says how far it has come, and the upload goes on from there. Docker's registry gives up an upload of which half a
 * chunk arrived: then it begins again.
 */
export class BlobUpload {
  readonly #requests: RegistryRequests
  readonly #start: URL
  readonly #image: string
  #at: URL

  constructor(requests: RegistryRequests, start: URL, image: string) {
    this.#requests = requests
    this.#start = start
    this.#image = image
    this.#at = start
  }

  /** `onSent` may go back, where a chunk was lost. Throws ARTIFACT_PUSH_…, CONTAINER_REGISTRY_FAILED. */
  async send(blob: Blob, onSent: (sentBytes: number) => void, signal: AbortSignal): Promise<void> {
    await this.#begin(signal)
    let doneBytes = 0
    let inVain = 0
    for (let resumes = 0; doneBytes < blob.sizeBytes; resumes += 1) {
      const before = doneBytes
      try {
        for await (const chunk of chunksOf(blob, doneBytes)) {
          await this.#patch(chunk, doneBytes, signal)
          doneBytes += chunk.length
          onSent(doneBytes)
        }
        if (doneBytes < blob.sizeBytes) throw new Error(`the blob ends after ${doneBytes} bytes`)
      } catch (error) {
        signal.throwIfAborted()
        if (!isAnnealError(error, 'CONTAINER_REGISTRY_FAILED') || resumes === MOST_RESUMES) throw error
        doneBytes = await this.#arrived(signal)
        inVain = doneBytes > before ? 0 : inVain + 1
        if (inVain === MOST_IN_VAIN) throw error
        onSent(doneBytes)
      }
    }
    const end = new URL(this.#at)
    end.searchParams.set('digest', blob.digest)
    await this.#requests.done({ url: end, method: 'PUT', headers: EMPTY, signal }, 'blob', [201, 202, 204])
  }

  async #begin(signal: AbortSignal): Promise<void> {
    const wanted = { url: this.#start, method: 'POST', headers: EMPTY, signal } as const
    this.#at = this.#start
    this.#follow(await this.#requests.done(wanted, 'upload', [202]))
  }

  async #patch(chunk: Uint8Array, fromByte: number, signal: AbortSignal): Promise<void> {
    const headers = {
      'content-type': 'application/octet-stream',
      'content-length': String(chunk.length),
      'content-range': `${fromByte}-${fromByte + chunk.length - 1}`,
    }
    // Sent again, a chunk could be there twice: first it is asked how far the registry has come.
    const wanted = { url: this.#at, method: 'PATCH', headers, body: chunk, attempts: 1, signal } as const
    this.#follow(await this.#requests.done(wanted, 'blob', [202, 204]))
  }

  /** How many bytes the registry has; none where the upload is not there any more, and another one has begun. */
  async #arrived(signal: AbortSignal): Promise<number> {
    const answer = await this.#requests.done({ url: this.#at, signal }, 'upload', [204, 400, 404])
    if (answer.status !== 204) {
      await this.#begin(signal)
      return 0
    }
    this.#follow(answer)
    const { range } = answer.headers
    const last = typeof range === 'string' ? /^(?:bytes=)?0-(\d{1,15})$/.exec(range)?.[1] : undefined
    // "0-0" is said of an upload that has nothing, too.
    return last === undefined || last === '0' ? 0 : Number(last) + 1
  }

  /** Each answer names the next address; it may be relative. */
  #follow({ headers }: HttpAnswer): void {
    const { location } = headers
    if (typeof location !== 'string') return
    const next = new URL(location, this.#at)
    if (next.origin !== this.#start.origin) {
      throw raise('ARTIFACT_PUSH_REFUSED', {
        image: this.#image,
        status: 202,
        what: 'upload',
        reason: `it wants the bytes at "${next.origin}", another server`,
      })
    }
    this.#at = next
  }
}

/** From a byte to the end, in pieces of one size but for the last. */
async function* chunksOf({ read }: Blob, fromByte: number): AsyncGenerator<Uint8Array, void, undefined> {
  let parts: Uint8Array[] = []
  let size = 0
  for await (const part of read(fromByte)) {
    for (let at = 0; at < part.length;) {
      const more = part.slice(at, at + CHUNK_BYTES - size)
      parts.push(more)
      size += more.length
      at += more.length
      if (size === CHUNK_BYTES) {
        yield Buffer.concat(parts)
        parts = []
        size = 0
      }
    }
  }
  if (size > 0) yield Buffer.concat(parts)
}
