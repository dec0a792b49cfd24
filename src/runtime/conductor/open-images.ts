import type { DeployImage, DeployImageRequest, OpenDeployImage } from '../../ports/index.ts'

type Kept = { readonly image: Promise<DeployImage>; users: number }

/** Images that are open for tasks. Those who ask for the same thing at the same time share it: it is opened and read once. */
export class OpenImages {
  readonly #open: OpenDeployImage
  readonly #kept = new Map<string, Kept>()

  constructor(open: OpenDeployImage) {
    this.#open = open
  }

  /** Dispose of what comes back; the image is closed after the last one. */
  async use(request: DeployImageRequest): Promise<AsyncDisposable & Readonly<{ image: DeployImage }>> {
    const { signal: _, ...named } = request
    const key = JSON.stringify(named)
    // A caller that gives up must not end what others wait for.
    const kept = this.#kept.get(key) ?? { image: this.#open(named), users: 0 }
    this.#kept.set(key, kept)
    kept.users += 1
    const close = async (): Promise<void> => {
      kept.users -= 1
      if (kept.users > 0) return
      if (this.#kept.get(key) === kept) this.#kept.delete(key)
      const image = await kept.image.catch(() => undefined)
      await image?.[Symbol.asyncDispose]()
    }
    try {
      const image = await kept.image
      let closed: Promise<void> | undefined
      return { image, [Symbol.asyncDispose]: () => (closed ??= close()) }
    } catch (error) {
      await close()
      throw error
    }
  }
}
