import { EXIT, errorsOf } from '../../core/index.ts'
import type { ErrorTable } from '../../core/index.ts'

const failed = { retry: false, exit: EXIT.failed } as const
const refused = { retry: false, exit: EXIT.refused } as const

export const CONTAINER_ERRORS = {
  CONTAINER_TRANSPORT_UNKNOWN: {
    retry: false,
    exit: EXIT.usage,
    message: 'Cannot read "{image}": Anneal does not read the transport "{transport}"',
    remedy: 'copy the image first: `skopeo copy {image} oci:DIRECTORY`, and give oci:DIRECTORY',
  },
  CONTAINER_ADDRESS_INVALID: {
    retry: false,
    exit: EXIT.usage,
    message: 'Cannot read "{image}": {problem}',
    remedy:
      'write oci:DIR[:TAG], oci-archive:FILE[:TAG], docker-archive:FILE[:NAME] or docker://NAME[:TAG|@DIGEST]',
  },
  CONTAINER_IMAGE_NOT_FOUND: {
    ...failed,
    message: 'Cannot read "{image}": {problem}',
    remedy: 'correct the path, and compare with `skopeo inspect {image}`',
  },
  CONTAINER_DIGEST_MISMATCH: {
    ...refused,
    message: 'Cannot use the {what} of "{image}": its digest is {found}, and not {expected}',
    remedy: 'the image is damaged or was changed: copy it again, and compare its digest with its publisher’s',
  },
  CONTAINER_SIZE_MISMATCH: {
    ...refused,
    message: 'Cannot use the {what} of "{image}": it has {found} bytes, and its descriptor says {expected}',
    remedy: 'the image is damaged or was changed: copy it again, and compare its digest with its publisher’s',
  },
  CONTAINER_DOCUMENT_TOO_LARGE: {
    ...refused,
    message: 'Cannot read the {what} of "{image}": it has more than {limitBytes} bytes',
    remedy: 'get the container image from a source that you trust: no registry takes such a document',
  },
  CONTAINER_REGISTRY_DENIED: {
    ...failed,
    message: 'Cannot read "{image}": the registry {registry} refuses it {how}',
    remedy:
      'log in with `podman login` or `docker login`, and correct the name: many registries refuse what does not exist',
  },
  CONTAINER_REGISTRY_FAILED: {
    ...failed,
    message: 'Cannot use the registry at "{url}": {reason}',
    remedy:
      'correct the name; add certificates of your own to /etc/containers/certs.d/HOST; --insecure-registry takes plain http',
    retry: true,
  },
  ARTIFACT_ADDRESS_INVALID: {
    retry: false,
    exit: EXIT.usage,
    message: 'Cannot push to "{image}": {problem}',
    remedy: 'write it as oci://REGISTRY[:PORT]/NAME[:TAG], in lower case, with the registry’s host name',
  },
  ARTIFACT_PUSH_DENIED: {
    ...failed,
    message: 'Cannot push to "{image}": the registry {registry} refuses it {how}',
    remedy:
      'log in with `podman login` or `docker login`, as a user who may push there, and correct the name: many registries require that it exists',
  },
  ARTIFACT_PUSH_REFUSED: {
    ...failed,
    message: 'Cannot push to "{image}": the registry answered {status} to its {what}: {reason}',
    remedy:
      'read the reason: a registry may take no OCI artifacts, or no blob of this size; its operator has the log. Another push sends only the blobs that are missing',
  },
  CONTAINER_LAYER_PACKED: {
    ...refused,
    message: 'Cannot read the {what} of "{image}": {reason}',
    remedy:
      'the image is damaged, or compressed with something other than gzip or zstd: copy it with `skopeo copy`',
  },
  CONTAINER_LAYER_BOMB: {
    ...refused,
    message:
      'Cannot read the {what} of "{image}": it unpacks to more than {limitBytes} bytes, which no layer of its packed size holds',
    remedy: 'get the container image from a source that you trust; unpack it with umoci if you do',
  },
  CONTAINER_IMAGE_BOMB: {
    ...refused,
    message:
      'Cannot read "{image}": its layers unpack to more than {limitBytes} bytes, which no image of its packed size holds',
    remedy: 'get the container image from a source that you trust; unpack it with umoci if you do',
  },
  CONTAINER_LAYER_CHANGED: {
    ...failed,
    message: 'Cannot continue to read the {what} of "{image}": it was replaced meanwhile',
    remedy: 'run it again, with an image that does not change: by digest, or a copy',
    retry: true,
  },
  CONTAINER_NEEDS_TEMPORARY: {
    ...refused,
    message: 'Cannot read parts of the {what} of "{image}" over the network: it is compressed as a whole',
    remedy: 'give a directory for decompressed layers with --temporary',
  },
} as const satisfies ErrorTable

export const raise = errorsOf(CONTAINER_ERRORS)
