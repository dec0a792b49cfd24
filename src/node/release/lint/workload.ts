import type { MountSpec } from '../container-spec.ts'
import type { Container, Mount } from '../../container.ts'
import { isBelow } from '../paths.ts'
import type { ServiceDraft } from '../release.ts'
import { looksSecret } from './secret-names.ts'
import { secretIn, secretOptions } from './secrets.ts'

export type Role = 'libvirt' | 'virtlogd' | 'compute' | 'network' | 'other'

/** What the rules look at, be it a service of a release or a container as it runs. Holds no secret. */
export type Workload = Readonly<{
  /** Name of the service or container. */
  subject: string
  role: Role
  image: string
  privileged: boolean
  pidMode: 'host' | 'private' | 'shared'
  cgroupnsMode: 'host' | 'private'
  networkMode: string
  mounts: readonly (Mount | MountSpec)[]
  /** Names of variables that hold secrets. */
  secretVariables: readonly string[]
  /** Options of the command line, labels, log options and parts of the health check whose values are secrets. */
  secretOptions: readonly string[]
  /** The program and its arguments name virtlogd. */
  startsVirtlogd: boolean
  /** They name libvirt's daemon: no entry point decides what else runs. */
  namesDaemon: boolean
  /** What its libvirt listens on, below /run/libvirt. */
  libvirtSocket: 'libvirt-sock' | 'virtqemud-sock'
  restart: Container['restartPolicy']
  /** undefined where the engine does not tell. */
  stopGraceMs: number | undefined
  guests: ServiceDraft['guests']
  /** Where secrets and configs are mounted. */
  grants: readonly string[]
}>

export function workloadOfService(service: ServiceDraft): Workload {
  const { container } = service
  const argv = [...(container.entrypoint ?? []), ...(container.command ?? [])]
  const variables = Object.entries(container.environment)
    .filter(([name, value]) => secretIn(name, value) !== undefined)
    .map(([name]) => name)
  return {
    subject: service.name,
    role: roleOf({ names: [service.name], image: service.image, argv }),
    image: service.image,
    privileged: container.privileged,
    pidMode: container.pidMode === 'host' ? 'host' : 'private',
    // What is not written is the engine's choice: private with cgroup v2.
    cgroupnsMode: container.cgroupnsMode ?? 'private',
    networkMode: container.networkMode,
    mounts: container.mounts,
    secretVariables: variables.filter((name) => !service.publicEnvironment.includes(name)),
    secretOptions: [...secretOptions(argv), ...elsewhere(container)],
    startsVirtlogd: mentions(argv, 'virtlogd'),
    namesDaemon: mentions(argv, ...DAEMONS),
    libvirtSocket: socketOf(argv, [service.name]),
    restart: service.restart,
    stopGraceMs: service.stopGraceMs,
    guests: service.guests,
    grants: [...service.secrets, ...service.configs].map((grant) => grant.target),
  }
}

/** Of a part of a pod, without its pod. */
function ownName({ name, pod }: Container): string {
  return pod === undefined ? name : (name.split('/').at(-1) ?? name)
}

export function workloadOfContainer(container: Container): Workload {
  const argv = [...container.entrypoint, ...container.command]
  const labels = ['name', 'io.anneal.service', 'com.docker.compose.service'].map(
    (label) => container.labels[label] ?? '',
  )
  return {
    subject: container.name,
    role:
      container.pod?.part === 'sandbox'
        ? 'other'
        : roleOf({ names: [...labels, ownName(container)], image: container.image, argv }),
    image: container.image,
    privileged: container.privileged,
    pidMode: container.pidMode,
    cgroupnsMode: container.cgroupnsMode,
    networkMode: container.networkMode,
    mounts: container.mounts,
    secretVariables: container.environmentNames.filter((name) => looksSecret(name)),
    secretOptions: [...secretOptions(argv), ...inLabels(container.labels)],
    startsVirtlogd: mentions(argv, 'virtlogd'),
    namesDaemon: mentions(argv, ...DAEMONS),
    libvirtSocket: socketOf(argv, [...labels, ownName(container)]),
    restart: container.restartPolicy,
    stopGraceMs: undefined,
    guests: 'never',
    grants: [],
  }
}

