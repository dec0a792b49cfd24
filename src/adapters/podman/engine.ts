import { readFile } from 'node:fs/promises'

import type { Container, EngineFacts } from '../../node/index.ts'
import type { ContainerSpec, Engine } from '../../ports/index.ts'
import {
  attempted,
  buildImage,
  cgroupnsModeOf,
  enabledAtBoot,
  logs,
  prepareBindSources,
  pullImage,
  readOciRecord,
  putFiles,
  runOnce,
  runtimePrograms,
  sameContainer,
  taskLimitOf,
  unlessAbsent,
} from '../containers/index.ts'
import type { Dialect, RunOnceParts } from '../containers/index.ts'
import { containerFromPodman } from './container-facts.ts'
import type { PodmanInspect } from './container-facts.ts'
import { describeContainer } from './describe.ts'
import { createBody } from './create-body.ts'
import { exec } from './exec.ts'
import { currentHealth } from './health.ts'
import { importImage, inspectImage } from './images.ts'
import { LIBPOD } from './libpod.ts'
import type { PodmanOptions } from './options.ts'
import type { PidsSupport } from './pids-limit.ts'
import { podmanService } from './service.ts'

/** Where runc and crun keep their state when root runs them without being told (runc(8), crun(1), `--root`). */
const STATE_ROOTS = ['/run/runc', '/run/crun']

type PodmanInfo = Readonly<{
  host: Readonly<{
    cgroupManager: string
    cgroupControllers?: readonly string[] | null
    ociRuntime?: Readonly<{ name?: string; path?: string }>
  }>
  store: Readonly<{ graphRoot: string }>
  version: Readonly<{ Version: string }>
}>

