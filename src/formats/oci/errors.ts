import { EXIT, errorsOf } from '../../core/index.ts'
import type { ErrorTable } from '../../core/index.ts'

const refused = { retry: false, exit: EXIT.refused } as const

export const OCI_ERRORS = {
  CONTAINER_DOCUMENT_INVALID: {
    ...refused,
    message: 'Cannot read the {document} of "{image}": {problem}',
    remedy:
      'this is a damaged container image, or no container image: copy it again, for example with skopeo',
  },
  CONTAINER_SCHEMA_1: {
    ...refused,
    message: 'Cannot read "{image}": its manifest is of schema 1, which Docker no longer supports',
    remedy:
      'push the image again with a Docker or Podman of today, or convert it with `skopeo copy --format oci`',
  },
  CONTAINER_MEDIA_TYPE: {
    ...refused,
    message: 'Cannot read "{image}": its {what} has the media type "{mediaType}"',
    remedy: 'give a container image; artifacts of other kinds (charts, signatures, models) have no files',
  },
  CONTAINER_LAYER_FOREIGN: {
    ...refused,
    message: 'Cannot read layer {digest} of "{image}": it is not distributed with the image ({mediaType})',
    remedy: 'use an image that has all of its layers; such layers belong to Windows',
  },
  CONTAINER_LAYER_ENCRYPTED: {
    ...refused,
    message: 'Cannot read layer {digest} of "{image}": it is encrypted ({mediaType})',
    remedy: 'decrypt a copy with `skopeo copy --decryption-key`, and give that',
  },
  CONTAINER_PLATFORM_NONE: {
    ...refused,
    message: 'Cannot find "{image}" for {wanted}: it is there for {present}',
    remedy: 'choose one of these with --platform, or another image',
  },
  CONTAINER_REFERENCE_UNKNOWN: {
    ...refused,
    message: 'Cannot find "{wanted}" in "{image}": it has {present}',
    remedy: 'give one of these names after the path, or @NUMBER for its place, counted from 0',
  },
  CONTAINER_REFERENCE_NEEDED: {
    ...refused,
    message: 'Cannot choose an image of "{image}": it has several: {present}',
    remedy: 'give one of these names after the path, or @NUMBER for its place, counted from 0',
  },
} as const satisfies ErrorTable

export const raise = errorsOf(OCI_ERRORS)
