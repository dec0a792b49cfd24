import type { Finding } from '../../finding.ts'
import { looksSecret } from '../lint/secret-names.ts'
import { secretIn, secretOptions, withoutSecrets, wordsWithoutSecrets } from '../lint/secrets.ts'
import { shellWords } from '../shell-words.ts'
import type { Tree, TreeMap } from '../tree.ts'
import { isList, isMap, listOf, textOf, textsOf } from '../tree.ts'
import type { Edit } from './edits.ts'
import { importFinding } from './findings.ts'

type Edited = Readonly<{ edits: readonly Edit[]; findings: readonly Finding[] }>

/**
 * Takes secrets out of a service's `environment`: each becomes a secret that is a file, and NAME_FILE says where.
 * The value is neither copied nor told.
 */
export function moveSecrets(service: string, map: TreeMap): Edited {
  const environment = map['environment']
  const path = ['services', service, 'environment']
  const names = entriesOf(environment).filter(
    ([name, value]) =>
      secretIn(name, value ?? '') !== undefined ||
      // What the variable holds is the secret.
      (looksSecret(name) && (value === undefined || value.startsWith('$'))),
  )
  if (names.length === 0) return { edits: [], findings: [] }
  const moved = names.map(([name]) => ({ name, secret: name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-') }))
  const directory = secretsDirectory(map)
  const edits: Edit[] = isList(environment)
    ? [
        {
          op: 'set',
          path,
          value: environment.flatMap((item) => {
            const one = moved.find(({ name }) => nameOf(item) === name)
            return one === undefined ? [item] : [`${one.name}_FILE=${directory}${one.secret}`]
          }),
        },
      ]
    : moved.flatMap(({ name, secret }): Edit[] => [
        { op: 'set', path: [...path, name], value: directory + secret },
        { op: 'rename', path: [...path, name], to: `${name}_FILE` },
      ])
  const granted = listOf(map['secrets'])
  edits.push({
    op: 'set',
    path: ['services', service, 'secrets'],
    value: [...granted, ...moved.map(({ secret }) => grantOf(secret, directory))],
  })
  for (const { secret } of moved) {
    edits.push({ op: 'set', path: ['secrets', secret], value: { file: `./secrets/${secret}` } })
  }
  const evidence = moved.map(({ name, secret }) => `${name} → ./secrets/${secret}`).join(', ')
  return { edits, findings: [importFinding('SECRET_MOVED', service, evidence)] }
}

/** Compose's /run/secrets, unless that is in a bind: the engine would make the mount points in the host's own /run. */
function secretsDirectory(map: TreeMap): string {
  const targets = listOf(map['volumes']).map(
    (item) => textOf(isMap(item) ? item['target'] : (textOf(item) ?? '').split(':')[1]) ?? '',
  )
  return targets.some((target) => /^(\/var)?\/run\/?$/.test(target)) ? '/secrets/' : DEFAULT_SECRETS
}

const DEFAULT_SECRETS = '/run/secrets/'

function grantOf(secret: string, directory: string): Tree {
  return directory === DEFAULT_SECRETS ? secret : { source: secret, target: directory + secret }
}

/** Keys that are looked at by rules of their own, and those that hold no text of anybody's. */
const ELSEWHERE = new Set([
  'environment',
  'env_file',
  'secrets',
  'configs',
  'command',
  'entrypoint',
  'image',
  'volumes',
])

/** Replaces secrets on a service's command line, in its health check, its labels and wherever else by variables that must be set. */
export function redactArguments(service: string, map: TreeMap): Edited {
  const edits: Edit[] = []
  const findings: Finding[] = []
  const tell = (what: string, names: readonly string[]): void => {
    findings.push(importFinding('SECRET_REDACTED', service, `${what}: ${names.join(', ')}`))
  }
  for (const key of ['command', 'entrypoint']) {
    const value = map[key]
    const argv = isList(value) ? textsOf(value) : typeof value === 'string' ? wordsOf(value) : []
    // The draft tells what is wrong with a command that cannot be split; it stays one text.
    const clean = argv === undefined ? redacted('', textOf(value) ?? '') : redactedWords(argv)
    if (clean === undefined) continue
    edits.push({ op: 'set', path: ['services', service, key], value: clean.value })
    tell(key, clean.kinds)
  }
  for (const [key, value] of Object.entries(map)) {
    if (ELSEWHERE.has(key)) continue
    for (const { path, value: clean, kinds } of textsWithSecrets([key], key, value)) {
      edits.push({ op: 'set', path: ['services', service, ...path], value: clean })
      tell(path.join('.'), kinds)
    }
  }
  return { edits, findings }
}

/** Secrets in the text of the file's own configs: what is written there, everybody in the container reads. */
export function redactConfigs(configs: Tree | undefined): Edited {
  const found = isMap(configs) ? textsWithSecrets(['configs'], '', configs) : []
  return {
    edits: found.map(({ path, value }) => ({ op: 'set', path, value })),
    findings: found.map(({ path, kinds }) =>
      importFinding('SECRET_REDACTED', 'configs', `${path.join('.')}: ${kinds.join(', ')}`),
    ),
  }
}

type Redacted = Readonly<{ path: readonly (string | number)[]; value: Tree; kinds: readonly string[] }>

/** Every text below `value` that holds a secret, by the one rule. A list of words is one command line. */
function textsWithSecrets(
  path: readonly (string | number)[],
  name: string,
  value: Tree,
): readonly Redacted[] {
  if (isMap(value)) {
    return Object.entries(value).flatMap(([key, inner]) => textsWithSecrets([...path, key], key, inner))
  }
  if (isList(value)) {
    if (!value.every((item) => typeof item === 'string')) {
      return value.flatMap((item, index) => textsWithSecrets([...path, index], name, item))
    }
    const clean = redactedWords(textsOf(value))
    return clean === undefined ? [] : [{ path, ...clean }]
  }
  if (typeof value !== 'string') return []
  const clean = redacted(name, value)
  return clean === undefined ? [] : [{ path, ...clean }]
}

/** undefined where there is no secret in it. */
function redacted(name: string, text: string): Omit<Redacted, 'path'> | undefined {
  const kind = secretIn(name, text)
  return kind === undefined ? undefined : { kinds: [kind], value: withoutSecrets(name, text, demand) }
}

/** The same of a command line in words. */
function redactedWords(argv: readonly string[]): Omit<Redacted, 'path'> | undefined {
  const kinds = secretOptions(argv)
  return kinds.length === 0 ? undefined : { kinds, value: wordsWithoutSecrets(argv, demand) }
}

/** Variables of an env file that hold secrets, by name. */
export function secretsOfEnvFile(
  service: string,
  file: string,
  values: ReadonlyMap<string, string>,
): readonly Finding[] {
  const names = [...values]
    .filter(([name, value]) => secretIn(name, value) !== undefined)
    .map(([name]) => name)
  if (names.length === 0) return []
  return [importFinding('SECRET_IN_ENV_FILE', service, `${file}: ${names.toSorted().join(', ')}`)]
}

/** `--os-password` → `${OS_PASSWORD:?…}`: the file cannot be locked before somebody has looked at it. */
function demand(kind: string): string {
  const words =
    kind
      .replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2')
      .toUpperCase()
      .match(/[A-Z][A-Z0-9]*/g) ?? []
  const isName = !/\s/.test(kind) && words.length > 0
  const name = isName ? words.join('_') : /URL/.test(kind) ? 'URL_PASSWORD' : 'SECRET'
  return `\${${name}:?a secret does not belong here}`
}

/** A file that is granted as a config, and what is secret in it. */
export function secretsOfConfigFile(file: string, text: string): readonly Finding[] {
  const kind = secretIn('', text)
  return kind === undefined ? [] : [importFinding('SECRET_IN_CONFIG_FILE', 'configs', `${file}: ${kind}`)]
}

/** undefined where the command cannot be split. */
function wordsOf(text: string): readonly string[] | undefined {
  try {
    return shellWords(text)
  } catch {
    return undefined
  }
}

function entriesOf(environment: Tree | undefined): readonly (readonly [string, string | undefined])[] {
  if (isMap(environment)) return Object.entries(environment).map(([name, value]) => [name, textOf(value)])
  return textsOf(environment).map((text) => {
    const equals = text.indexOf('=')
    return equals === -1 ? [text, undefined] : [text.slice(0, equals), text.slice(equals + 1)]
  })
}

function nameOf(item: Tree): string {
  return (textOf(item) ?? '').split('=', 1)[0] ?? ''
}
