import type { HealthcheckSpec, MountSpec, PortSpec } from './container-spec.ts'
import { escapeDollars } from './interpolate.ts'
import type { FileGrant, ReadyProbe, ReleaseDraft, ServiceDraft } from './release.ts'
import type { Tree, TreeMap } from './tree.ts'

/** The order of services that name none (x-anneal.ts). */
const DEFAULT_ORDER = 100

/**
 * A release as a Compose file: what `draftRelease` makes of it is the same release again. Values are as YAML has them,
 * with every `$` doubled, as they hold no variables.
 */
export function composeTree(draft: ReleaseDraft): TreeMap {
  const { services } = draft
  const volumes = services.flatMap(({ container }) =>
    container.mounts.filter(({ type }) => type === 'volume').map(({ source }) => source),
  )
  const granted = (kind: 'secrets' | 'configs'): TreeMap =>
    Object.fromEntries(
      services.flatMap((one) => one[kind].map(({ name, file }) => [name, { file: text(file) }])),
    )
  return compact({
    name: draft.project,
    'x-anneal': draft.libvirt === undefined ? undefined : { libvirt: { ...draft.libvirt } },
    services: Object.fromEntries(services.map((one) => [one.name, serviceTree(one)])),
    // Named as they are on the engine, not after the project.
    volumes: filled(Object.fromEntries(volumes.map((name) => [name, { external: true }]))),
    secrets: filled(granted('secrets')),
    configs: filled(granted('configs')),
  })
}

function serviceTree(service: ServiceDraft): TreeMap {
  const { container } = service
  const grants = [...service.secrets, ...service.configs].map(({ target }) => target)
  const mounts = container.mounts.filter(({ target }) => !grants.includes(target))
  const { logDriver, logOptions } = container
  return compact({
    image: service.image,
    entrypoint: texts(container.entrypoint),
    command: texts(container.command),
    user: optional(container.user),
    working_dir: optional(container.workingDir),
    hostname: optional(container.hostname),
    network_mode: container.networkMode,
    ports: container.ports?.map((one) => portTree(one)),
    pid: container.pidMode,
    ipc: container.ipcMode,
    uts: container.utsMode,
    cgroup: container.cgroupnsMode,
    cgroup_parent: optional(container.cgroupParent),
    privileged: container.privileged || undefined,
    cap_add: filledList(container.capAdd),
    cap_drop: filledList(container.capDrop),
    security_opt: filledList(texts(container.securityOpt)),
    devices: filledList(texts(container.devices)),
    init: container.init,
    read_only: container.readOnly,
    volumes: filledList(mounts.map((one) => mountTree(one))),
    secrets: filledList(service.secrets.map((one) => grantTree(one))),
    configs: filledList(service.configs.map((one) => grantTree(one))),
    environment: filled(textMap(container.environment)),
    labels: filled(textMap(container.labels)),
    ulimits: filled(
      Object.fromEntries(
        Object.entries(container.ulimits).map(([name, { soft, hard }]) => [
          name,
          soft === hard ? soft : { soft, hard },
        ]),
      ),
    ),
    sysctls: filled(textMap(container.sysctls)),
    extra_hosts: filledList(texts(container.extraHosts)),
    shm_size: container.shmSizeBytes,
    mem_limit: container.memoryBytes,
    cpus: container.cpus,
    pids_limit: container.pidsLimit,
    oom_score_adj: container.oomScoreAdj,
    healthcheck: container.healthcheck === undefined ? undefined : healthTree(container.healthcheck),
    logging:
      logDriver === undefined && logOptions === undefined
        ? undefined
        : compact({ driver: logDriver, options: logOptions === undefined ? undefined : textMap(logOptions) }),
    depends_on: filled(
      Object.fromEntries(
        service.dependsOn.map(({ service: name, condition }) => [
          name,
          { condition: condition === 'healthy' ? 'service_healthy' : 'service_started' },
        ]),
      ),
    ),
    restart: service.restart,
    stop_signal: container.stopSignal,
    stop_grace_period: duration(service.stopGraceMs),
    'x-anneal': filled(extensionTree(service)),
  })
}

