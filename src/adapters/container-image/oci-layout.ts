import { createHash } from 'node:crypto'
import { join } from 'node:path'
import type { ByteSource } from '../../bytes/index.ts'
import { isAnnealError } from '../../core/index.ts'
import {
  MOST_DOCUMENT_BYTES,
  chooseReference,
  parseImageDocument,
  parseObject,
} from '../../formats/oci/index.ts'
import type { Descriptor, Wanted } from '../../formats/oci/index.ts'
import { openFileSource } from '../image-source/index.ts'
import { blobIn, readChecked } from './blob.ts'
import type { BlobBytes } from './blob.ts'
import { raise } from './errors.ts'
import { findImage } from './found-image.ts'
import type { FoundImage } from './found-image.ts'

/** The files of a layout by their path in it; undefined where there is none. */
export type LayoutFiles = (path: string) => Promise<ByteSource | undefined>

/** An OCI image layout (OCI image specification, "Image Layout"), in a directory or in an archive. Throws CONTAINER_…. */
export async function findInLayout(
  files: LayoutFiles,
  image: string,
  reference: string,
  wanted: Wanted,
  signal?: AbortSignal,
): Promise<FoundImage> {
  const version = parseObject(await document('oci-layout'), { document: 'oci-layout', image })
  if (version['imageLayoutVersion'] !== '1.0.0') {
    const found = JSON.stringify(version['imageLayoutVersion'])
    throw raise('CONTAINER_IMAGE_NOT_FOUND', {
      image,
      problem: `its layout has version ${found}, expected "1.0.0"`,
    })
  }
  const bytes = await document('index.json')
  const index = parseImageDocument(bytes, image, 'application/vnd.oci.image.index.v1+json')
  if (index.kind !== 'index') {
    throw raise('CONTAINER_IMAGE_NOT_FOUND', { image, problem: 'its index.json is no index' })
  }
  const chosen = chooseReference(index, reference, image)
  if (chosen === 'by platform') {
    const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`
    return findImage(image, { bytes, digest }, blobOf, wanted, signal)
  }
  const { digest, mediaType } = chosen
  const top = await readChecked(
    await blobOf(chosen, 'manifest'),
    chosen,
    { what: `manifest ${digest}`, image },
    MOST_DOCUMENT_BYTES,
    signal,
  )
  return findImage(image, { bytes: top, digest, mediaType }, blobOf, wanted, signal)

  async function document(path: string): Promise<Uint8Array> {
    const file = await files(path)
    if (file === undefined) {
      throw raise('CONTAINER_IMAGE_NOT_FOUND', {
        image,
        problem: `it has no ${path}, as every OCI layout has`,
      })
    }
    if (file.size > MOST_DOCUMENT_BYTES) {
      throw raise('CONTAINER_DOCUMENT_TOO_LARGE', { image, what: path, limitBytes: MOST_DOCUMENT_BYTES })
    }
    return file.read(0, file.size, signal)
  }

  async function blobOf(descriptor: Descriptor, what: string): Promise<BlobBytes> {
    const file = await files(`blobs/${descriptor.digest.replace(':', '/')}`)
    if (file === undefined) {
      throw raise('CONTAINER_IMAGE_NOT_FOUND', {
        image,
        problem: `its ${what} ${descriptor.digest} is not there`,
      })
    }
    return blobIn(file)
  }
}

/** A layout in a directory. What it opens belongs to `stack`. */
export function layoutDirectory(directory: string, stack: AsyncDisposableStack): LayoutFiles {
  return async (path) => {
    try {
      return stack.use(await openFileSource(join(directory, path)))
    } catch (error) {
      if (isAnnealError(error, 'IMAGE_UNREADABLE') && isMissing(error.cause)) return undefined
      throw error
    }
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')
}
