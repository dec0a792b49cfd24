import type { ContainerSpec } from '../../ports/index.ts'
import { attempted, specFromInspect, unlessAbsent } from '../containers/index.ts'
import type { EngineApi, InspectedConfig, InspectedContainer, InspectedHost } from '../containers/index.ts'
import { argvOf, withAlgorithm } from './container-facts.ts'
import type { PodmanInspect } from './container-facts.ts'
import { inspectImage } from './images.ts'
import { LIBPOD } from './libpod.ts'

type Inspected = PodmanInspect &
  Readonly<{
    Config?: InspectedConfig
    HostConfig?: InspectedHost & Readonly<{ CgroupMode?: string }>
    Mounts?: InspectedContainer['mounts']
  }>

/** What Podman adds where nothing is said (containers.conf(5)). */
const DEFAULTS: InspectedContainer['defaults'] = {
  logDriver: 'journald',
  ulimits: ['nofile', 'nproc'],
  pidsLimit: 2048,
  ipcModes: ['private', 'shareable'],
  environment: ['container', 'TERM', 'HOME', 'HOSTNAME'],
}

export async function describeContainer(api: EngineApi, id: string): Promise<ContainerSpec | undefined> {
  const attempt = {
    engine: 'Podman',
    action: 'inspect container',
    subject: id,
    code: 'ENGINE_REFUSED',
  } as const
  const found = await attempted(attempt, () =>
    unlessAbsent(() =>
      api.json<Inspected>({ method: 'GET', path: `${LIBPOD}/containers/${encodeURIComponent(id)}/json` }),
    ),
  )
  if (found === undefined) return undefined
  const imageId = found.Image ?? ''
  const held = await inspectImage(api, imageId)
  const image = await attempted(attempt, () =>
    unlessAbsent(() =>
      api.json<{ Config?: InspectedConfig | null }>({
        method: 'GET',
        path: `${LIBPOD}/images/${imageId}/json`,
      }),
    ),
  )
  const { entrypoint, command } = argvOf(found)
  const { CgroupMode, ...host } = found.HostConfig ?? {}
  return specFromInspect(
    {
      id: found.Id,
      name: found.Name,
      config: { ...found.Config, Entrypoint: entrypoint, Cmd: command },
      host: { ...host, ...(CgroupMode === undefined ? {} : { CgroupnsMode: CgroupMode }) },
      mounts: found.Mounts ?? [],
      defaults: DEFAULTS,
    },
    image?.Config ?? {},
    { reference: found.ImageName ?? '', held: held ?? { id: withAlgorithm(imageId), repoDigests: [] } },
  )
}
