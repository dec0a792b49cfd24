import type { MountSpec } from './container-spec.ts'
import { raise } from './errors.ts'
import { containerPath, resolvePath } from './paths.ts'
import type { Path } from './problem.ts'
import { parseBoolean, parseBytes, parseMode } from './quantities.ts'
import { itemReader } from './reader.ts'
import type { MapReader, Reading } from './reader.ts'
import type { Tree } from './tree.ts'
import { isList, listOf, shown, textsOf } from './tree.ts'

const PROPAGATIONS = new Set(['shared', 'slave', 'private', 'rshared', 'rslave', 'rprivate'])

/** The top level's volumes: name in the file → name on the engine. */
export type VolumeNames = ReadonlyMap<string, string>

/** The service's `volumes` and `tmpfs`, sorted by target. */
export function readMounts(service: MapReader, volumes: VolumeNames): readonly MountSpec[] {
  const { reading } = service
  const mounts = listOf(service.get('volumes')).flatMap((item, index) => {
    const path = [...service.at('volumes'), index]
    const long = itemReader(item, path, reading)
    const mount = long === undefined ? shortVolume(item, path, reading, volumes) : longVolume(long, volumes)
    return mount ?? []
  })
  const tmpfs = textsOf(service.get('tmpfs')).flatMap((text, index) => {
    const path = isList(service.get('tmpfs')) ? [...service.at('tmpfs'), index] : service.at('tmpfs')
    return shortTmpfs(text, path, reading) ?? []
  })
  return [...mounts, ...tmpfs]
}

/** `source:target[:options]`. Compose's short form makes the host directory where it is absent. */
function shortVolume(item: Tree, path: Path, reading: Reading, volumes: VolumeNames): MountSpec | undefined {
  const here = { path, reading }
  if (typeof item !== 'string') return bad(here, 'it is neither a text nor a map')
  const parts = item.split(':')
  const [source = '', rawTarget, options = ''] = parts
  if (parts.length > 3) return bad(here, 'it has more than source, target and options')
  if (rawTarget === undefined) {
    reading.problems.add(path, raise('VOLUME_ANONYMOUS', { target: source }))
    return undefined
  }
  const target = containerPath(rawTarget)
  if (target === undefined || target === '/')
    return bad(here, `"${rawTarget}" is no absolute path in the container`)

  let readOnly = false
  let propagation: string | undefined
  for (const option of options === '' ? [] : options.split(',')) {
    if (option === 'ro') readOnly = true
    else if (option === 'rw') readOnly = false
    else if (PROPAGATIONS.has(option)) propagation = option
    else if (option === 'z' || option === 'Z') {
      const others = options.split(',').filter((one) => !/^z$/i.test(one))
      const rest = [source, rawTarget, ...(others.length === 0 ? [] : [others.join(',')])].join(':')
      return unsupportedLabel(path, item, reading, rest)
    } else return bad(here, `"${option}" is no option that a release can keep (ro, rw, or a propagation)`)
  }
  const common = { target, readOnly, ...(propagation === undefined ? {} : { propagation }) }
  if (/^[./~]/.test(source)) {
    const host = hostPath(source, path, reading)
    return host === undefined ? undefined : { type: 'bind', source: host, createHostPath: true, ...common }
  }
  if (propagation !== undefined) return bad(here, 'only a bind of a host path has a propagation')
  const name = volumes.get(source)
  if (name === undefined) {
    const instead = `/absolute/path:${target} or ./${source}:${target}`
    reading.problems.add(path, unknownVolume(source, instead))
    return undefined
  }
  return { type: 'volume', source: name, ...common }
}

function longVolume(mount: MapReader, volumes: VolumeNames): MountSpec | undefined {
  const type = shown(mount.get('type'))
  const rawTarget = shown(mount.get('target'))
  const target = containerPath(rawTarget)
  if (target === undefined || target === '/') {
    return bad(mount, `its target "${rawTarget}" is no absolute path in the container`)
  }
  for (const [key, value] of Object.entries(mount.map)) {
    const known = ['type', 'source', 'target', 'read_only', type].includes(key) || key.startsWith('x-')
    if (!known && value !== null) return bad(mount, `"${key}" does not belong to a mount of type "${type}"`)
  }
  const common = { target, readOnly: mount.parsed('read_only', parseBoolean, TRUTH) ?? false }
  if (type === 'bind') return bindMount(mount, common)
  if (type === 'volume') return volumeMount(mount, common, volumes)
  if (type !== 'tmpfs') return bad(mount, `a mount of type "${type}" cannot be part of a release`)
  const tmpfs = mount.inner('tmpfs')
  const size = tmpfs.parsed('size', parseBytes, ['a size', '64m'])
  const mode = tmpfs.parsed('mode', parseMode, ['a file mode in octal digits', '0755'])
  return tmpfsMount(target, common.readOnly, size, mode)
}

