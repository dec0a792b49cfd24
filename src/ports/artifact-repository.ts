/** What a blob is read from when it is sent: again from any byte, as often as it takes. */
export type BlobReader = (fromByte: number) => AsyncIterable<Uint8Array>

/** One repository of an OCI registry (OCI distribution specification), for artifacts. */
export interface ArtifactRepository {
  /** `registry/repository` */
  readonly name: string
  hasBlob(digest: string, signal: AbortSignal): Promise<boolean>
  /** A blob whose upload stops is continued where the registry has it. Throws CONTAINER_…. */
  putBlob(
    blob: Readonly<{ digest: string; sizeBytes: number; read: BlobReader }>,
    onSent: (sentBytes: number) => void,
    signal: AbortSignal,
  ): Promise<void>
  /** By a tag or a digest; undefined where there is none. Its digest was compared. */
  manifest(
    reference: string,
    signal: AbortSignal,
  ): Promise<Readonly<{ bytes: Uint8Array; digest: string }> | undefined>
  putManifest(reference: string, mediaType: string, bytes: Uint8Array, signal: AbortSignal): Promise<void>
}
