import type { Finding } from '../../finding.ts'
import { raise } from '../errors.ts'
import { escapeDollars } from '../interpolate.ts'
import type { Tree, TreeMap } from '../tree.ts'
import { DOCKER_OPTIONS, PODMAN_LISTS, SHORT_OPTIONS } from './docker-flags.ts'
import type { DockerOption } from './docker-flags.ts'
import { serviceBuilder } from './docker-service.ts'
import type { ServiceBuilder } from './docker-service.ts'
import { importFinding } from './findings.ts'
import { readScript } from './script.ts'
import type { ScriptCommand } from './script.ts'
import { scriptVariables } from './script-variables.ts'
import type { ScriptVariables } from './script-variables.ts'

export type DockerRunImport = Readonly<{
  /** A Compose file with a service for each command. */
  tree: TreeMap
  findings: readonly Finding[]
}>

/**
 * Reads `docker run` (or `create`, or Podman's) from a command line or a script of several, with whatever else the
 * script does left out by name. Throws IMPORT_FLAG_UNKNOWN, IMPORT_FLAG_VALUE, IMPORT_IMAGE_MISSING, IMPORT_SHELL
 * and IMPORT_NO_COMMAND. Values of options are never part of an error. `directory` is the script's own, in which it is
 * taken to be started.
 */
export function importDockerRun(script: string, directory: string): DockerRunImport {
  return importCommands(readScript(script), directory)
}

/** The same for one command that a shell has already split into words. */
export function importDockerCommand(words: readonly string[]): DockerRunImport {
  return importCommands([{ line: 1, words: words.map((word) => escapeDollars(word)) }], '')
}

function importCommands(commands: readonly ScriptCommand[], directory: string): DockerRunImport {
  const findings: Finding[] = []
  const services: Record<string, Tree> = {}
  const volumes: Record<string, Tree> = {}
  const variables = scriptVariables()
  for (const command of commands) {
    const run = argumentsOfRun(command)
    variables.see(command.words)
    if (run === undefined) {
      findings.push(importFinding('LINE_SKIPPED', `line ${command.line}`, describe(command)))
      continue
    }
    const {
      name,
      given,
      service,
      volumes: used,
      findings: said,
    } = readRun(run, command.line, { variables, directory })
    let unique = name
    for (let count = 2; Object.hasOwn(services, unique); count += 1) unique = `${name}-${count}`
    services[unique] = service
    // Volumes of `docker run` are named as they are, not after a project.
    for (const volume of used) volumes[volume] = { external: true }
    findings.push(...said.map((one) => ({ ...one, subject: unique })))
    if (given !== undefined && given !== unique)
      findings.push(importFinding('SERVICE_RENAMED', unique, `the name of the container is "${given}"`))
  }
  if (Object.keys(services).length === 0) {
    const given = commands.slice(0, MAX_QUOTED).map(quoted)
    throw raise('IMPORT_NO_COMMAND', { given: given.length === 0 ? 'nothing' : given.join(', ') })
  }
  const top = Object.keys(volumes).length === 0 ? {} : { volumes }
  return { tree: { services, ...top }, findings }
}

type Run = Readonly<{ engine: string; words: readonly string[] }>

/** The words after `docker run`, whatever stands before it; undefined for another command. */
function argumentsOfRun({ words }: ScriptCommand): Run | undefined {
  let rest = words
  while (
    rest[0] !== undefined &&
    (/^[A-Za-z_]\w*=/.test(rest[0]) ||
      ['sudo', 'exec', 'env', 'nohup', 'then', 'else', 'do', '!'].includes(rest[0]))
  ) {
    rest = rest.slice(1)
  }
  const engine = /(?:^|\/)(docker|podman)$/.exec(rest[0] ?? '')?.[1]
  if (engine === undefined) return undefined
  rest = rest.slice(1)
  while (rest[0]?.startsWith('-') === true) {
    const takesValue = [
      '-H',
      '--host',
      '-c',
      '--context',
      '-l',
      '--log-level',
      '--config',
      '--root',
      '--runroot',
    ].includes(rest[0])
    rest = rest.slice(takesValue ? 2 : 1)
  }
  if (rest[0] === 'container') rest = rest.slice(1)
  return rest[0] === 'run' || rest[0] === 'create' ? { engine, words: rest.slice(1) } : undefined
}

/** Of a script without any `docker run`, so many commands are quoted. */
const MAX_QUOTED = 3

/** The command without its arguments, which may hold secrets. */
function quoted({ words }: ScriptCommand): string {
  const shown = words.filter((word) => /^[\w./-]{1,40}$/.test(word) && !word.startsWith('-'))
  return `\`${shown.slice(0, 2).join(' ')} …\``
}

