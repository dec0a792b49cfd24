import { findingsOf } from '../../core/index.ts'
import type { FindingTable } from '../../core/index.ts'

/** What the doctor finds on a node beyond what the lint findings say of each container. docs/errors.md lists them. */
export const DOCTOR_FINDINGS = {
  GUEST_ENDANGERED: {
    severity: 'refuse',
    meaning:
      'A guest would die with a container: the engine would signal it when it stops the container (or, if the container has stopped already, when it starts or removes it).',
    remedy: 'run `anneal node rescue`, which moves it out of the container without stopping it',
  },
  HELPER_ENDANGERED: {
    severity: 'warn',
    meaning: 'A process that guests need would die with a container.',
    remedy: 'run `anneal node rescue`, which moves it out of the container without stopping it',
  },
  LIBVIRT_TWICE: {
    severity: 'refuse',
    meaning: 'Two containers run libvirt: both manage the same guests.',
    remedy: 'stop the wrong one (`anneal node status` shows which release should run)',
  },
  HOST_LIBVIRT_BESIDE: {
    severity: 'warn',
    meaning:
      'The host’s own libvirt runs or listens beside that of a container. Only one of them can have the guests: when the other one is restarted, whichever is first gets them.',
    remedy:
      'keep the host’s from being started (`systemctl disable --now` for its services and its sockets, under which guests run on), or take it over with `anneal node adopt`',
  },
  HOST_LIBVIRT_MIXED: {
    severity: 'warn',
    meaning:
      'Units of libvirtd and of the modular daemons (virtqemud and others) are up at the same time. Only one of the two can have the guests, and which of them does depends on who connects first.',
    remedy:
      'decide which one to keep, and keep the other from being started: `systemctl disable --now` for its services and its sockets',
  },
  BOOT_STARTS_TWO: {
    severity: 'warn',
    meaning: 'After a reboot the engine would start two containers of the same service.',
    remedy: 'set the restart policy of the stopped one to `no`, or run `anneal node recover`',
  },
  MACHINED_ABSENT: {
    severity: 'warn',
    meaning:
      'systemd-machined is missing. libvirt then places guests itself, depending on the cgroups that it sees, and gives no error if that fails.',
    remedy:
      'install systemd-container while no guest runs, as the change can stop running guests. Until then the image’s hook and `--rescue` keep guests out of the container',
  },
  SCOPE_HOLDS_GUESTS: {
    severity: 'warn',
    meaning:
      'With cgroup v1, the systemd cgroup driver and no machined, guests stay in the systemd scope of the container, and systemd stops everything in it.',
    remedy: 'install systemd-container while no guest runs, or use the engine’s cgroupfs driver',
  },
  LIVE_RESTORE_OFF: {
    severity: 'warn',
    meaning: 'When the Docker daemon stops, for example for its own upgrade, every container stops with it.',
    remedy:
      'set `"live-restore": true` in /etc/docker/daemon.json and reload the daemon (`systemctl reload docker`)',
  },
  STOPS_WITH_ENGINE: {
    severity: 'warn',
    meaning:
      'systemd stops the unit of a container whenever it stops or restarts Docker’s own (`Requires=docker.service`, as Kolla wrote it until 2024), and the unit stops the container. Live-restore does not prevent that.',
    remedy:
      'before Docker is restarted or upgraded, ask `anneal node kill-set CONTAINER --cause engine-stopped` who would die. `anneal node adopt` keeps such a unit from acting',
  },
  VERSIONS_NOT_SEEN: {
    severity: 'warn',
    meaning:
      'The kill rules were never tested with this engine, runtime or cgroup layout. On cgroup v1 and hybrid hosts, every process that shares a cgroup with the container then counts as endangered.',
    remedy:
      'see docs/kill-rules.md for what was tested; before the first upgrade of such a node, upgrade one without guests',
  },
  ENGINE_NOT_AT_BOOT: {
    severity: 'warn',
    meaning: 'Nothing starts containers after a reboot.',
    remedy: 'enable docker.service, or with Podman podman-restart.service',
  },
  EMULATOR_REMOVED: {
    severity: 'warn',
    meaning:
      'The files of a guest’s emulator are gone: it can never load block drivers, firmware or option ROMs that it has not loaded yet.',
    remedy:
      'migrate or restart the guest when possible; keep the container of a guest as long as the guest runs',
  },
  EMULATOR_OLD: {
    severity: 'info',
    meaning:
      'A guest’s emulator runs from a container of an earlier release: if it is removed, the guest loses files.',
    remedy: 'keep this container until the guest is migrated or restarted; Anneal keeps it by itself',
  },
  EMULATOR_IN_REVISION: {
    severity: 'warn',
    meaning: 'A guest’s emulator is in a directory that the next update of its package removes.',
    remedy: 'give libvirt a path that stays (`…/current/…`), and restart the guest when possible',
  },
  KOLLA_RECOGNISED: {
    severity: 'info',
    meaning: 'The node was deployed by Kolla.',
    remedy:
      'let only one tool manage a container: `anneal node adopt` takes it over and keeps its unit from acting. While Anneal manages it, leave this node out of `kolla-ansible deploy`, `reconfigure` and `upgrade` (`--limit`): Kolla would remove the stopped container, which is the way back, make it again, and end with "Container timed out", as its unit does not start. Run `anneal node give-back` before Kolla',
  },
  NODE_OF_PODS: {
    severity: 'info',
    meaning:
      'The containers of the node belong to pods: a kubelet makes and removes them. Anneal shows which guests would end with which pod, and changes no pod.',
    remedy:
      'change pods through Kubernetes, after each guest that would end with them is migrated; let a DaemonSet with libvirt have `updateStrategy: OnDelete`, so that no change of its template stops it',
  },
  CONTAINER_UNWATCHED: {
    severity: 'warn',
    meaning:
      'Podman’s conmon, which waits for a container’s end, was killed (by the kernel for want of memory, with the login that started the container, by hand). Podman calls the container running whatever becomes of it, does not restart it, and cannot start it again once it has ended.',
    remedy:
      'replace the container when it suits: `anneal node upgrade` does that for a service of a release, and `anneal node recover` creates one that has ended. Without Anneal: `anneal node rescue`, `podman rm --force`, and create it again',
  },
  CONTAINER_END_UNNOTICED: {
    severity: 'warn',
    meaning:
      'A container has ended, and Docker calls it running: containerd did not tell Docker of the end (it was down for half a minute or longer, or its shim missed the end). Docker does not restart the container, and `docker start` does nothing.',
    remedy:
      '`anneal node recover` starts a service of a release again. Without Anneal: `anneal node rescue`, so that no guest is left in its cgroup, then `docker stop` and `docker start`',
  },
  TASK_LIMIT: {
    severity: 'warn',
    meaning:
      'A container has reached its task limit, or would start with a limit that is too low: its service cannot create processes.',
    remedy:
      'raise the limit (`pids_limit` in the release, `TasksMax=` of its slice). A container that Podman created with the limit 0 must be created again: upgrade to a release that changes its service',
  },
  CAPABILITY_MISSING: {
    severity: 'info',
    meaning: 'The host lacks capabilities that a privileged container asks for.',
    remedy: 'use an OCI runtime that drops them from the bundle, or a host that has them',
  },
  GUEST_STALE: {
    severity: 'info',
    meaning: 'libvirt’s state lists a guest that has no process.',
    remedy: 'nothing to do: libvirt clears it when it starts',
  },
} as const satisfies FindingTable

export const doctorFinding = findingsOf(DOCTOR_FINDINGS)
