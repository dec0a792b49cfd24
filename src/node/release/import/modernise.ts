import { draftRelease } from '../draft.ts'
import type { EnvFiles } from '../environment.ts'
import { envFileEntries, envFileKey } from '../environment.ts'
import type { Finding } from '../../finding.ts'
import { lintRelease } from '../lint/lint.ts'
import { workloadOfService } from '../lint/workload.ts'
import type { Lookup } from '../interpolate.ts'
import type { Problem } from '../problem.ts'
import { formatPath } from '../problem.ts'
import type { ReleaseDraft } from '../release.ts'
import type { Tree, TreeMap } from '../tree.ts'
import { isMap, mapOf } from '../tree.ts'
import { replaceVariables } from '../variables.ts'
import type { Edit } from './edits.ts'
import { applyEdits, valueAt } from './edits.ts'
import { importFinding } from './findings.ts'
import {
  escapeFigDollars,
  idleFigKeys,
  modernKeys,
  plainNetwork,
  plainRestart,
  rawEnvFiles,
} from './old-keys.ts'
import {
  moveSecrets,
  redactArguments,
  redactConfigs,
  secretsOfConfigFile,
  secretsOfEnvFile,
} from './secret-edits.ts'

export type OldFormat = 'fig' | 'compose'

export type ImportInput = Readonly<{
  /** The old file's values, variables not replaced; `services` at its top whatever it was. */
  tree: Tree
  format: OldFormat
  /** For a file without `name`. */
  project: string
  /** Takes the place of the file’s own `name`. */
  named?: string | undefined
  directory: string
  /** Env files that could be read. */
  envFiles: EnvFiles
  lookup: Lookup
  /** Texts of the files under `configs:` that could be read, by the name that the file gives them. */
  configFiles?: ReadonlyMap<string, string>
}>

export type Imported = Readonly<{
  /** What to change in the old file. */
  edits: readonly Edit[]
  /** The file with them applied. */
  tree: Tree
  findings: readonly Finding[]
}>

/** Dropping one of these changes what runs. */
const HEAVY = new Set(['extends', 'include', 'volumes_from', 'provider'])
/** Each round drops a key of the deepest map; no file has more levels than this. */
const MAX_ROUNDS = 20

/** Turns an old file into one of today, keeping what it meant and saying what was wrong with it. Changes nothing else. */
export function modernise(input: ImportInput): Imported {
  const edits: Edit[] = []
  const findings: Finding[] = []
  let tree = input.tree
  const change = (more: readonly Edit[]): void => {
    edits.push(...more)
    tree = applyEdits(tree, more)
  }
  const apply = (edited: Readonly<{ edits: readonly Edit[]; findings: readonly Finding[] }>): void => {
    change(edited.edits)
    findings.push(...edited.findings)
  }
  const service = (name: string): TreeMap => mapOf(valueAt(tree, ['services', name]))
  const top = mapOf(tree)

  if (top['version'] !== undefined) change([{ op: 'delete', path: ['version'] }])
  const project = input.named ?? (top['name'] === undefined ? input.project : undefined)
  if (project !== undefined) change([{ op: 'set', path: ['name'], value: project }])
  const names = Object.keys(mapOf(top['services'])).filter((name) => isMap(valueAt(tree, ['services', name])))
  for (const name of names) {
    if (input.format === 'fig') {
      change(escapeFigDollars(name, service(name)))
      change(rawEnvFiles(name, service(name)))
      apply(idleFigKeys(name, service(name)))
    }
    apply(modernKeys(name, service(name), mapOf(valueAt(tree, ['services']))))
    apply(plainRestart(name, service(name)))
    apply(plainNetwork(name, service(name)))
    for (const entry of envFileEntries(service(name)['env_file'])) {
      findings.push(...secretsOfEnvFile(name, entry.path, input.envFiles.get(envFileKey(entry)) ?? new Map()))
    }
    apply(moveSecrets(name, service(name)))
    apply(redactArguments(name, service(name)))
  }
  apply(redactConfigs(mapOf(tree)['configs']))
  for (const [file, text] of input.configFiles ?? []) findings.push(...secretsOfConfigFile(file, text))
  const dropped = dropUnsupported(tree, input)
  apply(dropped)
  apply(declareLibvirt(tree, dropped.draft))
  const { draft, problems, notices } = draftOf(tree, input)
  const redacted = new Set(
    findings.filter(({ code }) => code === 'SECRET_REDACTED').map(({ subject }) => subject),
  )
  const lint = lintRelease(draft, notices).filter(
    // What was taken out of a command line has been told.
    ({ code, subject }) => code !== 'SECRET_IN_ARGUMENTS' || !redacted.has(subject),
  )
  findings.push(...problems.map(problemFinding), ...lint)
  return { edits, tree, findings }
}