const TRUTH = ['a truth value', 'true or false'] as const
type Common = Readonly<{ target: string; readOnly: boolean }>

function bindMount(mount: MapReader, common: Common): MountSpec | undefined {
  const bind = mount.inner('bind')
  if (bind.has('selinux')) return unsupportedLabel(bind.at('selinux'), 'selinux', mount.reading)
  if (bind.has('recursive') && bind.get('recursive') !== 'enabled') {
    return bad(mount, 'only recursive binds are made, as engines do by default')
  }
  const propagation = bind.has('propagation') ? shown(bind.get('propagation')) : undefined
  if (propagation !== undefined && !PROPAGATIONS.has(propagation)) {
    return bad(mount, `"${propagation}" is no propagation`)
  }
  // The Compose Specification made true the default of the long form, too.
  const createHostPath = bind.parsed('create_host_path', parseBoolean, TRUTH) ?? true
  const source = hostPath(shown(mount.get('source')), mount.path, mount.reading)
  if (source === undefined) return undefined
  return {
    type: 'bind',
    source,
    createHostPath,
    ...common,
    ...(propagation === undefined ? {} : { propagation }),
  }
}

function volumeMount(mount: MapReader, common: Common, volumes: VolumeNames): MountSpec | undefined {
  if (Object.keys(mount.inner('volume').map).length > 0) {
    return bad(mount, 'options of a volume mount (nocopy, subpath, labels) are not kept')
  }
  const key = shown(mount.get('source'))
  const source = volumes.get(key)
  if (source !== undefined) return { type: 'volume', source, ...common }
  const error =
    key === ''
      ? raise('VOLUME_ANONYMOUS', { target: common.target })
      : unknownVolume(key, '`type: bind` and an absolute path as its source')
  mount.reading.problems.add(mount.path, error)
  return undefined
}

/** `instead` binds a path of the host. */
function unknownVolume(source: string, instead: string): ReturnType<typeof raise> {
  return isVolumeName(source)
    ? raise('VOLUME_UNDECLARED', { name: source })
    : raise('VOLUME_SOURCE_INVALID', { source, instead })
}

/** As Docker, Podman and Compose name volumes. */
export function isVolumeName(text: string): boolean {
  return /^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/.test(text)
}

/** `/run[:size=64m,mode=1777]`. */
function shortTmpfs(text: string, path: Path, reading: Reading): MountSpec | undefined {
  const here = { path, reading }
  const colon = text.indexOf(':')
  const rawTarget = colon === -1 ? text : text.slice(0, colon)
  const target = containerPath(rawTarget)
  if (target === undefined || target === '/')
    return bad(here, `"${rawTarget}" is no absolute path in the container`)
  let size: number | undefined
  let mode: number | undefined
  let readOnly = false
  for (const option of colon === -1 ? [] : text.slice(colon + 1).split(',')) {
    const [name, value] = option.split('=', 2)
    if (name === 'size' && parseBytes(value) !== undefined) size = parseBytes(value)
    else if (name === 'mode' && parseMode(value) !== undefined) mode = parseMode(value)
    else if (name === 'ro') readOnly = true
    else if (name !== 'rw')
      return bad(here, `"${option}" is no option of a tmpfs that a release can keep (size, mode, ro)`)
  }
  return tmpfsMount(target, readOnly, size, mode)
}

function tmpfsMount(target: string, readOnly: boolean, size?: number, mode?: number): MountSpec {
  return {
    type: 'tmpfs',
    source: '',
    target,
    readOnly,
    ...(size === undefined ? {} : { tmpfsSizeBytes: size }),
    ...(mode === undefined ? {} : { tmpfsMode: mode }),
  }
}

/** An absolute host path; `~` is refused, for a node has no one home. */
export function hostPath(source: string, path: Path, reading: Reading): string | undefined {
  const resolved = source.startsWith('~') ? undefined : resolvePath(reading.directory, source)
  if (resolved === undefined) {
    reading.problems.add(
      path,
      raise('VOLUME_INVALID', { what: `"${source}" is no path that means the same for every user` }),
    )
  }
  return resolved
}

/** `rest` is the volume without the label, where they share a text. */
function unsupportedLabel(path: Path, key: string, reading: Reading, rest?: string): undefined {
  const why = 'relabelling a host directory for SELinux would change it for everything else that uses it'
  const instead = 'set `security_opt: [label=disable]`, or label the directory on the host'
  reading.problems.add(path, raise('UNSUPPORTED', { key, why, instead }), 'value', rest)
}

function bad(at: Readonly<{ path: Path; reading: Reading }>, what: string): undefined {
  at.reading.problems.add(at.path, raise('VOLUME_INVALID', { what }))
}
