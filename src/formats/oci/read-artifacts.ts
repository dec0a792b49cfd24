import { isObject } from '../../core/index.ts'
import { objectsOf, parseObject, textOf, textsOf } from './json.ts'
import type { Fields } from './json.ts'

/** What a tag or digest of a repository leads to, as Ironic's client looks at it (ironic/common/image_service.py). */
export type Artifacts = Readonly<{
  /** `index`: several, of which Ironic chooses; `one`: a single manifest; `container`: layers of a root file system. */
  kind: 'index' | 'one' | 'container'
  listed: readonly ListedArtifact[]
  annotations: Readonly<Record<string, string>>
}>

export type ListedArtifact = Readonly<{
  /** Of its manifest; undefined where the document is that manifest. */
  digest?: string
  /** `qcow2`, `raw`, `kernel`, …; empty where it is not said. */
  diskType: string
  /** As Go names it; empty where it is not said. */
  architecture: string
}>

const DISK_TYPES: Readonly<Record<string, 'qcow2' | 'raw'>> = {
  qcow2: 'qcow2',
  qemu: 'qcow2',
  raw: 'raw',
  applehv: 'raw',
}

/** What Ironic would write to a disk: its format; undefined for anything else. */
export function diskFormatOf({ diskType }: ListedArtifact): 'qcow2' | 'raw' | undefined {
  return Object.hasOwn(DISK_TYPES, diskType) ? DISK_TYPES[diskType] : undefined
}

/** Throws CONTAINER_DOCUMENT_INVALID. */
export function readArtifacts(bytes: Uint8Array, image: string): Artifacts {
  const where = { document: 'manifest', image }
  const fields = parseObject(bytes, where)
  const annotations = textsOf(fields, 'annotations')
  if ('manifests' in fields) {
    const all = objectsOf(fields, 'manifests', where).map((one) => ({ one, listed: listedOf(one) }))
    const listed = all.map((each) => each.listed)
    const isContainer = all.every(({ one, listed: { diskType } }) => diskType === '' && !isArtifact(one))
    return { kind: isContainer ? 'container' : 'index', listed, annotations }
  }
  const layers = objectsOf(fields, 'layers', where)
  const kind = isArtifact(fields) && layers.length === 1 ? 'one' : 'container'
  return { kind, listed: [{ diskType: annotations['disktype'] ?? '', architecture: '' }], annotations }
}

function listedOf(fields: Fields): ListedArtifact {
  const { platform } = fields
  return {
    digest: textOf(fields, 'digest'),
    diskType: textsOf(fields, 'annotations')['disktype'] ?? '',
    architecture: isObject(platform) ? textOf(platform, 'architecture') : '',
  }
}

function isArtifact(fields: Fields): boolean {
  const { config } = fields
  const isEmpty = isObject(config) && textOf(config, 'mediaType') === 'application/vnd.oci.empty.v1+json'
  return textOf(fields, 'artifactType') !== '' || isEmpty
}
