import { raise } from './errors.ts'
import { resolvePath } from './paths.ts'
import { parseDuration, parseInteger } from './quantities.ts'
import { mapReader } from './reader.ts'
import type { MapReader } from './reader.ts'
import type { DeclaredHelper, LibvirtPlace, ReadyProbe, ServiceDraft } from './release.ts'
import type { Tree } from './tree.ts'
import { compareText, isMap, listOf, sortedSet, textOf, textsOf } from './tree.ts'

/** docs/release.md lists the fields; adapters/compose/x-anneal.schema.json holds their shapes. */

const DEFAULT_SOCKET = '/run/libvirt/libvirt-sock'
const DEFAULT_STATE_DIR = '/run/libvirt'
const DEFAULT_ORDER = 100
const DEFAULT_TIMEOUT_MS = 60_000
const DEFAULT_INTERVAL_MS = 200
/** A proof has two minutes. */
const LONGEST_SETTLE_MS = 60_000

type ServiceExtension = Pick<
  ServiceDraft,
  'replace' | 'guests' | 'order' | 'ready' | 'settleMs' | 'helpers' | 'publicEnvironment'
>

/** Top level: where libvirt is. */
export function readLibvirtPlace(top: MapReader): LibvirtPlace | undefined {
  if (!top.inner('x-anneal').has('libvirt')) return undefined
  const libvirt = top.inner('x-anneal').inner('libvirt')
  const service = textOf(libvirt.get('service')) ?? ''
  if (!Object.hasOwn(top.inner('services').map, service)) {
    libvirt.problem('service', raise('LIBVIRT_SERVICE_UNKNOWN', { service }))
  }
  return {
    service,
    socket: absolute(libvirt, 'socket') ?? DEFAULT_SOCKET,
    stateDir: absolute(libvirt, 'stateDir') ?? DEFAULT_STATE_DIR,
  }
}

/** The fields of one service, with every default written out. */
export function readServiceExtension(
  extension: MapReader,
  libvirt: LibvirtPlace | undefined,
): ServiceExtension {
  const settleMs = extension.parsed('settle', settleTime, ['a duration of at most 60s', '10s'])
  return {
    replace: extension.get('replace') === 'when-idle' ? 'when-idle' : 'always',
    guests: extension.get('guests') === 'expendable' ? 'expendable' : 'never',
    order: extension.parsed('order', parseInteger, ['a whole number', '50']) ?? DEFAULT_ORDER,
    ready: listOf(extension.get('ready')).flatMap((item, index) => {
      const probe = mapReader(item, [...extension.at('ready'), index], extension.reading)
      return readProbe(probe, libvirt) ?? []
    }),
    ...(settleMs === undefined ? {} : { settleMs }),
    helpers: listOf(extension.get('helpers'))
      .flatMap((item): DeclaredHelper[] =>
        isMap(item) ? [{ exe: textOf(item['exe']) ?? '', argv: textsOf(item['argv']) }] : [],
      )
      .toSorted((a, b) => compareText(JSON.stringify(a), JSON.stringify(b))),
    publicEnvironment: sortedSet(textsOf(extension.get('publicEnvironment'))),
  }
}

function settleTime(value: Tree): number | undefined {
  const ms = parseDuration(value)
  return ms === undefined || ms > LONGEST_SETTLE_MS ? undefined : ms
}

function readProbe(probe: MapReader, libvirt: LibvirtPlace | undefined): ReadyProbe | undefined {
  const duration = (key: string): number | undefined =>
    probe.parsed(key, parseDuration, ['a duration', '30s or 500ms'])
  const times = {
    timeoutMs: duration('timeout') ?? DEFAULT_TIMEOUT_MS,
    intervalMs: duration('interval') ?? DEFAULT_INTERVAL_MS,
  }
  if (probe.has('exec')) return { kind: 'exec', argv: textsOf(probe.get('exec')), ...times }
  if (probe.has('unix')) return { kind: 'unix', path: absolute(probe, 'unix') ?? '', ...times }
  if (probe.has('log')) return { kind: 'log', text: textOf(probe.get('log')) ?? '', ...times }
  if (probe.has('tcp')) {
    const address = probe.parsed('tcp', hostAndPort, [
      'an address with a port',
      '127.0.0.1:5672 or [::1]:5672',
    ])
    return address === undefined ? undefined : { kind: 'tcp', ...address, ...times }
  }
  if (libvirt === undefined) probe.problem('libvirt', raise('LIBVIRT_NOT_DECLARED'), 'key')
  const socket = absolute(probe.inner('libvirt'), 'socket') ?? libvirt?.socket ?? DEFAULT_SOCKET
  return { kind: 'libvirt', socket, ...times }
}

function absolute(map: MapReader, key: string): string | undefined {
  const parse = (text: string): string | undefined =>
    text.startsWith('/') ? resolvePath('/', text) : undefined
  return map.parsed(key, (value) => parse(textOf(value) ?? ''), ['an absolute path', '/run/libvirt'])
}

function hostAndPort(value: unknown): { host: string; port: number } | undefined {
  const match = /^(?:\[([0-9a-fA-F:]+)\]|([^\s:]+)):(\d{1,5})$/.exec(typeof value === 'string' ? value : '')
  const port = Number(match?.[3])
  if (match === null || port < 1 || port > 65_535) return undefined
  return { host: match[1] ?? match[2] ?? '', port }
}
