import type { Container, EngineFacts } from '../../node/index.ts'
import type { ContainerSpec, Engine } from '../../ports/index.ts'
import {
  attempted,
  buildImage,
  cgroupnsModeOf,
  dockerCgroup,
  dockerStateRoots,
  enabledAtBoot,
  logs,
  prepareBindSources,
  pullImage,
  readOciRecord,
  readShim,
  rootUpperDirOf,
  putFiles,
  runOnce,
  runtimePrograms,
  sameContainer,
  taskLimitOf,
  unlessAbsent,
} from '../containers/index.ts'
import type { Dialect, RunOnceParts } from '../containers/index.ts'
import { DEFAULT_SOCKET, dockerApi, dockerSocket } from './connection.ts'
import { containerFromDocker } from './container-facts.ts'
import type { DockerInspect } from './container-facts.ts'
import { describeContainer } from './describe.ts'
import { createBody } from './create-body.ts'
import { exec } from './exec.ts'
import { importImage, inspectImage } from './images.ts'
import { imageStoreOf, storageDirOf } from './storage-dir.ts'
import type { StorageInfo } from './storage-dir.ts'
import { lookForEnd } from './unnoticed-end.ts'

export type DockerOptions = Readonly<{
  /** A socket of this machine; else DOCKER_HOST's, else /run/docker.sock. */
  socketPath?: string
  /** dockerd's `--exec-root`, where it is not /run/docker: only asked where a container's shim is gone. */
  execRoot?: string
  /** How long Docker may call a container running that has no process. It learns of an end within milliseconds. Default: 2 s. */
  patienceMs?: number
}>

type DockerInfo = StorageInfo &
  Readonly<{
    ServerVersion: string
    CgroupDriver: string
    LiveRestoreEnabled: boolean
    Runtimes?: Readonly<Record<string, Readonly<{ path?: string }>>> | null
  }>

