const OCI = 'application/vnd.oci.image.'
const DOCKER = 'application/vnd.docker.'

const INDEXES = [`${OCI}index.v1+json`, `${DOCKER}distribution.manifest.list.v2+json`]
const MANIFESTS = [`${OCI}manifest.v1+json`, `${DOCKER}distribution.manifest.v2+json`]
const SCHEMA_1 = [`${DOCKER}distribution.manifest.v1+json`, `${DOCKER}distribution.manifest.v1+prettyjws`]
const CONFIGS = [`${OCI}config.v1+json`, `${DOCKER}container.image.v1+json`]
const LAYER =
  /^application\/vnd\.(oci\.image\.layer\.v1\.tar|docker\.image\.rootfs\.diff\.tar)([.+](gzip|zstd))?$/
const FOREIGN = /^application\/vnd\.(oci\.image\.layer\.nondistributable\.|docker\.image\.rootfs\.foreign\.)/

/** All that a registry is asked for. */
export const MANIFEST_TYPES: readonly string[] = [...MANIFESTS, ...INDEXES, ...SCHEMA_1]

export function documentKind(mediaType: string): 'index' | 'manifest' | 'schema 1' | 'unknown' {
  if (INDEXES.includes(mediaType)) return 'index'
  if (MANIFESTS.includes(mediaType)) return 'manifest'
  return SCHEMA_1.includes(mediaType) ? 'schema 1' : 'unknown'
}

export function isConfig(mediaType: string): boolean {
  return CONFIGS.includes(mediaType)
}

export function layerKind(mediaType: string): 'layer' | 'foreign' | 'encrypted' | 'unknown' {
  if (mediaType.endsWith('+encrypted')) return 'encrypted'
  if (FOREIGN.test(mediaType)) return 'foreign'
  return LAYER.test(mediaType) ? 'layer' : 'unknown'
}
