import type { Container, EngineFacts, StopCause } from '../container.ts'
import { outsideOfSeen } from './kill-rules-seen.ts'
import type { Mechanism } from './kill-set.ts'
import type { CgroupLayout } from '../process.ts'

/**
 * Who gets killed when a container stops, as the engines' own sources say it.
 *
 * runc    libcontainer/init_linux.go signalAllProcesses: without a private pid namespace, v2 writes `cgroup.kill`;
 *         v1 signals every pid below the container's path in the `devices` hierarchy (cgroups/fs/fs.go GetAllPids).
 *         Since runc 1.2.0 a hybrid layout takes the `cgroup.kill` way too, through /sys/fs/cgroup/unified: at the stop
 *         alone. It removes that directory, so the next delete finds none and signals the `devices` hierarchy: both
 *         rules hold, the one now and the other a moment later.
 * crun    src/libcrun/cgroup-utils.c cgroup_killall_path: v2 writes `cgroup.kill`; v1 reads the `memory` hierarchy.
 *         And its `delete` removes the container's path in each hierarchy of v1 and in `unified`: where that is busy, it kills
 *         whoever is in a group below it (destroy_cgroup_path, rmdir_all_fd). With the systemd driver the container's own
 *         processes are below it, in the group `container`. Seen with 1.8.1.
 *         Its `delete` kills also where the container has a pid namespace of its own, to be able to remove the cgroup
 *         (libcrun_cgroup_destroy); seen with 1.8.1, 1.21 and 1.28 on v2.
 * both    with the systemd cgroup driver, destroying the container stops its scope unit, and systemd ends every
 *         process of the unit: name=systemd on v1, the unified hierarchy on v2, either one in a hybrid layout.
 * containerd  Its CRI kills by the same runtimes. StopContainer signals the first process; when that has ended, its event
 *         handler deletes the task with containerd.WithProcessKill, which is `kill --all` (pkg/cri/server/events.go,
 *         handleContainerExit; task_opts.go): by cgroup, as above, also where the container has a pid namespace of its own.
 *         RemoveContainer stops first what runs. StopPodSandbox stops all containers, then the sandbox in the same way, whose
 *         first process with shareProcessNamespace is that of the namespace of all of them.
 * kubelet When a pod is gone it removes the pod's cgroup, and until that works sends SIGKILL to each process in and below
 *         it in any mounted v1 hierarchy, else in v2 (pkg/kubelet/cm/pod_container_manager_linux.go,
 *         tryKillingCgroupProcesses; cgroup_manager_linux.go, Pids). Read in 1.20 and in the form of 1.31 and later
 *         (cgroupCommon.Pids). Seen with 1.20.2: on a hybrid layout it leaves alone who is only in v2; such a process is named
 *         nevertheless (docs/matrix-pods.md).
 * Podman  `rm` ends what `podman exec` has started, by pid (libpod, removeAllExecSessions): the one child of the session's conmon.
 *         Seen with 4.3.1; a stop leaves it alone.
 * kernel  pid_namespaces(7): when the first process of a pid namespace ends, all the others get SIGKILL. When the leader of a session
 *         ends, the foreground of its terminal gets SIGHUP (find-terminal-kills.ts).
 *
 * Where a rule depends on a version that could not be asked, or on one that it was never seen on (kill-rules-seen.ts), the
 * reading that kills more is taken.
 */
export type KillRule = Readonly<{
  mechanism: Mechanism
  /** The hierarchy whose subtree is killed: a v1 controller, `''` for v2, `*` for each of them. */
  hierarchy: string
  /** Only what is in a group below that of the container, and not directly in it. */
  below?: true
  /** Whose subtree: the container's where nothing is said, or that of its whole pod. */
  of?: 'pod'
  applies: (situation: KillSituation) => boolean
}>

export type KillSituation = Readonly<{
  container: Container
  engine: EngineFacts
  layout: CgroupLayout
  cause: StopCause
}>

export const KILL_RULES: readonly KillRule[] = [
  {
    mechanism: 'cgroupV1Devices',
    hierarchy: 'devices',
    applies: (situation) => isByCgroup(situation) && isRunc(situation) && situation.layout !== 'unified',
  },
  {
    mechanism: 'cgroupHybridKill',
    hierarchy: '',
    applies: (situation) =>
      isByCgroup(situation) &&
      isRunc(situation) &&
      situation.layout === 'hybrid' &&
      !isOlderThan(situation.container.runtimeVersion, [1, 2]),
  },
  {
    mechanism: 'cgroupV1Memory',
    hierarchy: 'memory',
    applies: (situation) =>
      isByCgroup(situation) && situation.container.runtimeFamily === 'crun' && situation.layout !== 'unified',
  },
  {
    mechanism: 'cgroupV1Below',
    hierarchy: '*',
    below: true,
    applies: (situation) => situation.container.runtimeFamily === 'crun' && situation.layout !== 'unified',
  },
  {
    mechanism: 'cgroupV2Kill',
    hierarchy: '',
    applies: (situation) =>
      isByCgroup(situation) &&
      situation.container.runtimeFamily !== 'unknown' &&
      situation.layout === 'unified',
  },
  {
    mechanism: 'unknownRuntime',
    hierarchy: '*',
    applies: ({ container, engine, layout, cause }) =>
      isByCgroup({ container, engine, layout, cause }) &&
      (container.runtimeFamily === 'unknown' ||
        // On v2 alone there is one hierarchy, and each rule kills all of it.
        (layout !== 'unified' && outsideOfSeen(container, engine, layout).length > 0)),
  },
  {
    mechanism: 'systemdScope',
    hierarchy: 'name=systemd',
    applies: (situation) => isScope(situation) && situation.layout !== 'unified',
  },
  {
    mechanism: 'systemdScope',
    hierarchy: '',
    applies: (situation) => isScope(situation) && situation.layout !== 'legacy',
  },
  {
    mechanism: 'podCgroup',
    hierarchy: '*',
    of: 'pod',
    applies: ({ container, cause }) => container.pod !== undefined && cause === 'podRemoved',
  },
]

