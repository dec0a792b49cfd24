import type { ImageFacts } from './images.ts'

/** Makes images. Docker and Podman can; a CRI cannot. */
export interface ImageBuilder {
  /** Builds from a tar of the context. Output lines go to `onOutput`. */
  buildImage(context: NodeJS.ReadableStream, options: BuildOptions): Promise<ImageFacts>
  /** Makes an image of a root file system tar. */
  importImage(
    rootfs: NodeJS.ReadableStream,
    tag: string,
    labels: Readonly<Record<string, string>>,
  ): Promise<ImageFacts>
}

export type BuildOptions = Readonly<{
  tag: string
  /** Path inside the context. */
  dockerfile?: string
  buildArgs?: Readonly<Record<string, string>>
  labels?: Readonly<Record<string, string>>
  /** `host` where packages are to be fetched. */
  networkMode?: string
  onOutput?: (line: string) => void
  signal?: AbortSignal
}>
