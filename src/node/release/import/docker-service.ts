import type { Finding } from '../../finding.ts'
import { raise } from '../errors.ts'
import { parseImageReference } from '../image-reference.ts'
import { isVolumeName } from '../mounts.ts'
import type { Tree, TreeMap } from '../tree.ts'
import type { DockerOption, SpecialKind } from './docker-flags.ts'
import { importFinding } from './findings.ts'

/** Collects the options of one `docker run` into a Compose service. */
export type ServiceBuilder = Readonly<{
  take(flag: string, option: DockerOption, value: string): void
  /** `called` is the image for those who need its name: without the variables that are known. */
  finish(
    image: string,
    command: readonly string[],
    called: string,
  ): Readonly<{
    name: string
    /** As the option `--name` has it. */
    given: string | undefined
    service: TreeMap
    volumes: readonly string[]
    findings: readonly Finding[]
  }>
}>

type Draft = {
  name: string | undefined
  fields: Record<string, Tree>
  environment: Record<string, string | null>
  labels: Record<string, string>
  sysctls: Record<string, string>
  ulimits: Record<string, Tree>
  health: Record<string, Tree>
  logging: { driver?: string; options: Record<string, string> }
  volumes: Set<string>
}

/** `line` is for errors. */
export function serviceBuilder(line: number): ServiceBuilder {
  const findings: Finding[] = []
  const draft: Draft = {
    name: undefined,
    fields: {},
    environment: {},
    labels: {},
    sysctls: {},
    ulimits: {},
    health: {},
    logging: { options: {} },
    volumes: new Set(),
  }
  const list = (key: string, value: Tree): void => {
    draft.fields[key] = [...((draft.fields[key] as readonly Tree[] | undefined) ?? []), value]
  }
  const specials = specialOptions(draft, list)
  return {
    take(flag, option, value) {
      const bad = (what: string): Error => raise('IMPORT_FLAG_VALUE', { flag, line, what })
      const { to } = option
      switch (to.kind) {
        case 'nothing':
          return
        case 'dropped':
          if (option.takes === 'flag' && value === 'false') return
          findings.push(importFinding('KEY_DROPPED', '', `${flag}: ${to.why}`))
          return
        case 'truth':
          if (value !== 'true' && value !== 'false') throw bad('is neither true nor false')
          draft.fields[to.key] = value === 'true'
          return
        case 'number':
          draft.fields[to.key] = /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : value
          return
        case 'text':
          draft.fields[to.key] = value
          return
        case 'list':
          list(to.key, value)
          return
        case 'special': {
          const wrong = specials[to.special](value)
          if (wrong !== undefined) throw bad(wrong)
        }
      }
    },
    finish(image, command, called) {
      return {
        name: nameOf(draft.name, called),
        given: draft.name,
        service: assemble(draft, image, command),
        volumes: [...draft.volumes],
        findings,
      }
    },
  }
}