/** Podman, rootful, over the API of a service that Anneal starts for itself (4.0 and later). See docs/adr/0011. */
export function podmanEngine(options: PodmanOptions = {}): Engine & Readonly<{ close: () => Promise<void> }> {
  const service = podmanService(options)
  const stateRoots = options.stateRoots ?? STATE_ROOTS
  const programOf = runtimePrograms()
  const path = (id: string, verb = '') => `${LIBPOD}/containers/${encodeURIComponent(id)}${verb}`

  const info = () =>
    attempted(
      { engine: 'Podman', action: 'ask the state of', subject: 'podman', code: 'ENGINE_REFUSED' },
      async () => (await service.api()).json<PodmanInfo>({ method: 'GET', path: `${LIBPOD}/info` }),
    )
  // An update of the program takes a new service, and so a new Anneal, to come to bear.
  let settings: Promise<PodmanInfo> | undefined
  const known = () =>
    (settings ??= info().catch((error: unknown) => {
      settings = undefined
      throw error
    }))
  const canUpdate = async () => canUpdatePolicy((await known()).version.Version)
  const pidsSupport = async (): Promise<PidsSupport> => {
    const { cgroupControllers, ociRuntime } = (await known()).host
    const binary = ociRuntime?.path ?? ociRuntime?.name
    return {
      // A Podman that does not list the controllers is taken for one that has this one, as nearly every kernel does.
      controller: cgroupControllers?.includes('pids') === false ? 'absent' : 'present',
      runtime: binary === undefined ? undefined : await programOf(binary),
    }
  }

  const observe = async (inspect: PodmanInspect): Promise<Container> => {
    const { host } = await known()
    const pid = inspect.State?.Pid ?? 0
    const mode = inspect.HostConfig?.CgroupMode
    const conmon = await argvOfProcess(inspect.State?.ConmonPid ?? 0)
    const binary =
      runtimeOfConmon(conmon) ??
      (host.ociRuntime?.name === inspect.OCIRuntime ? host.ociRuntime?.path : inspect.OCIRuntime)
    const container = containerFromPodman(inspect, {
      record: pid > 0 ? await readOciRecord(inspect.Id, stateRoots) : undefined,
      program: binary === undefined || binary === '' ? undefined : await programOf(binary),
      taskLimit: await taskLimitOf(pid),
      unwatched: await unwatched(inspect, conmon),
      cgroupnsMode: mode === 'host' || mode === 'private' ? mode : await cgroupnsModeOf(pid),
      canUpdate: await canUpdate(),
    })
    return container
  }

  /** One that ended a moment ago has no conmon either: Podman is asked once more before it is doubted. */
  const settled = async (inspect: PodmanInspect): Promise<Container> => {
    const container = await observe(inspect)
    if (container.unwatched !== true || container.status !== 'dead') return container
    return observe((await inspectRaw(inspect.Id)) ?? inspect)
  }

  const inspectRaw = (idOrName: string) =>
    attempted(
      { engine: 'Podman', action: 'inspect container', subject: idOrName, code: 'ENGINE_REFUSED' },
      () =>
        unlessAbsent(async () =>
          (await service.api()).json<PodmanInspect>({ method: 'GET', path: path(idOrName, '/json') }),
        ),
    )

  const inspectContainer = async (idOrName: string): Promise<Container | undefined> => {
    const inspect = await inspectRaw(idOrName)
    if (inspect === undefined) return undefined
    return { ...(await settled(inspect)), health: await currentHealth(await service.api(), inspect) }
  }

  const listIds = (filters: Readonly<Record<string, readonly string[]>>) =>
    attempted(
      { engine: 'Podman', action: 'list containers of', subject: 'podman', code: 'ENGINE_REFUSED' },
      async () =>
        (await service.api()).json<
          readonly Readonly<{ Id: string; Labels?: Readonly<Record<string, string>> | null }>[]
        >({ method: 'GET', path: `${LIBPOD}/containers/json`, query: { all: true, filters } }),
    )

  const createContainer = async (spec: ContainerSpec): Promise<string> => {
    try {
      await prepareBindSources(spec.name, spec.mounts)
      const body = createBody(spec, { canUpdate: await canUpdate(), pids: await pidsSupport() })
      return await attempted(
        {
          engine: 'Podman',
          action: 'create container',
          subject: spec.name,
          code: 'CONTAINER_CREATE_FAILED',
          data: { image: spec.image },
        },
        async () =>
          (
            await (
              await service.api()
            ).json<{ Id: string }>({ method: 'POST', path: `${LIBPOD}/containers/create`, body })
          ).Id,
      )
    } catch (error) {
      return sameContainer(error, spec, inspectContainer)
    }
  }

  const startContainer = async (id: string): Promise<void> => {
    await attempted(
      { engine: 'Podman', action: 'start container', subject: id, code: 'CONTAINER_START_FAILED' },
      async () => (await service.api()).status({ method: 'POST', path: path(id, '/start') }),
    )
  }

  const removeContainer = async (id: string, { force }: { force: boolean }): Promise<void> => {
    await attempted(
      { engine: 'Podman', action: 'remove container', subject: id, code: 'ENGINE_REFUSED' },
      () =>
        unlessAbsent(async () =>
          (await service.api()).status({
            method: 'DELETE',
            path: path(id),
            // Forced means at once, as with Docker: without the timeout Podman would first wait out the stop grace.
            query: { force, v: true, ...(force ? { timeout: 0 } : {}) },
          }),
        ),
    )
  }

  const dialect: Dialect = {
    engine: 'Podman',
    api: service.api,
    prefix: LIBPOD,
    buildPath: `${LIBPOD}/build`,
    // The OCI format has no healthcheck: Podman would drop the image's.
    buildQuery: { outputformat: 'application/vnd.docker.distribution.manifest.v2+json' },
    layerDone: 'Download complete',
    authFirst: 'containers',
    logsSince: (time) => time,
    inspectImage: async (reference) => inspectImage(await service.api(), reference),
  }

  const runOnceParts: RunOnceParts = {
    create: createContainer,
    start: startContainer,
    remove: (id) => removeContainer(id, { force: true }),
    pidOf: async (id) => (await inspectContainer(id))?.pid ?? 0,
    wait: async (id, signal) =>
      (await service.api()).json<number>({
        method: 'POST',
        path: path(id, '/wait'),
        query: { condition: 'stopped', interval: '20ms' },
        signal,
      }),
    leftovers: async (label) =>
      (await listIds({ label: [label] })).map(({ Id, Labels }) => ({ id: Id, pid: Number(Labels?.[label]) })),
    log: { driver: 'k8s-file', options: {} },
    filesNeedVolumes: false,
  }

  return {
    kind: 'podman',
    facts: async () => factsFrom(await info()),
    inspectImage: dialect.inspectImage,
    pullImage: (reference, pullOptions) => pullImage(dialect, reference, pullOptions),
    buildImage: (context, buildOptions) => buildImage(dialect, context, buildOptions),
    importImage: async (rootfs, tag, labels) => importImage(await service.api(), rootfs, tag, labels),

    async listContainers({ labels = {}, running }) {
      const found = await listIds({
        label: Object.entries(labels).map(([name, value]) => `${name}=${value}`),
        ...(running === true ? { status: ['running'] } : {}),
      })
      const inspected = await Promise.all(found.map(({ Id }) => inspectRaw(Id)))
      const containers = await Promise.all(inspected.filter((inspect) => inspect !== undefined).map(settled))
      return containers.filter(({ status }) => running !== true || status !== 'dead')
    },
    inspectContainer,
    describeContainer: async (id) => describeContainer(await service.api(), id),
    createContainer,
    startContainer,

    async stopContainer(id, graceMs) {
      await attempted(
        { engine: 'Podman', action: 'stop container', subject: id, code: 'CONTAINER_STOP_FAILED' },
        async () =>
          (await service.api()).status({
            method: 'POST',
            path: path(id, '/stop'),
            query: { timeout: Math.ceil(graceMs / 1000) },
          }),
      )
    },

    /**
     * Podman can change a policy since 5.1. Before, this does nothing: the container carries `on-failure` since its
     * creation where its release wants a restart at all (create-body.ts), and after a reboot it is Anneal's own unit
     * that starts the committed release.
     */
    async armContainer(id, policy) {
      if (!(await canUpdate())) return
      await attempted(
        { engine: 'Podman', action: 'arm container', subject: id, code: 'ENGINE_REFUSED' },
        async () =>
          (await service.api()).status({
            method: 'POST',
            path: path(id, '/update'),
            query: { restartPolicy: policy },
            body: {},
          }),
      )
    },
    removeContainer,
    exec: (id, argv, execOptions = {}) => exec(options, id, argv, execOptions),
    logs: (id, lines, since) => logs(dialect, id, lines, since),
    putFiles: (id, files) => putFiles(dialect, id, id, '/', files),
    runOnce: (image, onceOptions) => runOnce(dialect, runOnceParts, image, onceOptions),
    close: service.close,
  }
}

