/** The images that an engine holds. */
export interface Images {
  /** The image by reference, digest or id; undefined where the engine does not hold it. Never pulls. */
  inspectImage(reference: string): Promise<ImageFacts | undefined>
  /**
   * Pulls `name@sha256:…` (or a tag, when locking). Credentials come from the usual auth files.
   * Afterwards the image is verified to be the one asked for: IMAGE_DIGEST_MISMATCH otherwise.
   */
  pullImage(
    reference: string,
    options: { onProgress?: (progress: PullProgress) => void; signal?: AbortSignal },
  ): Promise<ImageFacts>
}

export type ImageFacts = Readonly<{
  /** Config digest: `sha256:…`. */
  id: string
  /** `name@sha256:…` forms under which registries know it. */
  repoDigests: readonly string[]
  tags: readonly string[]
  labels: Readonly<Record<string, string>>
  sizeBytes: number
  architecture: string
  /** USER of the image config; '' means root. */
  user: string
}>

export type PullProgress = Readonly<{
  reference: string
  doneBytes: number
  totalBytes: number
  layersDone: number
  layersTotal: number
}>
