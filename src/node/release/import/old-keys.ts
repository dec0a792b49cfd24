import type { Finding } from '../../finding.ts'
import { escapeDollars } from '../interpolate.ts'
import type { Path } from '../problem.ts'
import type { Tree, TreeMap } from '../tree.ts'
import { isList, isMap, textOf, textsOf } from '../tree.ts'
import type { Edit } from './edits.ts'
import { applyEdits } from './edits.ts'
import { importFinding } from './findings.ts'

type Edited = Readonly<{ edits: readonly Edit[]; findings: readonly Finding[] }>

/** Keys of the first Compose files whose values only moved. */
const RENAMED: Readonly<Record<string, string>> = { net: 'network_mode' }

/** Brings the keys of one service of any old file to their names of today. */
export function modernKeys(service: string, map: TreeMap, services: TreeMap): Edited {
  const at = (key: string): Path => ['services', service, key]
  const edits: Edit[] = []
  const findings: Finding[] = []
  for (const [key, to] of Object.entries(RENAMED)) {
    if (Object.hasOwn(map, key)) edits.push({ op: 'rename', path: at(key), to })
  }
  if (map['log_driver'] !== undefined || map['log_opt'] !== undefined) {
    const driver = textOf(map['log_driver'])
    const logging = {
      ...(driver === undefined ? {} : { driver }),
      ...(isMap(map['log_opt']) ? { options: map['log_opt'] } : {}),
    }
    edits.push({ op: 'delete', path: at('log_driver') }, { op: 'delete', path: at('log_opt') })
    edits.push({ op: 'set', path: at('logging'), value: logging })
  }
  if (map['dockerfile'] !== undefined) {
    const context = textOf(map['build']) ?? '.'
    edits.push({ op: 'delete', path: at('dockerfile') })
    edits.push({ op: 'set', path: at('build'), value: { context, dockerfile: map['dockerfile'] } })
  }
  if (map['volume_driver'] !== undefined) {
    edits.push({ op: 'delete', path: at('volume_driver') })
    findings.push(
      importFinding(
        'KEY_DROPPED',
        service,
        'volume_driver: make such volumes beforehand and declare them external',
      ),
    )
  }
  if (map['links'] !== undefined) {
    const linked = textsOf(map['links']).map((link) => link.split(':', 1)[0] ?? '')
    const needed = isList(map['depends_on']) ? textsOf(map['depends_on']) : []
    const order = [...new Set([...needed, ...linked])].filter((name) => Object.hasOwn(services, name))
    edits.push({ op: 'delete', path: at('links') })
    if (!isMap(map['depends_on']) && order.length > 0)
      edits.push({ op: 'set', path: at('depends_on'), value: order })
    findings.push(importFinding('LINKS_DROPPED', service, `it was linked to ${linked.join(', ')}`))
  }
  return { edits, findings }
}

/** Keys that fig and the first Compose took and did nothing with (compose/config.py of 1.2: ALLOWED_KEYS). */
export function idleFigKeys(service: string, map: TreeMap): Edited {
  const idle = ['name', 'detach'].filter((key) => Object.hasOwn(map, key))
  return {
    edits: idle.map((key) => ({ op: 'delete', path: ['services', service, key] })),
    findings: idle.map((key) =>
      importFinding('KEY_DROPPED', service, `${key}: fig took it and did nothing with it`, {
        severity: 'info',
      }),
    ),
  }
}

/** The conditions of a swarm service and of Compose v2, as `restart` has them. */
const RESTARTS: ReadonlyMap<string, string> = new Map([
  ['none', 'no'],
  ['on-failure', 'on-failure'],
  ['any', 'always'],
])

/** Compose v2 puts `deploy.restart_policy` in the place of `restart`: its condition, and how often at most. */
export function plainRestart(service: string, map: TreeMap): Edited {
  const deploy = isMap(map['deploy']) ? map['deploy'] : {}
  const policy = isMap(deploy['restart_policy']) ? deploy['restart_policy'] : {}
  const { condition, ...others } = policy
  const restart = RESTARTS.get(textOf(condition) ?? '')
  // Without a condition it says nothing that `restart` could; the reader of releases names it.
  if (restart === undefined) return { edits: [], findings: [] }
  const emptied = Object.keys(deploy).length === 1
  const path = ['services', service, 'deploy', ...(emptied ? [] : ['restart_policy'])]
  const edits: Edit[] = [
    { op: 'delete', path },
    { op: 'set', path: ['services', service, 'restart'], value: restart },
  ]
  const dropped = (what: string): Finding => importFinding('KEY_DROPPED', service, what)
  const old = map['restart'] === false ? 'no' : textOf(map['restart'])
  const findings = Object.keys(others)
    .filter((key) => others[key] !== null)
    .map((key) => dropped(`deploy.restart_policy.${key}: a release says when to restart, not how often`))
  if (old !== undefined && old !== restart) {
    const what = `restart: ${old}: deploy.restart_policy takes its place, and is \`restart: ${restart}\` now`
    findings.push(dropped(what))
  }
  return { edits, findings }
}

/** Fig replaced no variables but those in the host part of volumes: every other dollar sign was just that. */
export function escapeFigDollars(service: string, map: TreeMap): readonly Edit[] {
  const edits: Edit[] = []
  const walk = (value: Tree, path: Path): void => {
    if (typeof value === 'string' && value.includes('$'))
      edits.push({ op: 'set', path, value: escapeDollars(value) })
    else if (isList(value)) value.forEach((item, index) => walk(item, [...path, index]))
    else if (isMap(value)) for (const [key, item] of Object.entries(value)) walk(item, [...path, key])
  }
  for (const [key, value] of Object.entries(map)) {
    if (key !== 'volumes') walk(value, ['services', service, key])
  }
  return edits
}

/** Fig read env files line by line, without quotes or variables. */
export function rawEnvFiles(service: string, map: TreeMap): readonly Edit[] {
  const files = textsOf(map['env_file'])
  if (files.length === 0) return []
  return [
    {
      op: 'set',
      path: ['services', service, 'env_file'],
      value: files.map((path) => ({ path, format: 'raw' })),
    },
  ]
}

/** A fig.yml, under `services`, with its env files marked as raw. */
export function withRawEnvFiles(tree: Tree): Tree {
  const services = isMap(tree) && isMap(tree['services']) ? Object.entries(tree['services']) : []
  return applyEdits(
    tree,
    services.flatMap(([name, service]) => (isMap(service) ? rawEnvFiles(name, service) : [])),
  )
}

/** The network of a container that was on one of the engine's. */
export function plainNetwork(service: string, map: TreeMap): Edited {
  const mode = textOf(map['network_mode'])
  if (mode === 'host' || mode === 'none' || mode === 'bridge') return { edits: [], findings: [] }
  const networks = isList(map['networks'])
    ? textsOf(map['networks'])
    : Object.keys(isMap(map['networks']) ? map['networks'] : {})
  const was = mode ?? (networks.length === 0 ? 'the default network' : networks.join(', '))
  const edits: Edit[] = [{ op: 'set', path: ['services', service, 'network_mode'], value: 'bridge' }]
  if (map['networks'] !== undefined) edits.push({ op: 'delete', path: ['services', service, 'networks'] })
  const severity = mode === undefined ? 'warn' : 'refuse'
  return {
    edits,
    findings: [
      importFinding('NETWORK_CHANGED', service, `it was on ${was}, and is on "bridge" now`, { severity }),
    ],
  }
}
