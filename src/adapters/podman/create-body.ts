import type { ContainerSpec, HealthcheckSpec, MountSpec } from '../../ports/index.ts'
import { signalNumber } from '../containers/index.ts'
import { pidsLimit } from './pids-limit.ts'
import type { PidsSupport } from './pids-limit.ts'

/** Nanoseconds, the API's unit of time. */
const NS_PER_MS = 1_000_000

/** Docker's defaults, which Podman's command line fills in and its API does not (docker run(1), podman-run(1)). */
const HEALTH = { intervalMs: 30_000, timeoutMs: 30_000, startPeriodMs: 0, retries: 3 } as const

/** Microseconds of a CPU period: the kernel's default, against which `cpus` counts. */
const CPU_PERIOD_US = 100_000

/**
 * The body of `POST /libpod/containers/create`: Podman's SpecGenerator.
 * https://docs.podman.io/en/latest/_static/api.html#tag/containers/operation/ContainerCreateLibpod
 *
 * What is left out takes the API's defaults, which differ from the command line's; where the two engines differ,
 * what Docker does is asked for.
 *
 * `podman.canUpdate`: whether this Podman (5.1 and later) can change a restart policy afterwards. Where it cannot, the
 * container gets `on-failure` from the start: it comes back from a crash while it is up, never after a stop or a
 * reboot (podman-restart.service starts `always` only). See docs/adr/0012.
 */
export function createBody(
  spec: ContainerSpec,
  podman: Readonly<{ canUpdate: boolean; pids: PidsSupport }>,
): Readonly<Record<string, unknown>> {
  const bridge = isNetworkName(spec.networkMode)
  return {
    name: spec.name,
    image: spec.image,
    labels: spec.labels,
    env: spec.environment,
    ...given('entrypoint', spec.entrypoint),
    ...given('command', spec.command),
    ...given('user', spec.user),
    ...given('work_dir', spec.workingDir),
    ...given('hostname', spec.hostname),
    ...given('stop_signal', spec.stopSignal === undefined ? undefined : signalNumber(spec.stopSignal)),
    ...given('stop_timeout', spec.stopGraceMs === undefined ? undefined : Math.ceil(spec.stopGraceMs / 1000)),
    ...given('healthconfig', spec.healthcheck && healthcheck(spec.healthcheck)),
    privileged: spec.privileged,
    cap_add: spec.capAdd,
    cap_drop: spec.capDrop,
    ...securityOptions(spec.securityOpt),
    devices: spec.devices.map((path) => ({ path })),
    netns: bridge ? { nsmode: 'bridge' } : namespace(spec.networkMode),
    ...(bridge && spec.networkMode !== 'bridge' ? { networks: { [spec.networkMode]: {} } } : {}),
    portmappings: (spec.ports ?? []).map(({ hostIp, published, target, protocol }) => ({
      host_ip: hostIp,
      host_port: published,
      container_port: target,
      protocol,
    })),
    ...given('pidns', spec.pidMode && namespace(spec.pidMode)),
    ...given('ipcns', spec.ipcMode && namespace(spec.ipcMode)),
    ...given('utsns', spec.utsMode && namespace(spec.utsMode)),
    ...given('cgroupns', spec.cgroupnsMode && namespace(spec.cgroupnsMode)),
    ...given('cgroup_parent', spec.cgroupParent),
    mounts: spec.mounts.filter(({ type }) => type !== 'volume').map(mount),
    volumes: spec.mounts.filter(({ type }) => type === 'volume').map(volume),
    r_limits: Object.entries(spec.ulimits).map(([name, { soft, hard }]) => ({
      type: name,
      soft,
      hard,
    })),
    sysctl: spec.sysctls,
    ...given('init', spec.init),
    ...given('read_only_filesystem', spec.readOnly),
    ...given('shm_size', spec.shmSizeBytes),
    resource_limits: {
      ...given('memory', spec.memoryBytes === undefined ? undefined : { limit: spec.memoryBytes }),
      ...given(
        'cpu',
        spec.cpus === undefined
          ? undefined
          : { quota: Math.round(spec.cpus * CPU_PERIOD_US), period: CPU_PERIOD_US },
      ),
      ...given('pids', pidsLimit(spec.pidsLimit, podman.pids)),
    },
    ...given('oom_score_adj', spec.oomScoreAdj),
    restart_policy: podman.canUpdate || spec.restartPolicy === 'no' ? 'no' : 'on-failure',
    ...given(
      'log_configuration',
      spec.logDriver && { driver: logDriver(spec.logDriver), options: spec.logOptions ?? {} },
    ),
    hostadd: spec.extraHosts,
    // Docker prepares nothing for an init of systemd's kind.
    systemd: 'false',
  }
}