/**
 * With a pid namespace of its own, the end of its first process is the end of all, and runc kills nothing more: unless the
 * engine deletes it with `kill --all`. A shim that was killed cannot be asked for that. crun kills in any case.
 */
function isByCgroup({ container, engine, cause }: KillSituation): boolean {
  return (
    container.pidMode !== 'private' ||
    container.runtimeFamily === 'crun' ||
    (engine.killsByCgroup === true && cause !== 'shimKilled')
  )
}

function isRunc({ container }: KillSituation): boolean {
  return container.runtimeFamily === 'runc'
}

function isScope({ container, engine }: KillSituation): boolean {
  return (container.cgroupDriver ?? engine.cgroupDriver) === 'systemd'
}

/** What a person is told: how it dies, and what can be done about it. */
export const MECHANISMS: Readonly<Record<Mechanism, Readonly<{ how: string; remedy: string }>>> = {
  pidNamespace: {
    how: 'it is in a pid namespace, the container’s own or one in it, whose first process ends: the kernel then kills every other one there',
    remedy: 'live-migrate or shut down the guest; deploy libvirt with `pid: host`',
  },
  cgroupV1Devices: {
    how: "runc kills every process below the container's path in the cgroup v1 `devices` hierarchy",
    remedy: 'run `anneal node rescue`, or upgrade with --rescue',
  },
  cgroupHybridKill: {
    how: "runc 1.2 and later writes cgroup.kill in the container's path below /sys/fs/cgroup/unified",
    remedy: 'run `anneal node rescue`, or upgrade with --rescue',
  },
  cgroupV1Memory: {
    how: "crun kills every process below the container's path in the cgroup v1 `memory` hierarchy",
    remedy: 'run `anneal node rescue`, or upgrade with --rescue',
  },
  cgroupV1Below: {
    how: "crun removes the container's path in every cgroup hierarchy, and kills every process in a group below it",
    remedy: 'run `anneal node rescue`, or upgrade with --rescue',
  },
  cgroupV2Kill: {
    how: 'the runtime writes cgroup.kill: the kernel kills every process in the container’s cgroup and below',
    remedy: 'run `anneal node rescue`, or upgrade with --rescue',
  },
  systemdScope: {
    how: "the runtime stops the container's scope unit, and systemd kills every process in it",
    remedy: 'run `anneal node rescue`, or upgrade with --rescue',
  },
  podCgroup: {
    how: 'when the pod is gone, the kubelet kills every process below the pod’s cgroup, whichever hierarchy it is in',
    remedy: 'migrate or shut down the guest before its pod is removed',
  },
  execSession: {
    how: 'it was started by `podman exec`, and Podman ends that when it removes the container, wherever its cgroups are',
    remedy: 'keep the container while the process is needed, or start the process by a container of its own',
  },
  terminal: {
    how: 'it is in the foreground of the container’s terminal (`tty: true`): when the first process ends, the kernel sends it SIGHUP',
    remedy: 'deploy the service without `tty`; start the process in a session of its own (`setsid`)',
  },
  unitCgroup: {
    how: 'the systemd unit that runs the container ends with it, and systemd ends every process in the unit’s cgroup (KillMode=control-group or mixed), and in those of units that it stops or restarts with it (BindsTo=, StopWhenUnneeded=, and with Restart= also Requires= and PartOf=)',
    remedy:
      'run `anneal node rescue`, or upgrade with --rescue; take the dependency out of a unit that is bound to it; where Anneal takes the container over with `--adopt`, it keeps the unit from that',
  },
  unknownRuntime: {
    how: 'the OCI runtime, or its version, is not one whose rules were seen at work: whatever shares a cgroup with the container counts as killed',
    remedy: 'run `anneal node rescue`, or use a version of runc or crun that docs/kill-rules.md names',
  },
  leftBehind: {
    how: 'its container has stopped, and the container’s cgroup still holds it: the runtime kills it when the container is started again or removed, or when Docker starts again',
    remedy: 'run `anneal node rescue` before anything touches that container or the engine',
  },
  unregisteredMachine: {
    how: 'the new libvirt asks machined for the guest, which does not know it, and then stops the guest',
    remedy: 'upgrade with --rescue: it registers the guest with machined before the switch',
  },
  mainProcess: {
    how: 'it is the first process of the container or unit that stops',
    remedy: 'keep this service while guests need it: `x-anneal: { replace: when-idle }`',
  },
}

function isOlderThan(version: string | undefined, bound: readonly [number, number]): boolean {
  const match = /^(\d+)\.(\d+)/.exec(version ?? '')
  if (match === null) return false
  const major = Number(match[1])
  return major < bound[0] || (major === bound[0] && Number(match[2]) < bound[1])
}
