import type { ContainerSpec } from './container-spec.ts'
import type { Container } from '../container.ts'

/** Counts up when the normal form changes in a way that gives old releases another id. */
export const RELEASE_FORMAT = 1

/**
 * A Compose file whose images are pinned, in normal form: every spelling of the same meaning gives the same value.
 * Durations are milliseconds, sizes bytes, paths absolute, sets sorted.
 */
export type Release = Readonly<{
  /** Digest of the normal form: `sha256:<64 hex digits>`. */
  id: string
  /** Compose's `name`: what all releases of one node have in common. */
  project: string
  /** Where the hypervisor's API is; undefined for a release without one. */
  libvirt: LibvirtPlace | undefined
  /** In start order: dependencies first. Stop order is the reverse. */
  services: readonly Service[]
}>

/** All paths are the host's. */
export type LibvirtPlace = Readonly<{
  /** The service that runs libvirt's daemon. */
  service: string
  /** Its API socket. */
  socket: string
  /** Holds libvirt's live state: status files and pid files lie in `qemu/` below it. */
  stateDir: string
}>

export type Service = ServiceDraft &
  Readonly<{
    /** Over everything that makes one container differ from another: `sha256:…`. */
    digest: string
  }>

/** A service whose image may not be pinned yet. */
export type ServiceDraft = Readonly<{
  name: string
  /** `name@sha256:…` or an engine-local id `sha256:…` once pinned. */
  image: string
  /** `when-idle`: kept, even if changed, while a guest needs a process of it. */
  replace: 'always' | 'when-idle'
  /** `never`: an upgrade that would take a guest with this service is refused. `expendable`: it is only said. */
  guests: 'never' | 'expendable'
  stopGraceMs: number
  restart: Container['restartPolicy']
  /** Rank among services that do not depend on each other: lower starts earlier and stops later. */
  order: number
  dependsOn: readonly Dependency[]
  /** What must be true before those start that wait for it, in the order given. */
  ready: readonly ReadyProbe[]
  /** How long it must have stayed up before the release is committed; absent where the file does not say. */
  settleMs?: number
  /** Processes of this service that guests need, beyond those Anneal knows by itself. */
  helpers: readonly DeclaredHelper[]
  /** Files that reach the container as read-only binds; each is in `container.mounts`, too. */
  secrets: readonly FileGrant[]
  configs: readonly FileGrant[]
  /** Names that look like secrets and are declared not to be. */
  publicEnvironment: readonly string[]
  container: ContainerShape
}>

/** A release before its images are pinned. */
export type ReleaseDraft = Readonly<{
  project: string
  libvirt: LibvirtPlace | undefined
  services: readonly ServiceDraft[]
}>

/** What an engine is told beyond name, image, restart policy and stop grace. `labels` are the user's own. */
export type ContainerShape = Omit<ContainerSpec, 'name' | 'image' | 'restartPolicy' | 'stopGraceMs'>

export type Dependency = Readonly<{ service: string; condition: 'started' | 'healthy' }>

export type FileGrant = Readonly<{
  name: string
  /** Host path. Its content is no part of the release; its path is. */
  file: string
  /** Path in the container. */
  target: string
}>

export type ReadyProbe = Readonly<{ timeoutMs: number; intervalMs: number }> &
  (
    | Readonly<{ kind: 'libvirt'; socket: string }>
    /** Runs in the container; exit code 0 is ready. */
    | Readonly<{ kind: 'exec'; argv: readonly string[] }>
    /** Host path of a socket that accepts a connection. */
    | Readonly<{ kind: 'unix'; path: string }>
    | Readonly<{ kind: 'tcp'; host: string; port: number }>
    /** Text that the container's output since its start contains. */
    | Readonly<{ kind: 'log'; text: string }>
  )

/** Matches a process by its executable and by arguments that must all occur in its argv. */
export type DeclaredHelper = Readonly<{ exe: string; argv: readonly string[] }>
