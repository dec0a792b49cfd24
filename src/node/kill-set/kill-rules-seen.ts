import type { Container, EngineFacts, EngineKind } from '../container.ts'
import type { CgroupLayout } from '../process.ts'

/**
 * What the kill rules were held to: versions with which real engines were asked, and then did what they were asked about
 * (`npm run matrix`, `npm run matrix:blind`; docs/kill-rules.md is written from this). A version between two that were
 * seen counts as seen, and so does another patch release of one that was: the engines' rules change with minor releases.
 */
export type SeenOn = Readonly<{
  engine: EngineKind
  engineVersion: string
  driver: EngineFacts['cgroupDriver']
  runtime: 'runc' | 'crun'
  runtimeVersion: string
  layout: CgroupLayout
  /** What stands between the engine and the container, with its version. */
  shim: string
  /** Version of systemd; `none` where it is not the first process. */
  systemd: string
  suite: string
  /** Questions whose answers were held to what then happened, by the matrix and by the blind test. */
  cells: number
  blind: number
}>

const BOOKWORM = { suite: 'bookworm', systemd: '252' } as const
const DOCKER_20 = {
  engine: 'docker',
  engineVersion: '20.10.24',
  shim: 'containerd 1.6.20',
  runtime: 'runc',
  runtimeVersion: '1.1.5',
} as const
const PODMAN_4 = { engine: 'podman', engineVersion: '4.3.1', shim: 'conmon 2.1.6' } as const
const RUNC_1_1 = { runtime: 'runc', runtimeVersion: '1.1.5' } as const
const TRIXIE = { suite: 'trixie', systemd: '257' } as const
const DOCKER_26 = {
  engine: 'docker',
  engineVersion: '26.1.5',
  shim: 'containerd 1.7.24',
  runtime: 'runc',
  runtimeVersion: '1.1.15',
} as const
const PODMAN_5 = {
  engine: 'podman',
  engineVersion: '5.4.2',
  shim: 'conmon 2.1.12',
  runtime: 'crun',
  runtimeVersion: '1.21',
} as const
const SID = { suite: 'sid', systemd: '262' } as const
const DOCKER_28 = {
  engine: 'docker',
  engineVersion: '28.5.2',
  shim: 'containerd 2.1.9',
  runtime: 'runc',
  runtimeVersion: '1.3.6',
} as const
const PODMAN_5_8 = {
  engine: 'podman',
  engineVersion: '5.8.6',
  shim: 'conmon 2.1.13',
  runtime: 'crun',
  runtimeVersion: '1.28',
} as const
const CRUN_1_8 = { runtime: 'crun', runtimeVersion: '1.8.1' } as const

/** Pods (`npm run matrix:pods`): each process that was placed in or beside a pod is a cell. */
const CONTAINERDS: readonly SeenOn[] = [
  pods('bookworm', '1.6.20', 'runc 1.1.5', 'hybrid', 'none', 657),
  pods('bookworm', '1.6.20', 'crun 1.8.1', 'unified', 'none', 252),
  pods('bookworm', '1.6.20', 'runc 1.1.5', 'unified', 'none', 252),
  pods('bookworm', '1.6.20', 'runc 1.1.5', 'hybrid', '252', 204),
  pods('bookworm', '1.6.20', 'crun 1.8.1', 'unified', '252', 84),
  pods('bookworm', '1.6.20', 'runc 1.1.5', 'unified', '252', 84),
  pods('trixie', '1.7.24', 'runc 1.1.15', 'hybrid', 'none', 198),
  pods('trixie', '1.7.24', 'crun 1.21', 'unified', 'none', 252),
  pods('trixie', '1.7.24', 'runc 1.1.15', 'unified', 'none', 252),
  pods('sid', '2.1.9', 'crun 1.28', 'unified', 'none', 78),
]

/** `systemd`: the driver is that, and this version the first process; `none`: the driver is cgroupfs. */
function pods(
  suite: string,
  engineVersion: string,
  runtime: `${'runc' | 'crun'} ${string}`,
  layout: CgroupLayout,
  systemd: string,
  cells: number,
): SeenOn {
  const [family, runtimeVersion = ''] = runtime.split(' ')
  return {
    suite,
    engine: 'containerd',
    engineVersion,
    driver: systemd === 'none' ? 'cgroupfs' : 'systemd',
    runtime: family === 'crun' ? 'crun' : 'runc',
    runtimeVersion,
    layout,
    shim: `containerd ${engineVersion}`,
    systemd,
    cells,
    blind: 0,
  }
}