/** Where else an engine keeps what it was told, and tells it to whoever asks. */
function elsewhere({ healthcheck, labels, logOptions }: ServiceDraft['container']): readonly string[] {
  return [
    ...secretOptions(healthcheck?.test ?? []).map((what) => `health check: ${what}`),
    ...inLabels(labels),
    ...Object.entries(logOptions ?? {}).flatMap(([name, value]) => told(`log option ${name}`, name, value)),
  ]
}

function inLabels(labels: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(labels).flatMap(([name, value]) => told(`label ${name}`, name, value))
}

function told(where: string, name: string, value: string): readonly string[] {
  const kind = secretIn(name, value)
  return kind === undefined ? [] : [kind === name ? where : `${where}: ${kind}`]
}

/**
 * What a container is for, by the program it runs, else by its names and image. A libvirt image that runs virtlogd is
 * a virtlogd; a script that starts both is a libvirt.
 */
function roleOf(what: Readonly<{ names: readonly string[]; image: string; argv: readonly string[] }>): Role {
  const { argv } = what
  if (mentions(argv, ...DAEMONS)) return 'libvirt'
  if (mentions(argv, 'virtlogd')) return 'virtlogd'
  // Modular daemons beside virtqemud: none of them has the guests.
  if (mentions(argv, 'virtnetworkd')) return 'network'
  if (mentions(argv, ...BESIDE_QEMU)) return 'other'
  if (mentions(argv, 'nova-compute')) return 'compute'
  if (argv.some((word) => /neutron-[a-z]+-agent|nova-network/.test(word))) return 'network'
  // An agent may have each helper of a network in a container of its own, of its own image (TripleO, EDPM): the agent makes and ends them.
  if (mentions(argv, ...SIDECARS)) return 'other'
  const path = what.image.replace(/@.*$/, '').replace(/:[^/:]*$/, '')
  for (const name of [...what.names, path.slice(path.lastIndexOf('/') + 1)]) {
    if (/virtlogd/.test(name)) return 'virtlogd'
    if (/libvirt|virtqemud/.test(name) && !/exporter|backup/.test(name)) return 'libvirt'
    if (/(^|[-_])compute$|nova[-_]compute(?![-_]ironic)/.test(name)) return 'compute'
    if (
      /(neutron|linuxbridge|openvswitch|dhcp|l3|metadata|network)[-_a-z0-9]*[-_]agent|nova[-_]network|^network$/.test(
        name,
      )
    )
      return 'network'
  }
  return 'other'
}

const DAEMONS = ['libvirtd', 'virtqemud']
const SIDECARS = ['haproxy', 'dnsmasq', 'keepalived', 'radvd']

const BESIDE_QEMU = [
  'virtproxyd',
  'virtinterfaced',
  'virtnodedevd',
  'virtnwfilterd',
  'virtsecretd',
  'virtstoraged',
  'virtlockd',
]

/** By the program, else (an entry point that reads a file) by the name. */
function socketOf(argv: readonly string[], names: readonly string[]): Workload['libvirtSocket'] {
  if (mentions(argv, 'libvirtd')) return 'libvirt-sock'
  const isModular = mentions(argv, 'virtqemud') || names.some((name) => /virtqemud/.test(name))
  return isModular ? 'virtqemud-sock' : 'libvirt-sock'
}

/** Whether a word of the command, or a shell script in it, names one of the programs. */
function mentions(argv: readonly string[], ...programs: readonly string[]): boolean {
  return argv.some((word) =>
    programs.some((program) => new RegExp(`(^|[\\s;&|/])${program}($|[\\s;&|])`).test(word)),
  )
}

/** The host path (or volume) that a path in the container is, by its longest mount; undefined inside the container. */
export function mountedFrom(mounts: Workload['mounts'], path: string): Mount | MountSpec | undefined {
  return mounts
    .filter((mount) => mount.type !== 'tmpfs' && isBelow(path, normal(mount.target)))
    .toSorted((a, b) => b.target.length - a.target.length)[0]
}

/** /var/run is /run on every host of this century. */
function normal(path: string): string {
  const trimmed = path.length > 1 ? path.replace(/\/$/, '') : path
  return trimmed.replace(/^\/var\/run(?=\/|$)/, '/run')
}
