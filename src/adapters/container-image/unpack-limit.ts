import { raise } from './errors.ts'
import type { BlobName } from './blob.ts'

/** What packed bytes may become: some hundred times as many is usual for text, gzip ends at a thousand. */
const MOST_RATIO = 2000
/** What any layer and any image may become, however small it is packed. */
const ALWAYS_BYTES = 8 * 1024 ** 3

/**
 * Holds the layers of one image to what a sound image of their packed size becomes: each layer by itself, and all of them together.
 * Together a blob counts once, however many layers name it: 512 layers cost as little as one to send.
 */
export class UnpackLimit {
  readonly #blobs = new Set<string>()
  readonly #alwaysBytes: number
  #packedBytes = 0
  #unpackedBytes = 0

  constructor(alwaysBytes = ALWAYS_BYTES) {
    this.#alwaysBytes = alwaysBytes
  }

  /** `blob` tells the layer's blob from others. Returns what has to hear how much was read, after each piece. */
  layer(blob: string, name: BlobName): (packedBytes: number, unpackedBytes: number) => void {
    const isNew = !this.#blobs.has(blob)
    this.#blobs.add(blob)
    const [packedBefore, unpackedBefore] = [this.#packedBytes, this.#unpackedBytes]
    return (packedBytes, unpackedBytes) => {
      const ofLayer = this.#most(packedBytes)
      if (unpackedBytes > ofLayer) throw raise('CONTAINER_LAYER_BOMB', { ...name, limitBytes: ofLayer })
      this.#packedBytes = packedBefore + (isNew ? packedBytes : 0)
      this.#unpackedBytes = unpackedBefore + unpackedBytes
      const ofImage = this.#most(this.#packedBytes)
      if (this.#unpackedBytes > ofImage)
        throw raise('CONTAINER_IMAGE_BOMB', { image: name.image, limitBytes: ofImage })
    }
  }

  #most(packedBytes: number): number {
    return Math.max(this.#alwaysBytes, packedBytes * MOST_RATIO)
  }
}
