import { readFile } from 'node:fs/promises'

import type { ContainerSpec, HealthcheckSpec, MountSpec, PortSpec } from '../../ports/index.ts'

/** Nanoseconds, the Engine API's unit of time. */
const NS_PER_MS = 1_000_000

/**
 * The body of `POST /containers/create`. https://docs.docker.com/reference/api/engine/ (ContainerCreate)
 *
 * The restart policy is `no`, whatever the release wants: a new container must not come back by itself before the
 * switch to it is committed. `armContainer` sets it then.
 */
export async function createBody(spec: ContainerSpec): Promise<Readonly<Record<string, unknown>>> {
  return {
    Image: spec.image,
    Labels: spec.labels,
    Env: Object.entries(spec.environment).map(([name, value]) => `${name}=${value}`),
    ...given('Entrypoint', spec.entrypoint && (spec.entrypoint.length === 0 ? [''] : spec.entrypoint)),
    ...given('Cmd', spec.command),
    ...given('User', spec.user),
    ...given('WorkingDir', spec.workingDir),
    ...given('Hostname', spec.hostname),
    ...given('StopSignal', spec.stopSignal),
    ...given('StopTimeout', spec.stopGraceMs === undefined ? undefined : Math.ceil(spec.stopGraceMs / 1000)),
    ...given('Healthcheck', spec.healthcheck && healthcheck(spec.healthcheck)),
    ExposedPorts: Object.fromEntries((spec.ports ?? []).map((port) => [portKey(port), {}])),
    HostConfig: {
      Privileged: spec.privileged,
      CapAdd: spec.capAdd,
      CapDrop: spec.capDrop,
      SecurityOpt: await Promise.all(spec.securityOpt.map(securityOption)),
      Devices: spec.devices.map(device),
      NetworkMode: spec.networkMode,
      ...given('PidMode', spec.pidMode),
      ...given('IpcMode', spec.ipcMode),
      ...given('UTSMode', spec.utsMode),
      ...given('CgroupnsMode', spec.cgroupnsMode),
      ...given('CgroupParent', spec.cgroupParent),
      Mounts: spec.mounts.map(mount),
      Ulimits: Object.entries(spec.ulimits).map(([Name, { soft, hard }]) => ({
        Name,
        Soft: soft,
        Hard: hard,
      })),
      Sysctls: spec.sysctls,
      ...given('Init', spec.init),
      ...given('ReadonlyRootfs', spec.readOnly),
      ...given('ShmSize', spec.shmSizeBytes),
      ...given('Memory', spec.memoryBytes),
      ...given('NanoCpus', spec.cpus === undefined ? undefined : Math.round(spec.cpus * 1e9)),
      ...given('PidsLimit', spec.pidsLimit),
      ...given('OomScoreAdj', spec.oomScoreAdj),
      RestartPolicy: { Name: 'no' },
      ...given('LogConfig', spec.logDriver && { Type: spec.logDriver, Config: spec.logOptions ?? {} }),
      ExtraHosts: spec.extraHosts,
      PortBindings: portBindings(spec.ports ?? []),
    },
  }
}

function given(name: string, value: unknown): Readonly<Record<string, unknown>> {
  return value === undefined || value === '' ? {} : { [name]: value }
}

function portKey(port: PortSpec): string {
  return `${port.target}/${port.protocol}`
}

/** One container port may be published more than once. */
function portBindings(ports: readonly PortSpec[]): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    ports.map((port) => [
      portKey(port),
      ports
        .filter((other) => portKey(other) === portKey(port))
        .map(({ hostIp, published }) => ({ HostIp: hostIp, HostPort: String(published) })),
    ]),
  )
}

function healthcheck(check: HealthcheckSpec): Readonly<Record<string, unknown>> {
  const ns = (ms: number | undefined) => (ms === undefined ? undefined : Math.round(ms * NS_PER_MS))
  return {
    Test: check.test,
    ...given('Interval', ns(check.intervalMs)),
    ...given('Timeout', ns(check.timeoutMs)),
    ...given('StartPeriod', ns(check.startPeriodMs)),
    ...given('Retries', check.retries),
  }
}

/** The API wants the text of a seccomp profile where people give its path. */
async function securityOption(option: string): Promise<string> {
  const path = /^seccomp[=:](\/.+)$/.exec(option)?.[1]
  return path === undefined ? option : `seccomp=${await readFile(path, 'utf8')}`
}

/** `/dev/kvm`, `/dev/kvm:/dev/kvm` or `/dev/kvm:/dev/kvm:rwm`. */
function device(text: string): Readonly<Record<string, string>> {
  const [PathOnHost = '', PathInContainer = PathOnHost, CgroupPermissions = 'rwm'] = text.split(':')
  return { PathOnHost, PathInContainer, CgroupPermissions }
}

/** The `Mounts` form: unlike `Binds` it never makes a missing host directory by itself. */
function mount(spec: MountSpec): Readonly<Record<string, unknown>> {
  return {
    Type: spec.type,
    ...(spec.type === 'tmpfs' ? {} : { Source: spec.source }),
    Target: spec.target,
    ReadOnly: spec.readOnly,
    ...(spec.type === 'bind' && spec.propagation !== undefined
      ? { BindOptions: { Propagation: spec.propagation } }
      : {}),
    ...(spec.type === 'tmpfs'
      ? { TmpfsOptions: { ...given('SizeBytes', spec.tmpfsSizeBytes), ...given('Mode', spec.tmpfsMode) } }
      : {}),
  }
}