/** `POST /containers/NAME/update` takes a restart policy since Podman 5.1. */
function canUpdatePolicy(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  return major > 5 || (major === 5 && minor >= 1)
}

/** The runtime's program as conmon was told it (`-r PATH`): true also where it is registered under another name. */
function runtimeOfConmon(argv: readonly string[] | undefined): string | undefined {
  const flag = argv?.findIndex((word) => word === '-r' || word === '--runtime') ?? -1
  return flag === -1 ? undefined : argv?.[flag + 1]
}

/** Whether the container outlived its conmon, which is told its id. Where Podman names no conmon, nothing is known. */
async function unwatched(
  { Id, State: state = {} }: PodmanInspect,
  conmon: readonly string[] | undefined,
): Promise<'runs' | 'ended' | undefined> {
  if ((state.ConmonPid ?? 0) <= 0 || conmon?.includes(Id) === true) return undefined
  return (await argvOfProcess(state.Pid ?? 0)) === undefined ? 'ended' : 'runs'
}

/** The arguments of a process: undefined where there is no such process, one empty word for a zombie. */
async function argvOfProcess(pid: number): Promise<readonly string[] | undefined> {
  if (pid <= 0) return undefined
  try {
    return (await readFile(`/proc/${pid}/cmdline`, 'utf8')).split('\0')
  } catch {
    return undefined
  }
}

async function factsFrom(info: PodmanInfo): Promise<EngineFacts> {
  return {
    kind: 'podman',
    version: info.version.Version,
    cgroupDriver: info.host.cgroupManager === 'systemd' ? 'systemd' : 'cgroupfs',
    stopsContainersWithDaemon: false,
    hasShim: false,
    deletesLeftoversAtStart: false,
    changesRestartPolicy: canUpdatePolicy(info.version.Version),
    passesZeroTaskLimit: true,
    storageDir: info.store.graphRoot,
    startsAtBoot: await enabledAtBoot('podman-restart.service'),
  }
}