function extensionTree(service: ServiceDraft): TreeMap {
  return compact({
    replace: service.replace === 'always' ? undefined : service.replace,
    guests: service.guests === 'never' ? undefined : service.guests,
    order: service.order === DEFAULT_ORDER ? undefined : service.order,
    ready: filledList(service.ready.map((one) => probeTree(one))),
    settle: service.settleMs === undefined ? undefined : duration(service.settleMs),
    helpers: filledList(
      service.helpers.map(({ exe, argv }) => ({ exe: text(exe), argv: texts(argv) ?? [] })),
    ),
    publicEnvironment: filledList(service.publicEnvironment),
  })
}

function probeTree(probe: ReadyProbe): TreeMap {
  const times = { timeout: duration(probe.timeoutMs), interval: duration(probe.intervalMs) }
  switch (probe.kind) {
    case 'libvirt':
      return { libvirt: { socket: text(probe.socket) }, ...times }
    case 'exec':
      return { exec: texts(probe.argv) ?? [], ...times }
    case 'unix':
      return { unix: text(probe.path), ...times }
    case 'tcp':
      return { tcp: `${probe.host.includes(':') ? `[${probe.host}]` : probe.host}:${probe.port}`, ...times }
    case 'log':
      return { log: text(probe.text), ...times }
  }
}

/** Compose's short form where it says the same: a reader knows it at a glance. */
function mountTree(mount: MountSpec): Tree {
  const { type, source, target, readOnly, propagation, createHostPath } = mount
  const short = !source.includes(':') && !target.includes(':')
  const options = [...(readOnly ? ['ro'] : []), ...(propagation === undefined ? [] : [propagation])]
  if (short && (type === 'volume' || (type === 'bind' && createHostPath === true)))
    return text([source, target, ...(options.length === 0 ? [] : [options.join(',')])].join(':'))
  const bind = { create_host_path: createHostPath ?? false, propagation }
  const tmpfs = { size: mount.tmpfsSizeBytes, mode: mount.tmpfsMode?.toString(8).padStart(4, '0') }
  return compact({
    type,
    source: type === 'tmpfs' ? undefined : text(source),
    target: text(target),
    read_only: readOnly || undefined,
    bind: type === 'bind' ? compact(bind) : undefined,
    tmpfs: type === 'tmpfs' ? filled(compact(tmpfs)) : undefined,
  })
}

function portTree({ hostIp, published, target, protocol }: PortSpec): TreeMap {
  return compact({ host_ip: optional(hostIp), published: String(published), target, protocol })
}

function grantTree({ name, target }: FileGrant): TreeMap {
  return { source: name, target: text(target) }
}

function healthTree({ test, intervalMs, timeoutMs, startPeriodMs, retries }: HealthcheckSpec): TreeMap {
  if (test[0] === 'NONE') return { disable: true }
  return compact({
    test: texts(test),
    interval: optionalDuration(intervalMs),
    timeout: optionalDuration(timeoutMs),
    start_period: optionalDuration(startPeriodMs),
    retries,
  })
}

function duration(ms: number): string {
  return ms % 1000 === 0 ? `${ms / 1000}s` : `${ms}ms`
}

function optionalDuration(ms: number | undefined): string | undefined {
  return ms === undefined ? undefined : duration(ms)
}

const text = escapeDollars

function optional(value: string | undefined): string | undefined {
  return value === undefined || value === '' ? undefined : text(value)
}

function texts(values: readonly string[] | undefined): readonly string[] | undefined {
  return values?.map((value) => text(value))
}

function textMap(values: Readonly<Record<string, string>>): TreeMap {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, text(value)]))
}

function filledList<T>(list: readonly T[] | undefined): readonly T[] | undefined {
  return list === undefined || list.length === 0 ? undefined : list
}

function filled(map: TreeMap): TreeMap | undefined {
  return Object.keys(map).length === 0 ? undefined : map
}

/** Leaves out what is undefined. */
function compact(map: Readonly<Record<string, Tree | undefined>>): TreeMap {
  return Object.fromEntries(
    Object.entries(map).filter((entry): entry is [string, Tree] => entry[1] !== undefined),
  )
}
