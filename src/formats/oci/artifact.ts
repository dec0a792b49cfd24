import { canonicalJson } from '../../core/index.ts'

/**
 * Artifacts as Ironic's `oci://` support and ORAS have them (OCI image specification 1.1, "Guidelines for Artifact Usage"): each
 * file is the one layer of a manifest, and an index lists the manifests. Ironic chooses from the index by the annotation
 * `disktype` (qcow2, raw, …) and by the architecture; it passes over other types (ironic/common/image_service.py,
 * OciImageService).
 */
export type Artifact = Readonly<{
  /** `qcow2` and `raw` are disks; what is none has a type that Ironic does not know. */
  diskType: string
  /** Of the blob; must not end in gzip or zstd where it is neither. */
  mediaType: string
  /** A file name. */
  title: string
  blob: Readonly<{ digest: string; sizeBytes: number }>
  annotations: Readonly<Record<string, string>>
}>

export const INDEX_TYPE = 'application/vnd.oci.image.index.v1+json'
export const MANIFEST_TYPE = 'application/vnd.oci.image.manifest.v1+json'
const TITLE = 'org.opencontainers.image.title'
const DISK_TYPE = 'disktype'

/** The configuration of what has none: `{}`. */
export const EMPTY_CONFIG = {
  mediaType: 'application/vnd.oci.empty.v1+json',
  digest: 'sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a',
  size: 2,
} as const
export const EMPTY_CONFIG_BYTES: Uint8Array<ArrayBuffer> = new TextEncoder().encode('{}')

const ARTIFACT_TYPE = 'application/vnd.anneal.image.v1'

/** The text of a manifest. The same artifact has the same text. */
export function artifactManifest(artifact: Artifact): string {
  const { mediaType, title, blob, annotations, diskType } = artifact
  return canonicalJson({
    schemaVersion: 2,
    mediaType: MANIFEST_TYPE,
    artifactType: ARTIFACT_TYPE,
    config: EMPTY_CONFIG,
    layers: [{ mediaType, digest: blob.digest, size: blob.sizeBytes, annotations: { [TITLE]: title } }],
    annotations: { ...annotations, [DISK_TYPE]: diskType },
  })
}

/** The text of an index of manifests; sizes are those of their texts, in bytes. */
export function artifactIndex(
  manifests: readonly Readonly<{ digest: string; sizeBytes: number; artifact: Artifact }>[],
  options: Readonly<{
    annotations: Readonly<Record<string, string>>
    platform?: Readonly<{ os: string; architecture: string }>
  }>,
): string {
  return canonicalJson({
    schemaVersion: 2,
    mediaType: INDEX_TYPE,
    artifactType: ARTIFACT_TYPE,
    manifests: manifests.map(({ digest, sizeBytes, artifact }) => ({
      mediaType: MANIFEST_TYPE,
      digest,
      size: sizeBytes,
      artifactType: ARTIFACT_TYPE,
      annotations: { [DISK_TYPE]: artifact.diskType, [TITLE]: artifact.title },
      ...(options.platform && { platform: options.platform }),
    })),
    annotations: options.annotations,
  })
}
