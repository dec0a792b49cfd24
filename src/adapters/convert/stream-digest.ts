import { Worker } from 'node:worker_threads'
import type { StreamDigest } from '../../ports/index.ts'
import type { FromDigest, ToDigest } from './digest-worker.ts'

/** How many buffers wait for a digest before `update` does. */
const AHEAD = 4

/**
 * SHA-256 and SHA-512 of one stream, each in a thread of its own: SHA-512 of a few gigabytes takes longer than reading
 * and decompressing them, and the main thread has other things to do.
 *
 * INVARIANTS: buffers are digested in the order in which they came; at most AHEAD of them wait.
 */
export function streamDigest(): StreamDigest & AsyncDisposable {
  const sha256 = new DigestThread('sha256')
  const sha512 = new DigestThread('sha512')
  const send = async (message: ToDigest): Promise<void> => {
    await Promise.all([sha256.send(message), sha512.send(message)])
  }
  return {
    // Both threads need the bytes: they are copied, not handed over.
    update: (bytes) => send({ bytes }),
    updateZeros: (zeros) => send({ zeros }),
    async end() {
      const [a, b] = await Promise.all([sha256.end(), sha512.end()])
      return { sha256: a, sha512: b }
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([sha256.close(), sha512.close()])
    },
  }
}

class DigestThread {
  readonly #worker: Worker
  #waiting = 0
  #taken: (() => void)[] = []

  constructor(algorithm: 'sha256' | 'sha512') {
    this.#worker = new Worker(new URL('digest-worker.ts', import.meta.url), {
      workerData: { algorithm },
      execArgv: ['--disable-warning=ExperimentalWarning'],
    })
    this.#worker.on('message', (message: FromDigest) => {
      if (!('taken' in message)) return
      this.#waiting -= 1
      this.#taken.shift()?.()
    })
  }

  async send(message: ToDigest): Promise<void> {
    this.#worker.postMessage(message)
    this.#waiting += 1
    if (this.#waiting < AHEAD) return
    await new Promise<void>((resolve) => {
      this.#taken.push(resolve)
    })
  }

  async end(): Promise<string> {
    const answer = new Promise<string>((resolve, reject) => {
      this.#worker.on('message', (message: FromDigest) => 'digest' in message && resolve(message.digest))
      this.#worker.once('error', reject)
    })
    this.#worker.postMessage({ end: true } satisfies ToDigest)
    return answer
  }

  async close(): Promise<void> {
    await this.#worker.terminate()
  }
}
