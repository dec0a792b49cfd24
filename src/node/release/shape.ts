import { isAnnealError } from '../../core/index.ts'
import type { HealthcheckSpec } from './container-spec.ts'
import type { EnvFiles } from './environment.ts'
import { readEnvironment, readExtraHosts, readLabels } from './environment.ts'
import { raise } from './errors.ts'
import { texts } from './key-values.ts'
import { readMounts } from './mounts.ts'
import type { Lookup } from './interpolate.ts'
import type { VolumeNames } from './mounts.ts'
import { containerPath } from './paths.ts'
import { readPorts } from './ports.ts'
import {
  parseBoolean,
  parseBytes,
  parseDuration,
  parseInteger,
  parseNumber,
  parseSignal,
} from './quantities.ts'
import type { MapReader } from './reader.ts'
import type { ContainerShape, FileGrant } from './release.ts'
import { readCapabilities, readDevices, readUlimits } from './resources.ts'
import { shellWords } from './shell-words.ts'
import { compareText, isList, sortedSet, textOf, textsOf } from './tree.ts'

/** What the engine is told about the service's container. */
export function readShape(
  service: MapReader,
  around: Readonly<{ volumes: VolumeNames; envFiles: EnvFiles; lookup: Lookup }>,
  grants: readonly FileGrant[],
): ContainerShape {
  const truth = (key: string): boolean | undefined =>
    service.parsed(key, parseBoolean, ['a truth value', 'true or false'])
  const text = (key: string): string | undefined => textOf(service.get(key))
  const limits = service.inner('deploy').inner('resources').inner('limits')
  const networkMode = readNetworkMode(service)
  const ports = readPorts(service)
  // Another mode than these, or none at all, has been told already.
  const isOwnMode = textOf(service.get('network_mode')) === networkMode
  if (ports.length > 0 && isOwnMode && networkMode !== 'bridge') {
    const why = `a container with network_mode "${networkMode}" cannot publish ports`
    const instead =
      networkMode === 'host'
        ? 'remove it: on the host network every port is open'
        : 'use network_mode: bridge'
    service.problem('ports', raise('UNSUPPORTED', { key: 'ports', why, instead }), 'key')
  }
  const logging = service.inner('logging')
  const mounts = [
    ...readMounts(service, around.volumes),
    ...grants.map((grant) => ({
      type: 'bind' as const,
      source: grant.file,
      target: grant.target,
      readOnly: true,
      createHostPath: false,
    })),
  ].toSorted((a, b) => compareText(a.target, b.target))
  mounts.forEach((mount, index) => {
    if (mounts[index + 1]?.target !== mount.target) return
    service.reading.problems.add(service.path, raise('MOUNT_TWICE', { target: mount.target }), 'key')
  })

  return withoutUndefined({
    entrypoint: readCommand(service, 'entrypoint'),
    command: readCommand(service, 'command'),
    environment: readEnvironment(service, around.envFiles, around.lookup),
    user: text('user'),
    workingDir: service.parsed('working_dir', (value) => containerPath(textOf(value) ?? ''), [
      'an absolute path',
      '/srv',
    ]),
    hostname: text('hostname'),
    privileged: truth('privileged') ?? false,
    capAdd: readCapabilities(service, 'cap_add'),
    capDrop: readCapabilities(service, 'cap_drop'),
    securityOpt: sortedSet(
      textsOf(service.get('security_opt')).map((option) => option.replace(/^([a-z-]+):/, '$1=')),
    ),
    devices: readDevices(service),
    networkMode,
    ports: ports.length === 0 ? undefined : ports,
    pidMode: oneOf(service, 'pid', ['host'], 'the pid namespace of another container goes away with it'),
    ipcMode: oneOf(
      service,
      'ipc',
      ['host', 'none', 'private', 'shareable'],
      'the namespace of another container goes away with it',
    ),
    utsMode: oneOf(service, 'uts', ['host'], 'the namespace of another container goes away with it'),
    cgroupnsMode: oneOf(service, 'cgroup', ['host', 'private'], 'there are no others') as
      | 'host'
      | 'private'
      | undefined,
    cgroupParent: text('cgroup_parent'),
    mounts,
    ulimits: readUlimits(service),
    sysctls: texts(service.get('sysctls'), service.at('sysctls'), service.reading),
    stopSignal: service.parsed('stop_signal', parseSignal, ['a signal', 'SIGTERM']),
    init: truth('init'),
    readOnly: truth('read_only'),
    shmSizeBytes: service.parsed('shm_size', parseBytes, ['a size', '64m']),
    memoryBytes:
      service.parsed('mem_limit', parseBytes, ['a size', '512m']) ??
      limits.parsed('memory', parseBytes, ['a size', '512m']),
    cpus:
      service.parsed('cpus', parseNumber, ['a number', '1.5']) ??
      limits.parsed('cpus', parseNumber, ['a number', '1.5']),
    pidsLimit:
      service.parsed('pids_limit', parseInteger, ['a whole number', '512']) ??
      limits.parsed('pids', parseInteger, ['a whole number', '512']),
    oomScoreAdj: service.parsed('oom_score_adj', parseInteger, ['a whole number', '-500']),
    healthcheck: readHealthcheck(service),
    logDriver: textOf(logging.get('driver')),
    logOptions: logging.has('options')
      ? texts(logging.get('options'), logging.at('options'), service.reading)
      : undefined,
    extraHosts: readExtraHosts(service),
    labels: readLabels(service),
  })
}

