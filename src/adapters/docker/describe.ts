import type { ContainerSpec } from '../../ports/index.ts'
import { attempted, specFromInspect, unlessAbsent } from '../containers/index.ts'
import type { EngineApi, InspectedConfig, InspectedContainer, InspectedHost } from '../containers/index.ts'
import { inspectImage } from './images.ts'

type Inspected = Readonly<{
  Id: string
  Name: string
  Image: string
  Config?: InspectedConfig & Readonly<{ Image?: string }>
  HostConfig?: InspectedHost
  Mounts?: InspectedContainer['mounts']
}>

/** What dockerd adds where nothing is said. */
const DEFAULTS: InspectedContainer['defaults'] = {
  logDriver: 'json-file',
  ulimits: [],
  pidsLimit: 0,
  ipcModes: ['private', 'shareable'],
  environment: [],
}

export async function describeContainer(api: EngineApi, id: string): Promise<ContainerSpec | undefined> {
  const attempt = {
    engine: 'Docker',
    action: 'inspect container',
    subject: id,
    code: 'ENGINE_REFUSED',
  } as const
  const found = await attempted(attempt, () =>
    unlessAbsent(() =>
      api.json<Inspected>({ method: 'GET', path: `/containers/${encodeURIComponent(id)}/json` }),
    ),
  )
  if (found === undefined) return undefined
  // An image that was removed below its container has nothing to subtract.
  const facts = await inspectImage(api, found.Image)
  const image = await attempted(attempt, () =>
    unlessAbsent(() =>
      api.json<{ Config?: InspectedConfig | null }>({ method: 'GET', path: `/images/${found.Image}/json` }),
    ),
  )
  return specFromInspect(
    {
      id: found.Id,
      name: found.Name.replace(/^\//, ''),
      config: found.Config ?? {},
      host: found.HostConfig ?? {},
      mounts: found.Mounts ?? [],
      defaults: DEFAULTS,
    },
    image?.Config ?? {},
    { reference: found.Config?.Image ?? '', held: facts ?? { id: found.Image, repoDigests: [] } },
  )
}
