import { V2_INIT, cgroupParent, machineIsV2 } from './cgroup-v2.ts'
import { raise } from './errors.ts'
import { imageReference } from './image-recipe.ts'
import type { NestedEngine } from './seed.ts'

/** Debian releases that hosts are made of, oldest first. `experimental` is sid with newer engines. */
export const SUITES = ['bullseye', 'bookworm', 'trixie', 'forky', 'sid', 'experimental'] as const

export type Suite = (typeof SUITES)[number]

export const DEFAULT_SUITE: Suite = 'bookworm'

/** Throws LAB_SUITE_UNKNOWN. */
export function suiteOf(text: string): Suite {
  const found = SUITES.find((one) => one === text)
  if (found === undefined) throw raise('LAB_SUITE_UNKNOWN', { suite: text, known: SUITES })
  return found
}

export type HostSpec = Readonly<{
  /** Also the host's host name. */
  name: string
  /** Debian release of the host, and so of systemd and the engines. Default: bookworm. */
  suite?: Suite
  /**
   * `systemd`: pid 1 is systemd, in a cgroup namespace of its own. `plain`: no systemd; the engines are started by
   * hand, in the machine's own cgroup tree, so that its layout (on some kernels a hybrid that libvirt misjudges) shows.
   */
  init: 'systemd' | 'plain'
  /** systemd-machined can be reached over D-Bus. Default: yes under systemd. Never under plain. */
  machined?: boolean
  /**
   * `v2`: its /sys/fs/cgroup is cgroup v2 alone, whatever the machine's is. Default: as the machine's, and v2 where the suite's systemd
   * starts on nothing else.
   */
  cgroups?: 'v2'
  /** What the host runs containers with. */
  engine: NestedEngine | 'both'
  /** Names of images, as in images.json, which its engines hold from the start. */
  images: readonly string[]
  /** It has libvirt of Debian's packages, as units of its systemd; or the modular daemons besides. Only bookworm. */
  ownLibvirt?: boolean | 'modular'
  /** It has Ansible, and the libraries that Kolla's module imports. Bookworm or trixie. */
  kolla?: boolean
  /** Docker keeps containers running while its daemon is down. */
  liveRestore?: boolean
}>

export function containerName(host: string): string {
  return `anneal-lab-${host}`
}

/** Name of the image that a host is made of. */
export function nodeImage({
  suite = DEFAULT_SUITE,
  ownLibvirt,
  kolla,
}: Pick<HostSpec, 'suite' | 'ownLibvirt' | 'kolla'>): string {
  if (kolla === true) return `node-kolla:${suite}`
  if (ownLibvirt === 'modular') return `node-modular:${suite}`
  return `${ownLibvirt === true ? 'node-libvirt' : 'node'}:${suite}`
}

export const HOST_LABEL = 'io.anneal.lab.host'

export function engines(spec: Pick<HostSpec, 'engine'>): readonly NestedEngine[] {
  return spec.engine === 'both' ? ['docker', 'podman'] : [spec.engine]
}

/** Their systemd (258 and newer) ends at once where /sys/fs/cgroup is not cgroup v2. */
const ONLY_V2: readonly Suite[] = ['forky', 'sid', 'experimental']

/** cgroup v2 has to be put into the host, as the machine has something else. */
export function needsV2({ cgroups, init, suite }: Pick<HostSpec, 'cgroups' | 'init' | 'suite'>): boolean {
  const wantsV2 = cgroups === 'v2' || (init === 'systemd' && suite !== undefined && ONLY_V2.includes(suite))
  return wantsV2 && !machineIsV2()
}

/** Arguments of the outer `docker run` that makes the host. `binds` are `source:target[:ro]`. */
export function hostArguments(
  spec: HostSpec,
  binds: readonly string[],
  v2 = needsV2(spec) ? V2_INIT : undefined,
): readonly string[] {
  const systemd = spec.init === 'systemd'
  return [
    'run',
    '--detach',
    '--privileged',
    '--network=none',
    `--name=${containerName(spec.name)}`,
    `--hostname=${spec.name}`,
    `--label=${HOST_LABEL}=${JSON.stringify(spec)}`,
    '--tmpfs=/run:exec',
    '--tmpfs=/run/lock',
    '--tmpfs=/tmp:exec',
    ...(systemd ? ['--env', 'container=docker'] : ['--stop-signal', 'SIGTERM']),
    ...(systemd || v2 !== undefined
      ? ['--cgroupns', 'private']
      : ['--cgroupns', 'host', '--volume', '/sys/fs/cgroup:/sys/fs/cgroup:rw']),
    ...(v2 === undefined ? [] : ['--cgroup-parent', cgroupParent(spec.name)]),
    ...binds.flatMap((bind) => ['--volume', bind]),
    imageReference(nodeImage(spec)),
    ...(v2 ?? []),
    ...(systemd ? (v2 === undefined ? [] : ['/sbin/init']) : ['plain-init']),
  ]
}

/** /etc/docker/daemon.json of the host. */
export function daemonConfiguration(spec: HostSpec): Readonly<Record<string, unknown>> {
  return {
    runtimes: { caps: { path: '/usr/local/bin/runc-caps' } },
    'default-runtime': 'caps',
    'storage-driver': 'overlay2',
    iptables: false,
    ip6tables: false,
    bridge: 'none',
    'live-restore': spec.liveRestore ?? false,
  }
}

/**
 * Of Podman on a host with cgroup v2: no limit of processes unless asked for, as crun refuses one whose controller is
 * not on v2; and crun as the machine lets it run.
 */
export const PODMAN_ON_V2 = `[containers]
pids_limit = 0

[engine.runtimes]
crun = ["/opt/anneal/lab/crun-v2"]
`