export const SEEN: readonly SeenOn[] = [
  { ...BOOKWORM, ...DOCKER_20, layout: 'hybrid', driver: 'cgroupfs', cells: 25, blind: 63 },
  { ...BOOKWORM, ...DOCKER_20, layout: 'hybrid', driver: 'cgroupfs', systemd: 'none', cells: 15, blind: 64 },
  { ...BOOKWORM, ...DOCKER_20, layout: 'unified', driver: 'systemd', cells: 30, blind: 24 },
  { ...BOOKWORM, ...DOCKER_20, layout: 'unified', driver: 'cgroupfs', systemd: 'none', cells: 15, blind: 23 },
  {
    ...BOOKWORM,
    ...PODMAN_4,
    ...RUNC_1_1,
    layout: 'hybrid',
    driver: 'cgroupfs',
    systemd: 'none',
    cells: 15,
    blind: 66,
  },
  { ...BOOKWORM, ...PODMAN_4, ...CRUN_1_8, layout: 'hybrid', driver: 'systemd', cells: 25, blind: 55 },
  { ...BOOKWORM, ...PODMAN_4, ...CRUN_1_8, layout: 'unified', driver: 'systemd', cells: 30, blind: 23 },
  {
    ...BOOKWORM,
    ...PODMAN_4,
    ...CRUN_1_8,
    layout: 'unified',
    driver: 'cgroupfs',
    systemd: 'none',
    cells: 15,
    blind: 21,
  },
  { ...TRIXIE, ...DOCKER_26, layout: 'unified', driver: 'systemd', cells: 0, blind: 16 },
  { ...TRIXIE, ...DOCKER_26, layout: 'unified', driver: 'cgroupfs', systemd: 'none', cells: 0, blind: 19 },
  { ...TRIXIE, ...PODMAN_5, layout: 'unified', driver: 'systemd', cells: 0, blind: 50 },
  { ...TRIXIE, ...PODMAN_5, layout: 'unified', driver: 'cgroupfs', systemd: 'none', cells: 0, blind: 19 },
  { ...SID, ...DOCKER_28, layout: 'unified', driver: 'systemd', cells: 0, blind: 33 },
  { ...SID, ...DOCKER_28, layout: 'unified', driver: 'cgroupfs', systemd: 'none', cells: 0, blind: 11 },
  { ...SID, ...PODMAN_5_8, layout: 'unified', driver: 'systemd', cells: 0, blind: 42 },
  { ...SID, ...PODMAN_5_8, layout: 'unified', driver: 'cgroupfs', systemd: 'none', cells: 0, blind: 9 },
  ...CONTAINERDS,
]

/** Why the rules of this container's stop were never seen at work, each in words; empty where they were. */
export function outsideOfSeen(
  container: Pick<Container, 'runtimeFamily' | 'runtimeVersion'>,
  engine: Pick<EngineFacts, 'kind' | 'version' | 'cgroupDriver'>,
  layout: CgroupLayout,
): readonly string[] {
  const { runtimeFamily: family, runtimeVersion } = container
  if (family === 'unknown') return []
  // A hybrid host has every hierarchy of one with v1 alone, and the same rules for them.
  const like = (one: SeenOn) => one.layout === layout || (layout === 'legacy' && one.layout === 'hybrid')
  const alike = SEEN.filter((one) => one.runtime === family && like(one))
  if (alike.length === 0) return [`${family} was never seen on ${layout} cgroups`]
  const engines = SEEN.filter((one) => one.engine === engine.kind)
  return [
    ...outside(
      family,
      runtimeVersion,
      alike.map((one) => one.runtimeVersion),
      ` on ${layout} cgroups`,
    ),
    ...outside(
      engine.kind,
      engine.version,
      engines.map((one) => one.engineVersion),
      '',
    ),
  ]
}

function outside(
  name: string,
  version: string | undefined,
  seen: readonly string[],
  where: string,
): readonly string[] {
  const own = minor(version)
  if (own === undefined) return [`the version of ${name} could not be asked`]
  if (seen.length === 0) return [`${name} was never seen`]
  const bounds = seen.toSorted((a, b) => (minor(a) ?? 0) - (minor(b) ?? 0))
  const [oldest = '', newest = ''] = [bounds[0], bounds.at(-1)]
  if (own > (minor(newest) ?? 0))
    return [`${name} ${version}${where} is newer than ${newest}, the newest that was seen`]
  if (own < (minor(oldest) ?? 0))
    return [`${name} ${version}${where} is older than ${oldest}, the oldest that was seen`]
  return []
}

/** `1.3.6` → 1003. */
function minor(version: string | undefined): number | undefined {
  const match = /^(\d+)\.(\d+)/.exec(version ?? '')
  return match === null ? undefined : Number(match[1]) * 1000 + Number(match[2])
}
