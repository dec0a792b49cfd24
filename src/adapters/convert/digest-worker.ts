import { createHash } from 'node:crypto'
import { parentPort, workerData } from 'node:worker_threads'

/** One thread for one digest: the two run side by side. */
const { algorithm } = workerData as { algorithm: 'sha256' | 'sha512' }
const digest = createHash(algorithm)
const ZEROS = new Uint8Array(1024 * 1024)

export type ToDigest = Readonly<{ bytes: Uint8Array } | { zeros: number } | { end: true }>
export type FromDigest = Readonly<{ taken: true } | { digest: string }>

parentPort?.on('message', (message: ToDigest) => {
  if ('end' in message) {
    parentPort?.postMessage({ digest: digest.digest('hex') } satisfies FromDigest)
    parentPort?.close()
    return
  }
  if ('bytes' in message) digest.update(message.bytes)
  else {
    for (let left = message.zeros; left > 0; left -= ZEROS.length) {
      digest.update(left < ZEROS.length ? ZEROS.subarray(0, left) : ZEROS)
    }
  }
  parentPort?.postMessage({ taken: true } satisfies FromDigest)
})
