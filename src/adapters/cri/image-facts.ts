import type { ImageFacts } from '../../ports/index.ts'
import type { CriCalls } from './cri-client.ts'
import { parsed } from './details.ts'

type Answer = Readonly<{
  image?: Readonly<{
    id: string
    repoTags: readonly string[]
    repoDigests: readonly string[]
    size: number
  }> | null
  info?: Readonly<Record<string, string>>
}>

type ImageInfo = Readonly<{
  imageSpec?: Readonly<{
    architecture?: string
    config?: Readonly<{ User?: string; Labels?: Readonly<Record<string, string>> | null }>
  }>
}>

/** undefined where containerd does not hold the image. */
export async function imageFacts({ ask }: CriCalls, reference: string): Promise<ImageFacts | undefined> {
  const answer = await ask<Answer>('ImageService/ImageStatus', { image: { image: reference }, verbose: true })
  const image = answer?.image
  if (image === undefined || image === null || image.id === '') return undefined
  const { imageSpec } = parsed<ImageInfo>(reference, answer?.info?.['info'])
  return {
    id: image.id,
    repoDigests: image.repoDigests,
    tags: image.repoTags,
    labels: imageSpec?.config?.Labels ?? {},
    sizeBytes: image.size,
    architecture: imageSpec?.architecture ?? '',
    user: imageSpec?.config?.User ?? '',
  }
}