/** The draft as far as it can be told: variables that are not set here stand for themselves. */
function draftOf(tree: Tree, input: ImportInput): ReturnType<typeof draftRelease> {
  const lookup = (name: string): string => input.lookup(name) ?? name.toLowerCase()
  const { tree: filled, problems: unclear } = replaceVariables(tree, lookup)
  const { directory, lookup: own } = input
  // A name without a value has none in the new file either: nobody reads there that it has to be set.
  const result = draftRelease({ tree: filled, directory, envFiles: new Map(), lookup: own })
  // What a variable makes of a value is only known where it is set.
  const known = result.problems.filter(
    ({ path, error }) => error.code === 'COMMAND_AMBIGUOUS' || !hasVariable(valueAt(tree, path)),
  )
  return { ...result, problems: [...unclear, ...known] }
}

function hasVariable(value: Tree | undefined): boolean {
  return typeof value === 'string' && value.includes('$')
}

/** Leaves out, key by key or part by part, what the reader of releases refuses by name: it alone knows what that is. */
function dropUnsupported(
  tree: Tree,
  input: ImportInput,
): Readonly<{ edits: readonly Edit[]; findings: readonly Finding[]; draft: ReleaseDraft }> {
  const edits: Edit[] = []
  const findings: Finding[] = []
  let current = tree
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const { draft, problems } = draftOf(current, input)
    const refused = problems.filter(
      ({ error, path }) =>
        error.code === 'UNSUPPORTED' && valueAt(current, path) !== undefined && path.length !== 2,
    )
    if (refused.length === 0) return { edits, findings, draft }
    // Later items of a list first, so that the places of earlier ones stay.
    const drops = refused
      .toReversed()
      .map(({ path, rest }): Edit =>
        rest === undefined ? { op: 'delete', path } : { op: 'set', path, value: rest },
      )
    edits.push(...drops)
    current = applyEdits(current, drops)
    findings.push(...refused.map(dropFinding))
  }
  return { edits, findings, draft: draftOf(current, input).draft }
}

function dropFinding({ path, error }: Problem): Finding {
  const key = String(path.at(-1))
  const subject = path[0] === 'services' ? String(path[1]) : formatPath(path)
  const why = error.message.replace(/^Cannot support /, '')
  const severity = HEAVY.has(key) ? 'refuse' : 'warn'
  return importFinding('KEY_DROPPED', subject, why, { severity, remedy: error.remedy })
}

/** What was copied and is not valid: the subject is the service, and the evidence begins with the place in it. */
export function problemFinding({ path, error }: Problem): Finding {
  const { remedy } = error
  if (path[0] !== 'services' || path.length === 1) {
    return importFinding('IMPORT_INCOMPLETE', formatPath(path), error.message, { remedy })
  }
  const place = path.length === 2 ? '' : `${formatPath(path.slice(2))}: `
  return importFinding('IMPORT_INCOMPLETE', String(path[1]), `${place}${error.message}`, { remedy })
}

function declareLibvirt(
  tree: Tree,
  draft: ReleaseDraft,
): Readonly<{ edits: readonly Edit[]; findings: readonly Finding[] }> {
  const libvirt = draft.services.find((service) => workloadOfService(service).role === 'libvirt')
  if (libvirt === undefined || valueAt(tree, ['x-anneal', 'libvirt']) !== undefined)
    return { edits: [], findings: [] }
  const edits: Edit[] = [{ op: 'set', path: ['x-anneal', 'libvirt'], value: { service: libvirt.name } }]
  return { edits, findings: [importFinding('LIBVIRT_DECLARED', libvirt.name, 'x-anneal.libvirt names it')] }
}
