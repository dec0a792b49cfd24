import type { Container, Mount } from '../../node/index.ts'

/** Where the two engines' inspections are one. */
export type InspectedMounts = Readonly<{
  Mounts?: readonly Readonly<{
    Type?: string
    Name?: string
    Source?: string
    Destination?: string
    RW?: boolean
  }>[]
  HostConfig?: Readonly<{ Tmpfs?: Readonly<Record<string, string>> | null }>
}>

/** `--tmpfs` is kept apart from the mounts. Kinds other than these three do not bear on an upgrade. */
export function readMounts({ Mounts, HostConfig }: InspectedMounts): readonly Mount[] {
  const listed = (Mounts ?? []).flatMap((mount): Mount[] => {
    const { Type: type } = mount
    if (type !== 'bind' && type !== 'volume' && type !== 'tmpfs') return []
    const source = type === 'volume' ? mount.Name : type === 'bind' ? mount.Source : ''
    // Podman keeps the slash at the end of a path, Docker takes it away.
    const target = (mount.Destination ?? '').replace(/(.)\/$/, '$1')
    // A volume of a plugin need not be on this host.
    const heldIn = type === 'volume' && mount.Source?.startsWith('/') === true ? mount.Source : undefined
    return [
      {
        type,
        source: source ?? '',
        target,
        readOnly: mount.RW === false,
        ...(heldIn === undefined ? {} : { heldIn }),
      },
    ]
  })
  const tmpfs = Object.entries(HostConfig?.Tmpfs ?? {})
    .filter(([target]) => !listed.some((mount) => mount.target === target))
    .map(([target, options]): Mount => ({
      type: 'tmpfs',
      source: '',
      target,
      readOnly: options.split(',').includes('ro'),
    }))
  return [...listed, ...tmpfs]
}

export function readPidMode(mode: string | undefined): Container['pidMode'] {
  if (mode === 'host') return 'host'
  return mode?.startsWith('container:') === true ? 'shared' : 'private'
}

export function readHealth(status: string | undefined): Container['health'] {
  return status === 'starting' || status === 'healthy' || status === 'unhealthy' ? status : 'none'
}

export function readRestartPolicy(name: string | undefined): Container['restartPolicy'] {
  return name === 'always' || name === 'unless-stopped' || name === 'on-failure' ? name : 'no'
}

/** Both engines write the year 1 for "never". */
export function readTime(time: string | undefined): string | undefined {
  return time === undefined || time === '' || time.startsWith('0001-') ? undefined : time
}

/** Names only: values may be secrets and stay with the engine. */
export function environmentNames(environment: readonly string[] | null | undefined): readonly string[] {
  return (environment ?? []).map((entry) => entry.split('=')[0] ?? '')
}
