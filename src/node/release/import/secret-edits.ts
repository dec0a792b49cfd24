import type { Finding } from '../../finding.ts'
import { hasUrlPassword, looksSecret, secretOptions } from '../lint/secrets.ts'
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
    ([name, value]) => value !== '' && (looksSecret(name) || hasUrlPassword(value ?? '')),
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

/** Replaces secrets on a service's command line by variables that must be set. */
export function redactArguments(service: string, map: TreeMap): Edited {
  const edits: Edit[] = []
  const findings: Finding[] = []
  for (const key of ['command', 'entrypoint']) {
    const value = map[key]
    const argv = isList(value) ? textsOf(value) : typeof value === 'string' ? wordsOf(value) : []
    const options = secretOptions(argv)
    if (options.length === 0) continue
    edits.push({ op: 'set', path: ['services', service, key], value: redacted(argv) })
    findings.push(importFinding('SECRET_REDACTED', service, `${key}: ${options.join(', ')}`))
  }
  return { edits, findings }
}

/** Variables of an env file that hold secrets, by name. */
export function secretsOfEnvFile(
  service: string,
  file: string,
  values: ReadonlyMap<string, string>,
): readonly Finding[] {
  const names = [...values]
    .filter(([name, value]) => value !== '' && (looksSecret(name) || hasUrlPassword(value)))
    .map(([name]) => name)
  if (names.length === 0) return []
  return [importFinding('SECRET_IN_ENV_FILE', service, `${file}: ${names.toSorted().join(', ')}`)]
}

function redacted(argv: readonly string[]): readonly string[] {
  const out: string[] = []
  let hideNext: string | undefined
  for (const word of argv) {
    if (hideNext !== undefined) {
      out.push(demand(hideNext))
      hideNext = undefined
      continue
    }
    const equals = word.indexOf('=')
    const option = equals === -1 ? word : word.slice(0, equals)
    const isSecret = looksSecret(option) && (option.startsWith('-') || /^[A-Z][A-Z0-9_]*$/.test(option))
    if (isSecret && equals !== -1) out.push(`${option}=${demand(option)}`)
    else if (isSecret && option.startsWith('-')) {
      hideNext = option
      out.push(word)
    } else if (hasUrlPassword(word)) {
      out.push(word.replaceAll(URL_PASSWORD, (_, before: string) => `${before}${demand(option)}@`))
    } else out.push(word)
  }
  return out
}

const URL_PASSWORD = /([a-z][a-z0-9+.-]*:\/\/[^\s/?#@:]*:)[^\s/?#]+@/gi

/** `--os-password` → `${OS_PASSWORD:?…}`: the file cannot be locked before somebody has looked at it. */
function demand(option: string): string {
  const words = option.toUpperCase().match(/[A-Z][A-Z0-9]*/g) ?? []
  const name = option.startsWith('-') || /^[A-Z][A-Z0-9_]*$/.test(option) ? words.join('_') : 'URL_PASSWORD'
  return `\${${name}:?a secret does not belong on a command line}`
}

function wordsOf(text: string): readonly string[] {
  try {
    return shellWords(text)
  } catch {
    // The draft tells what is wrong with it; there is nothing to redact in a command that cannot be read.
    return []
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
