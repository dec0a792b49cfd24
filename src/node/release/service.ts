import type { Container } from '../container.ts'
import type { EnvFiles } from './environment.ts'
import { raise } from './errors.ts'
import { readGrants } from './grants.ts'
import type { GrantSources } from './grants.ts'
import { formatImageReference, parseImageReference } from './image-reference.ts'
import type { Lookup } from './interpolate.ts'
import type { VolumeNames } from './mounts.ts'
import { parseDuration } from './quantities.ts'
import type { MapReader } from './reader.ts'
import type { Dependency, LibvirtPlace, ServiceDraft } from './release.ts'
import { readShape } from './shape.ts'
import type { Tree } from './tree.ts'
import { compareText, isList, isMap, textOf, textsOf } from './tree.ts'
import { refuseUnsupported } from './unsupported.ts'
import { readServiceExtension } from './x-anneal.ts'

/** Compose's default, written out so that leaving it away and writing it mean the same. */
const DEFAULT_STOP_GRACE_MS = 10_000

/** What the rest of the file gives a service. */
export type Surroundings = Readonly<{
  volumes: VolumeNames
  secrets: GrantSources
  configs: GrantSources
  envFiles: EnvFiles
  lookup: Lookup
  libvirt: LibvirtPlace | undefined
}>

/** One service in normal form. Problems go to the reader; what it gives is only good where there are none. */
export function readService(name: string, service: MapReader, around: Surroundings): ServiceDraft {
  refuseUnsupported(service)
  const secrets = readGrants(service, 'secret', around.secrets)
  const configs = readGrants(service, 'config', around.configs)
  const extension = readServiceExtension(service.inner('x-anneal'), around.libvirt)
  return {
    name,
    image: readImage(name, service),
    ...extension,
    stopGraceMs:
      service.parsed('stop_grace_period', parseDuration, ['a duration', '30s or 1m30s']) ??
      DEFAULT_STOP_GRACE_MS,
    restart: readRestart(service),
    dependsOn: readDependencies(service),
    secrets,
    configs,
    container: readShape(service, around, [...secrets, ...configs]),
  }
}

function readImage(name: string, service: MapReader): string {
  const text = textOf(service.get('image'))
  if (text === undefined || text === '') {
    service.reading.problems.add(service.path, raise('IMAGE_MISSING', { service: name }), 'key')
    return ''
  }
  const reference = parseImageReference(text)
  if (reference !== undefined) return formatImageReference(reference)
  service.problem('image', raise('IMAGE_INVALID', { image: text }))
  return ''
}

function readRestart(service: MapReader): Container['restartPolicy'] {
  // `restart: no` without quotes is a boolean to many YAML readers.
  const parse = (value: Tree): Container['restartPolicy'] | undefined =>
    value === false || value === 'no'
      ? 'no'
      : value === 'always' || value === 'unless-stopped' || value === 'on-failure'
        ? value
        : undefined
  const expected = ['a restart policy without a count', 'no, always, unless-stopped or on-failure'] as const
  return service.parsed('restart', parse, expected) ?? 'no'
}

function readDependencies(service: MapReader): readonly Dependency[] {
  const value = service.get('depends_on')
  const found: Dependency[] = isList(value)
    ? textsOf(value).map((name) => ({ service: name, condition: 'started' }))
    : Object.keys(isMap(value) ? value : {}).map((name) => {
        const entry = service.inner('depends_on').inner(name)
        const condition = entry.get('condition')
        if (condition === 'service_completed_successfully') {
          const why = 'a release is a set of services that keep running'
          const instead = 'do one-time work in the image’s entrypoint, or before the upgrade'
          entry.problem('condition', raise('UNSUPPORTED', { key: condition, why, instead }))
        }
        if (entry.get('required') === false) {
          const instead = `remove \`required: false\`; if "${name}" is no service of this file, remove the dependency`
          const why = 'every service of a release runs'
          entry.problem('required', raise('UNSUPPORTED', { key: 'required: false', why, instead }))
        }
        return { service: name, condition: condition === 'service_healthy' ? 'healthy' : 'started' }
      })
  return found.toSorted((a, b) => compareText(a.service, b.service))
}
