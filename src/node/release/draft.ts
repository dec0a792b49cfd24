import type { EnvFiles } from './environment.ts'
import { raise } from './errors.ts'
import { readGrantSources } from './grants.ts'
import type { Lookup } from './interpolate.ts'
import type { VolumeNames } from './mounts.ts'
import { isProjectName } from './names.ts'
import { startOrder } from './order.ts'
import { problemList } from './problem.ts'
import type { Problem } from './problem.ts'
import { mapReader } from './reader.ts'
import type { MapReader, Notice } from './reader.ts'
import type { ReleaseDraft } from './release.ts'
import { readService } from './service.ts'
import { parseBoolean } from './quantities.ts'
import type { Tree } from './tree.ts'
import { textOf } from './tree.ts'
import { REFUSED_TOP_KEYS, refuseKeys } from './unsupported.ts'
import { readLibvirtPlace } from './x-anneal.ts'

export type DraftInput = Readonly<{
  /** The Compose file, its variables replaced, valid by the Compose Specification's schema. */
  tree: Tree
  /** Absolute directory of the file: relative paths start there. */
  directory: string
  envFiles: EnvFiles
  /** For names in `environment` without a value. */
  lookup: Lookup
}>

export type DraftResult = Readonly<{
  /** Only to be used where there are no problems. */
  draft: ReleaseDraft
  problems: readonly Problem[]
  /** What has no effect in a release: said, and nothing more. */
  notices: readonly Notice[]
}>

/** Brings a Compose file into normal form. Images need not be pinned yet. */
export function draftRelease(input: DraftInput): DraftResult {
  const problems = problemList()
  const notices: Notice[] = []
  const top = mapReader(input.tree, [], { directory: input.directory, problems, notices })
  const project = readProject(top)
  refuseKeys(top, REFUSED_TOP_KEYS)
  if (top.has('version')) {
    notices.push({
      path: ['version'],
      key: 'version',
      why: 'the Compose Specification has no versions any more',
    })
  }
  const services = top.inner('services')
  const names = Object.keys(services.map).filter((name) => !name.startsWith('x-'))
  if (names.length === 0) problems.add([], raise('SERVICES_MISSING'))
  const around = {
    volumes: readVolumeNames(top, project),
    secrets: readGrantSources('secret', top),
    configs: readGrantSources('config', top),
    envFiles: input.envFiles,
    lookup: input.lookup,
    libvirt: readLibvirtPlace(top),
  }
  const drafts = names.map((name) => readService(name, services.inner(name), around))
  const draft = { project, libvirt: around.libvirt, services: startOrder(drafts, problems) }
  return { draft, problems: problems.all, notices }
}

function readProject(top: MapReader): string {
  const name = textOf(top.get('name')) ?? ''
  if (name === '') top.reading.problems.add([], raise('NAME_MISSING'))
  else if (!isProjectName(name)) top.problem('name', raise('NAME_INVALID', { name }))
  return name
}

/** As Compose names volumes: `project_name`, or `name:`, or the plain name of an external one. */
function readVolumeNames(top: MapReader, project: string): VolumeNames {
  const volumes = top.inner('volumes')
  return new Map(
    Object.keys(volumes.map).map((key) => {
      const volume = volumes.inner(key)
      for (const option of ['driver_opts', 'labels', 'driver']) {
        if (!volume.has(option) || volume.get(option) === 'local') continue
        const instead = 'make the volume beforehand and declare it `external: true`'
        const why = 'a release uses volumes and never makes special ones'
        volume.problem(option, raise('UNSUPPORTED', { key: option, why, instead }), 'key')
      }
      const external = volume.get('external') !== undefined && parseBoolean(volume.get('external')) !== false
      return [key, textOf(volume.get('name')) ?? (external ? key : `${project}_${key}`)] as const
    }),
  )
}