function given(name: string, value: unknown): Readonly<Record<string, unknown>> {
  return value === undefined || value === '' ? {} : { [name]: value }
}

/** `host`, `private`, `none`, `container:ID`, … */
function namespace(mode: string): Readonly<Record<string, string>> {
  const colon = mode.indexOf(':')
  return colon === -1 ? { nsmode: mode } : { nsmode: mode.slice(0, colon), value: mode.slice(colon + 1) }
}

function isNetworkName(mode: string): boolean {
  return !/^(host|none|private|slirp4netns|pasta|container:|ns:)/.test(mode)
}

function healthcheck(check: HealthcheckSpec): Readonly<Record<string, unknown>> {
  return {
    Test: check.test,
    Interval: (check.intervalMs ?? HEALTH.intervalMs) * NS_PER_MS,
    Timeout: (check.timeoutMs ?? HEALTH.timeoutMs) * NS_PER_MS,
    StartPeriod: (check.startPeriodMs ?? HEALTH.startPeriodMs) * NS_PER_MS,
    Retries: check.retries ?? HEALTH.retries,
  }
}

/** Docker's `--security-opt` texts, each with `=` or the older `:`; Podman's API has a field for every one. */
function securityOptions(options: readonly string[]): Readonly<Record<string, unknown>> {
  const fields: Record<string, unknown> = {}
  const labels: string[] = []
  for (const option of options) {
    const [, name = option, value = ''] = /^([\w-]+)[=:](.*)$/.exec(option) ?? []
    if (name === 'label') labels.push(value)
    else if (name === 'apparmor') fields['apparmor_profile'] = value
    else if (name === 'seccomp') fields['seccomp_profile_path'] = value
    else if (name === 'no-new-privileges') fields['no_new_privileges'] = value !== 'false'
    else if (name === 'systempaths' && value === 'unconfined') fields['unmask'] = ['ALL']
  }
  return labels.length > 0 ? { ...fields, selinux_opts: labels } : fields
}

function mount(spec: MountSpec): Readonly<Record<string, unknown>> {
  const access = spec.readOnly ? 'ro' : 'rw'
  if (spec.type === 'tmpfs') {
    return {
      type: 'tmpfs',
      source: 'tmpfs',
      destination: spec.target,
      options: [
        access,
        'nosuid',
        'nodev',
        // Podman would copy the image's files into it, Docker does not: a tmpfs that hides something must be empty.
        'notmpcopyup',
        ...(spec.tmpfsSizeBytes === undefined ? [] : [`size=${spec.tmpfsSizeBytes}`]),
        ...(spec.tmpfsMode === undefined ? [] : [`mode=${spec.tmpfsMode.toString(8)}`]),
      ],
    }
  }
  return {
    type: 'bind',
    source: spec.source,
    destination: spec.target,
    options: ['rbind', spec.propagation ?? 'rprivate', access],
  }
}

function volume(spec: MountSpec): Readonly<Record<string, unknown>> {
  return { Name: spec.source, Dest: spec.target, Options: [spec.readOnly ? 'ro' : 'rw'] }
}

/** Podman's name for Docker's default driver. */
function logDriver(name: string): string {
  return name === 'json-file' ? 'k8s-file' : name
}