/** Docker, over its Engine API (20.10 and later). https://docs.docker.com/reference/api/engine/ */
export function dockerEngine(options: DockerOptions = {}): Engine {
  const socketPath = options.socketPath ?? dockerSocket(process.env['DOCKER_HOST'])
  const api = dockerApi(socketPath)
  const execRoot = options.execRoot ?? '/run/docker'
  const patienceMs = options.patienceMs ?? 2000
  const path = (id: string, verb = '') => `/containers/${encodeURIComponent(id)}${verb}`
  const info = () =>
    attempted(
      { engine: 'Docker', action: 'ask the state of', subject: socketPath, code: 'ENGINE_REFUSED' },
      () => api.json<DockerInfo>({ method: 'GET', path: '/info' }),
    )
  // Its cgroup driver and runtimes are a daemon's settings: asked once, forgotten where the answer was an error.
  let daemon: Promise<DockerInfo> | undefined
  const programOf = runtimePrograms()

  const observe = async (inspect: DockerInspect): Promise<Container> => {
    const pid = inspect.State?.Pid ?? 0
    daemon ??= info().catch((error: unknown) => {
      daemon = undefined
      throw error
    })
    const { Runtimes, ...settings } = await daemon
    const shim = pid > 0 ? await readShim(pid) : undefined
    const roots = shim === undefined ? await dockerStateRoots(execRoot) : [shim.stateRoot]
    const host = inspect.HostConfig ?? {}
    const binary = shim?.binary ?? Runtimes?.[host.Runtime ?? '']?.path ?? stockRuntime(host.Runtime)
    const mode = host.CgroupnsMode
    return containerFromDocker(inspect, {
      record: pid > 0 ? await readOciRecord(inspect.Id, roots) : undefined,
      program: binary === undefined ? undefined : await programOf(binary),
      taskLimit: await taskLimitOf(pid),
      cgroupnsMode: mode === 'host' || mode === 'private' ? mode : await cgroupnsModeOf(pid),
      rootUpperDir: await rootUpperDirOf(pid),
      engineCgroup: dockerCgroup(inspect.Id, cgroupDriver(settings), host.CgroupParent ?? ''),
    })
  }

  const inspectRaw = (idOrName: string) =>
    attempted(
      { engine: 'Docker', action: 'inspect container', subject: idOrName, code: 'ENGINE_REFUSED' },
      () => unlessAbsent(() => api.json<DockerInspect>({ method: 'GET', path: path(idOrName, '/json') })),
    )

  const inspectSettled = async (idOrName: string) => {
    const first = await inspectRaw(idOrName)
    return first && lookForEnd(first, () => inspectRaw(first.Id), patienceMs)
  }

  const inspectContainer = async (idOrName: string): Promise<Container | undefined> => {
    const inspect = await inspectSettled(idOrName)
    return inspect && observe(inspect)
  }

  /** A container that Docker calls running and that has none of its processes: a stop makes Docker look, within 10 s or its grace period. */
  const settle = async (idOrName: string): Promise<void> => {
    if ((await inspectSettled(idOrName))?.endUnnoticed === true) await stopContainer(idOrName, 0)
  }

  const listIds = (filters: Readonly<Record<string, readonly string[]>>) =>
    attempted(
      { engine: 'Docker', action: 'list containers of', subject: socketPath, code: 'ENGINE_REFUSED' },
      () =>
        api.json<readonly Readonly<{ Id: string; Labels?: Readonly<Record<string, string>> }>[]>({
          method: 'GET',
          path: '/containers/json',
          query: { all: true, filters },
        }),
    )

  const createContainer = async (spec: ContainerSpec): Promise<string> => {
    try {
      await prepareBindSources(spec.name, spec.mounts)
      const body = await createBody(spec)
      return await attempted(
        {
          engine: 'Docker',
          action: 'create container',
          subject: spec.name,
          code: 'CONTAINER_CREATE_FAILED',
          data: { image: spec.image },
        },
        async () =>
          (
            await api.json<{ Id: string }>({
              method: 'POST',
              path: '/containers/create',
              query: { name: spec.name },
              body,
            })
          ).Id,
      )
    } catch (error) {
      return sameContainer(error, spec, inspectContainer)
    }
  }

  const stopContainer = async (id: string, graceMs: number): Promise<void> => {
    await attempted(
      { engine: 'Docker', action: 'stop container', subject: id, code: 'CONTAINER_STOP_FAILED' },
      () => api.status({ method: 'POST', path: path(id, '/stop'), query: { t: Math.ceil(graceMs / 1000) } }),
    )
  }

  const startContainer = async (id: string): Promise<void> => {
    await settle(id)
    await attempted(
      { engine: 'Docker', action: 'start container', subject: id, code: 'CONTAINER_START_FAILED' },
      () => api.status({ method: 'POST', path: path(id, '/start') }),
    )
  }

  const removeContainer = async (id: string, { force }: { force: boolean }): Promise<void> => {
    if (!force) await settle(id)
    await attempted(
      { engine: 'Docker', action: 'remove container', subject: id, code: 'ENGINE_REFUSED' },
      () => unlessAbsent(() => api.status({ method: 'DELETE', path: path(id), query: { force, v: true } })),
    )
  }

  const dialect: Dialect = {
    engine: 'Docker',
    api: () => Promise.resolve(api),
    prefix: '',
    buildPath: '/build',
    buildQuery: {},
    layerDone: 'Pull complete',
    authFirst: 'docker',
    // Docker's API takes seconds with a fraction.
    logsSince: (time) => (Date.parse(time) / 1000).toFixed(3),
    inspectImage: (reference) => inspectImage(api, reference),
  }

  const runOnceParts: RunOnceParts = {
    create: createContainer,
    start: startContainer,
    remove: (id) => removeContainer(id, { force: true }),
    pidOf: async (id) => (await inspectContainer(id))?.pid ?? 0,
    wait: async (id, signal) =>
      (await api.json<{ StatusCode: number }>({ method: 'POST', path: path(id, '/wait'), signal }))
        .StatusCode,
    settle: { look: settle, everyMs: 2 * patienceMs },
    leftovers: async (label) =>
      (await listIds({ label: [label] })).map(({ Id, Labels }) => ({ id: Id, pid: Number(Labels?.[label]) })),
    // Without a limit of its own it would inherit the daemon's, and lose the beginning of a long answer.
    log: { driver: 'json-file', options: { 'max-size': '1g', 'max-file': '1' } },
    filesNeedVolumes: true,
  }

  return {
    kind: 'docker',
    facts: async () => factsFrom(await info(), socketPath, execRoot),
    inspectImage: dialect.inspectImage,
    pullImage: (reference, pullOptions) => pullImage(dialect, reference, pullOptions),
    buildImage: (context, buildOptions) => buildImage(dialect, context, buildOptions),
    importImage: (rootfs, tag, labels) => importImage(api, rootfs, tag, labels),

    async listContainers({ labels = {}, running }) {
      const found = await listIds({
        label: Object.entries(labels).map(([name, value]) => `${name}=${value}`),
        ...(running === true ? { status: ['running'] } : {}),
      })
      const containers = await Promise.all(found.map(({ Id }) => inspectContainer(Id)))
      return containers.filter((container) => container !== undefined)
    },
    inspectContainer,
    describeContainer: (id) => describeContainer(api, id),
    createContainer,
    startContainer,

    stopContainer,

    async armContainer(id, policy) {
      await attempted(
        { engine: 'Docker', action: 'arm container', subject: id, code: 'ENGINE_REFUSED' },
        () =>
          api.status({
            method: 'POST',
            path: path(id, '/update'),
            body: { RestartPolicy: { Name: policy } },
          }),
      )
    },
    removeContainer,
    exec: (id, argv, execOptions = {}) => exec(api, id, argv, execOptions),
    logs: (id, lines, since) => logs(dialect, id, lines, since),
    putFiles: (id, files) => putFiles(dialect, id, id, '/', files),
    runOnce: (image, onceOptions) => runOnce(dialect, runOnceParts, image, onceOptions),
  }
}

/** The names under which Docker knows runc without being told of a program. */
function stockRuntime(name: string | undefined): string | undefined {
  return name === undefined || /^(runc|io\.containerd\.runc\.v2)?$/.test(name) ? 'runc' : undefined
}

function cgroupDriver({ CgroupDriver }: Pick<DockerInfo, 'CgroupDriver'>): 'systemd' | 'cgroupfs' {
  return CgroupDriver === 'systemd' ? 'systemd' : 'cgroupfs'
}

async function factsFrom(info: DockerInfo, socketPath: string, execRoot: string): Promise<EngineFacts> {
  return {
    kind: 'docker',
    version: info.ServerVersion,
    cgroupDriver: cgroupDriver(info),
    stopsContainersWithDaemon: !info.LiveRestoreEnabled,
    hasShim: true,
    deletesLeftoversAtStart: true,
    changesRestartPolicy: true,
    passesZeroTaskLimit: false,
    // 20.10.24 gives up after 2 s, 26.1.5 does not. What comes between was not seen.
    ...(Number.parseInt(info.ServerVersion, 10) > 20 && { waitsForOutput: true as const }),
    storageDir: await storageDirOf(info, execRoot),
    imageStore: imageStoreOf(info),
    // The system's unit starts the daemon on the system's socket, and no other.
    startsAtBoot: isSystemSocket(socketPath) && (await enabledAtBoot('docker.service')),
  }
}

function isSystemSocket(socketPath: string): boolean {
  return socketPath === DEFAULT_SOCKET || socketPath === `/var${DEFAULT_SOCKET}`
}