/** Each gives what is wrong with the value, undefined where nothing is. */
function specialOptions(
  draft: Draft,
  list: (key: string, value: Tree) => void,
): Record<SpecialKind, (value: string) => string | undefined> {
  const pair = (into: Record<string, string>) => (value: string) => {
    const equals = value.indexOf('=')
    if (equals < 1) return 'is not NAME=value'
    into[value.slice(0, equals)] = value.slice(equals + 1)
    return undefined
  }
  const health = (key: string) => (value: string) => {
    draft.health[key] = value
    return undefined
  }
  return {
    entrypoint: (value) => {
      draft.fields['entrypoint'] = value === '' ? [] : [value]
      return undefined
    },
    environment: (value) => {
      const equals = value.indexOf('=')
      draft.environment[equals === -1 ? value : value.slice(0, equals)] =
        equals === -1 ? null : value.slice(equals + 1)
      return equals === 0 ? 'has no name' : undefined
    },
    environmentFile: (path) => {
      list('env_file', { path, format: 'raw' })
      return undefined
    },
    healthCommand: health('test'),
    healthInterval: health('interval'),
    healthTimeout: health('timeout'),
    healthStartPeriod: health('start_period'),
    healthStartInterval: health('start_interval'),
    healthRetries: (value) => {
      draft.health['retries'] = Number(value)
      return /^\d+$/.test(value) ? undefined : 'is no number'
    },
    noHealthcheck: () => {
      draft.health['disable'] = true
      return undefined
    },
    label: (value) => {
      const equals = value.indexOf('=')
      draft.labels[equals === -1 ? value : value.slice(0, equals)] =
        equals === -1 ? '' : value.slice(equals + 1)
      return undefined
    },
    logDriver: (value) => {
      draft.logging.driver = value
      return undefined
    },
    logOption: pair(draft.logging.options),
    mount: (value) => {
      const mount = readMount(value)
      if (typeof mount === 'string') return mount
      const { type, source } = mount
      if (type === 'volume' && typeof source === 'string' && isVolumeName(source)) draft.volumes.add(source)
      list('volumes', mount)
      return undefined
    },
    name: (value) => {
      draft.name = value
      return undefined
    },
    stopTimeout: (value) => {
      draft.fields['stop_grace_period'] = `${value}s`
      return /^\d+$/.test(value) ? undefined : 'is no number of seconds'
    },
    sysctl: pair(draft.sysctls),
    ulimit: (value) => {
      const match = /^([a-z]+)=(-?\d+)(?::(-?\d+))?$/.exec(value)
      const name = match?.[1]
      if (match === null || name === undefined) return 'is not name=soft[:hard]'
      const soft = Number(match[2])
      draft.ulimits[name] = match[3] === undefined ? soft : { soft, hard: Number(match[3]) }
      return undefined
    },
    volume: (value) => {
      const source = value.split(':', 1)[0] ?? ''
      if (value.includes(':') && isVolumeName(source)) draft.volumes.add(source)
      list('volumes', value)
      return undefined
    },
  }
}

/** `type=bind,source=/a,target=/b,readonly` as Compose's long form; a text tells what is wrong. */
function readMount(value: string): Record<string, Tree> | string {
  const mount: Record<string, Tree> = {}
  const inner: Record<string, Tree> = {}
  let type = 'volume'
  for (const part of value.split(',')) {
    const [key = '', given] = part.split(/=(.*)/s, 2)
    if (key === 'type') type = given ?? ''
    else if (key === 'source' || key === 'src') mount['source'] = given ?? ''
    else if (['target', 'dst', 'destination'].includes(key)) mount['target'] = given ?? ''
    else if (key === 'readonly' || key === 'ro')
      mount['read_only'] = given === undefined || given === 'true' || given === '1'
    else if (key === 'bind-propagation') inner['propagation'] = given ?? ''
    // Podman's words for :z and :Z.
    else if (key === 'relabel') inner['selinux'] = given === 'private' ? 'Z' : 'z'
    // For Docker on a Mac.
    else if (key === 'consistency') continue
    else if (key === 'tmpfs-size') inner['size'] = given ?? ''
    else if (key === 'tmpfs-mode') inner['mode'] = given ?? ''
    else return `has "${key}", which a release cannot keep`
  }
  // `docker run --mount` never makes the host directory.
  if (type === 'bind') inner['create_host_path'] = false
  return { type, ...mount, ...(Object.keys(inner).length === 0 ? {} : { [type]: inner }) }
}

function assemble(draft: Draft, image: string, command: readonly string[]): TreeMap {
  const { logging } = draft
  const maps: [string, TreeMap][] = [
    ['environment', draft.environment],
    ['labels', draft.labels],
    ['sysctls', draft.sysctls],
    ['ulimits', draft.ulimits],
    ['healthcheck', draft.health],
  ]
  const hasLogging = logging.driver !== undefined || Object.keys(logging.options).length > 0
  return {
    image,
    ...(command.length === 0 ? {} : { command }),
    ...draft.fields,
    ...Object.fromEntries(maps.filter(([, map]) => Object.keys(map).length > 0)),
    ...(hasLogging
      ? {
          logging: {
            ...(logging.driver === undefined ? {} : { driver: logging.driver }),
            ...(Object.keys(logging.options).length === 0 ? {} : { options: logging.options }),
          },
        }
      : {}),
  }
}

/** The name given, or what the image is called. */
function nameOf(given: string | undefined, image: string): string {
  const reference = parseImageReference(image)
  const path = reference === undefined || reference.kind === 'id' ? 'service' : reference.name
  const name = (given ?? path.slice(path.lastIndexOf('/') + 1)).replaceAll(/[^a-zA-Z0-9._-]+/g, '-')
  return name === '' ? 'service' : name
}
