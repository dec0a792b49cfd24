import { raise } from './errors.ts'
import { hostPath } from './mounts.ts'
import { containerPath } from './paths.ts'
import { itemReader } from './reader.ts'
import type { MapReader } from './reader.ts'
import type { FileGrant } from './release.ts'
import { compareText, listOf, textOf } from './tree.ts'

export type GrantKind = 'secret' | 'config'

/** The top level's `secrets` or `configs`: name → host path of the file, undefined where it has none. */
export type GrantSources = ReadonlyMap<string, string | undefined>

/** Where a grant without a target appears, by the Compose Specification. */
const DEFAULT_DIRECTORY: Readonly<Record<GrantKind, string>> = { secret: '/run/secrets/', config: '/' }

/** Reads the top level's `secrets` or `configs`. Only files can be granted: nothing else survives an engine's restart. */
export function readGrantSources(kind: GrantKind, top: MapReader): GrantSources {
  const sources = new Map<string, string | undefined>()
  const declared = top.inner(`${kind}s`)
  for (const name of Object.keys(declared.map)) {
    if (name.startsWith('x-')) continue
    const entry = declared.inner(name)
    const file = textOf(entry.get('file'))
    if (file === undefined) declared.problem(name, raise('GRANT_NO_FILE', { kind, name }), 'key')
    sources.set(name, file === undefined ? undefined : (hostPath(file, entry.at('file'), top.reading) ?? ''))
    for (const key of [
      'driver',
      'driver_opts',
      'template_driver',
      'labels',
      'external',
      'environment',
      'content',
    ]) {
      if (file === undefined || !entry.has(key) || entry.get(key) === false) continue
      const why = `a ${kind} of a release is its file and nothing else`
      entry.problem(key, raise('UNSUPPORTED', { key, why, instead: 'remove it' }), 'key')
    }
  }
  return sources
}

/** The service's `secrets` or `configs` as read-only binds of their files, sorted by target. */
export function readGrants(service: MapReader, kind: GrantKind, sources: GrantSources): readonly FileGrant[] {
  const { reading } = service
  const grants = listOf(service.get(`${kind}s`)).flatMap((item, index): FileGrant[] => {
    const path = [...service.at(`${kind}s`), index]
    const long = itemReader(item, path, reading)
    const name = textOf(long === undefined ? item : long.get('source')) ?? ''
    const file = sources.get(name)
    if (!sources.has(name)) reading.problems.add(path, raise('GRANT_UNDECLARED', { kind, name }))
    if (file === undefined) return []
    for (const key of ['uid', 'gid', 'mode']) {
      if (long?.has(key) !== true) continue
      const why = 'the file itself is mounted, with the owner and mode that it has'
      long.problem(key, raise('UNSUPPORTED', { key, why, instead: 'use chown and chmod on the file' }), 'key')
    }
    const written = textOf(long?.get('target')) ?? name
    const target = containerPath(written.startsWith('/') ? written : DEFAULT_DIRECTORY[kind] + written)
    return target === undefined ? [] : [{ name, file, target }]
  })
  return grants.toSorted((a, b) => compareText(a.target, b.target))
}