function describe(command: ScriptCommand): string {
  const { words } = command
  const assignment = /^([A-Za-z_]\w*)=/.exec(words[0] ?? '')
  if (assignment !== null && words.length === 1)
    return `it sets ${assignment[1]}: put that into the .env file`
  return quoted(command)
}

type Script = Readonly<{ variables: ScriptVariables; directory: string }>

/** The directory in which the script runs, as a variable. */
const PWD = String.raw`\$(?:PWD(?!\w)|\{PWD\})`
const ANY_PWD = new RegExp(PWD, 'g')
/** Where an option begins with a path of the host: a Compose file may say it from its own directory on. */
const PATH_PWD: Readonly<Record<string, RegExp>> = {
  volume: new RegExp(`^()${PWD}(?=[/:]|$)`),
  'env-file': new RegExp(`^()${PWD}(?=/|$)`),
  mount: new RegExp(`((?:^|,)(?:source|src)=)${PWD}(?=[/,]|$)`),
}

function readRun(
  { engine, words }: Run,
  line: number,
  { variables, directory }: Script,
): ReturnType<ServiceBuilder['finish']> {
  const builder = serviceBuilder(line)
  const placed = (name: string, value: string): string => {
    if (!value.includes('$') || value.search(ANY_PWD) === -1) return value
    if (!variables.isHere())
      throw raise('IMPORT_SHELL', { line, what: 'a directory relative to that of `cd`' })
    const path = PATH_PWD[name]
    const relative = path === undefined ? value : value.replace(path, '$1.')
    return relative.replaceAll(ANY_PWD, () => escapeDollars(directory))
  }
  const take: Take = (flag, name, value) => {
    const option = optionOf(name, flag, line)
    const given = name === 'name' ? variables.fill(value) : placed(name, value)
    const values = engine === 'podman' && PODMAN_LISTS.has(name) ? given.split(',') : [given]
    for (const one of values) builder.take(flag, option, one)
  }
  let at = 0
  while (at < words.length) {
    const word = words[at] ?? ''
    at += 1
    if (word === '--') break
    if (!word.startsWith('-') || word === '-') {
      at -= 1
      break
    }
    at = word.startsWith('--') ? longOption(take, words, at, line) : shortOptions(take, words, at, line)
  }
  const image = words[at]
  if (image === undefined) throw raise('IMPORT_IMAGE_MISSING', { line })
  const command = words.slice(at + 1).map((word) => placed('', word))
  return builder.finish(image, command, variables.fill(image))
}

/** `flag` as it is written, `name` as the table has it. */
type Take = (flag: string, name: string, value: string) => void

/** Takes `--name value` or `--name=value`, which is the word before `at`; gives the place after it. */
function longOption(take: Take, words: readonly string[], at: number, line: number): number {
  const word = words[at - 1] ?? ''
  const equals = word.indexOf('=')
  const name = word.slice(2, equals === -1 ? undefined : equals)
  const flag = `--${name}`
  const option = optionOf(name, flag, line)
  if (equals !== -1) {
    take(flag, name, word.slice(equals + 1))
    return at
  }
  if (option.takes === 'flag') {
    take(flag, name, 'true')
    return at
  }
  take(flag, name, valueOf(words, at, flag, line))
  return at + 1
}

/** Takes `-d`, `-it`, `-v /a:/b`, `-v/a:/b`, `-e=A=1`, which is the word before `at`; gives the place after it. */
function shortOptions(take: Take, words: readonly string[], at: number, line: number): number {
  const word = words[at - 1] ?? ''
  for (let index = 1; index < word.length; index += 1) {
    const letter = word[index] ?? ''
    const name = SHORT_OPTIONS.get(letter) ?? ''
    const flag = `-${letter}`
    const option = optionOf(name, flag, line)
    if (option.takes === 'flag') {
      if (word[index + 1] === '=') {
        take(flag, name, word.slice(index + 2))
        return at
      }
      take(flag, name, 'true')
      continue
    }
    const rest = word.slice(index + 1).replace(/^=/, '')
    if (rest !== '') {
      take(flag, name, rest)
      return at
    }
    take(flag, name, valueOf(words, at, flag, line))
    return at + 1
  }
  return at
}

function optionOf(name: string, flag: string, line: number): DockerOption {
  const option = Object.hasOwn(DOCKER_OPTIONS, name) ? DOCKER_OPTIONS[name] : undefined
  if (option === undefined) throw raise('IMPORT_FLAG_UNKNOWN', { flag, line })
  return option
}

function valueOf(words: readonly string[], at: number, flag: string, line: number): string {
  const value = words[at]
  if (value === undefined) throw raise('IMPORT_FLAG_VALUE', { flag, line, what: 'is missing' })
  return value
}