/** Compose's default network gives services names to call each other by. A release has none, so the mode is asked for. */
function readNetworkMode(service: MapReader): string {
  const mode = textOf(service.get('network_mode'))
  if (mode === 'host' || mode === 'none' || mode === 'bridge') return mode
  const why =
    mode === undefined
      ? 'without it Compose makes a network of its own, which a release does not have'
      : 'the network of another container, or one of the engine, would be one more thing to switch'
  const instead = service.has('ports')
    ? 'write `network_mode: bridge`, which publishes the ports, or `host` without `ports`'
    : 'write `network_mode: host` (or none, or bridge)'
  const error = raise('UNSUPPORTED', {
    key: mode === undefined ? 'no network_mode' : `network_mode: ${mode}`,
    why,
    instead,
  })
  if (mode !== undefined) service.problem('network_mode', error)
  // A service with `networks` has been told already.
  else if (!service.has('networks')) service.reading.problems.add(service.path, error, 'key')
  return 'none'
}

function oneOf(service: MapReader, key: string, allowed: readonly string[], why: string): string | undefined {
  const mode = textOf(service.get(key))
  if (mode === undefined || allowed.includes(mode)) return mode
  const instead = `write ${allowed.join(' or ')}, or remove it`
  service.problem(key, raise('UNSUPPORTED', { key: `${key}: ${mode}`, why, instead }))
  return undefined
}

/** A text is split into words as Compose does; null leaves the image's own, an empty list clears it. */
function readCommand(service: MapReader, key: 'command' | 'entrypoint'): readonly string[] | undefined {
  const value = service.get(key)
  if (value === undefined || value === null) return undefined
  if (isList(value)) return textsOf(value)
  try {
    return shellWords(textOf(value) ?? '')
  } catch (error) {
    if (!isAnnealError(error)) throw error
    service.problem(key, error)
    return undefined
  }
}

function readHealthcheck(service: MapReader): HealthcheckSpec | undefined {
  if (!service.has('healthcheck')) return undefined
  const check = service.inner('healthcheck')
  const duration = (key: string): number | undefined =>
    check.parsed(key, parseDuration, ['a duration', '30s or 1m30s'])
  if (check.parsed('disable', parseBoolean, ['a truth value', 'true or false']) === true)
    return { test: ['NONE'] }
  const value = check.get('test')
  const test = typeof value === 'string' ? ['CMD-SHELL', value] : textsOf(value)
  if (!['CMD', 'CMD-SHELL', 'NONE'].includes(test[0] ?? '')) {
    const data = {
      key: 'healthcheck.test',
      expected: 'a check',
      example: '["CMD", "virsh", "version"] or a text',
    }
    check.problem(check.has('test') ? 'test' : 'disable', raise('VALUE_INVALID', data))
  }
  if (test[0] === 'NONE') return { test: ['NONE'] }
  return withoutUndefined({
    test,
    intervalMs: duration('interval'),
    timeoutMs: duration('timeout'),
    startPeriodMs: duration('start_period'),
    retries: check.parsed('retries', parseInteger, ['a whole number', '3']),
  })
}

type Defined<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>
}

/** Leaves out members that are undefined, as `exactOptionalPropertyTypes` asks. */
function withoutUndefined<T extends object>(value: T): Defined<T> {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as Defined<T>
}
