import { findingsOf } from '../../core/index.ts'
import type { FindingTable } from '../../core/index.ts'

/** What the doctor finds on a node beyond what the lint findings say of each container. docs/errors.md lists them. */
export const DOCTOR_FINDINGS = {
  GUEST_ENDANGERED: {
    severity: 'refuse',
    meaning:
      'A guest dies when a container is stopped (or, if it has stopped already, started again or removed): the engine signals it along with the container.',
    remedy: 'run `anneal node rescue`, which moves it out without stopping it',
  },
  HELPER_ENDANGERED: {
    severity: 'warn',
    meaning: 'A process that guests need dies when a container is stopped.',
    remedy: 'run `anneal node rescue`, which moves it out without stopping it',
  },
  LIBVIRT_TWICE: {
    severity: 'refuse',
    meaning: 'Two containers run libvirt: both take the same guests for theirs.',
    remedy: 'stop the one that is not meant to run (`anneal node status` tells which release is)',
  },
  BOOT_STARTS_TWO: {
    severity: 'warn',
    meaning: 'After a reboot the engine would start two containers of the same service.',
    remedy: 'set the restart policy of the stopped one to `no`, or run `anneal node recover`',
  },
  MACHINED_ABSENT: {
    severity: 'warn',
    meaning:
      'systemd-machined is not there: libvirt then places guests itself, which depends on what it sees of the control groups, and goes on in silence where that fails.',
    remedy:
      'install systemd-container while no guest runs (under live guests the change can stop them); until then the image’s hook and `--rescue` keep guests out of the container',
  },
  SCOPE_HOLDS_GUESTS: {
    severity: 'warn',
    meaning:
      'With cgroup v1, the engine’s systemd driver and no machined, guests stay in the container’s systemd scope, and systemd stops what is in it.',
    remedy: 'install systemd-container while no guest runs, or use the engine’s cgroupfs driver',
  },
  LIVE_RESTORE_OFF: {
    severity: 'warn',
    meaning: 'When the Docker daemon stops (an upgrade of it, for one), every container stops with it.',
    remedy:
      'write `"live-restore": true` into /etc/docker/daemon.json and reload the daemon (`systemctl reload docker`)',
  },
  VERSIONS_NOT_SEEN: {
    severity: 'warn',
    meaning:
      'Who dies with a container was never compared with this engine, runtime or cgroup layout. On cgroup v1 and hybrid hosts whoever shares a cgroup with the container then counts as endangered.',
    remedy:
      'see docs/kill-rules.md for what was compared; before the first upgrade of such a node, try one that has no guests',
  },
  ENGINE_NOT_AT_BOOT: {
    severity: 'warn',
    meaning: 'Nothing starts containers after a reboot.',
    remedy: 'enable docker.service, or for Podman podman-restart.service',
  },
  EMULATOR_REMOVED: {
    severity: 'warn',
    meaning:
      'The files a guest’s emulator runs from are gone: what it has not loaded yet (block drivers, firmware, option ROMs) it can never load.',
    remedy: 'migrate or restart the guest when it can be; keep the container of a guest as long as it lives',
  },
  EMULATOR_OLD: {
    severity: 'info',
    meaning:
      'A guest’s emulator runs from a container that libvirt has left: removing it takes files from the guest.',
    remedy: 'keep that container until the guest has been migrated or restarted; Anneal does so by itself',
  },
  EMULATOR_IN_REVISION: {
    severity: 'warn',
    meaning: 'A guest’s emulator lies in a directory that the next update of its package removes.',
    remedy: 'let libvirt name a path that stays (`…/current/…`), and restart the guest when it can be',
  },
  KOLLA_RECOGNISED: {
    severity: 'info',
    meaning: 'The node was deployed by Kolla.',
    remedy:
      'let one tool own the containers: before Anneal takes over, disable the units kolla-NAME-container.service of its services, and no longer run `kolla-ansible deploy`, `reconfigure` or `upgrade` against this node',
  },
  TASK_LIMIT: {
    severity: 'warn',
    meaning:
      'A container has reached its limit of tasks, or would be started with one that keeps it from forking: its service cannot start another process.',
    remedy:
      'raise the limit (`pids_limit` in the release, `TasksMax=` of the slice it is in); a container that Podman made with the limit 0 must be made anew: upgrade to a release in which its service changes',
  },
  CAPABILITY_MISSING: {
    severity: 'info',
    meaning: 'The host itself lacks capabilities that a privileged container is given.',
    remedy: 'an OCI runtime that drops them from the bundle is needed, or a host that has them',
  },
  GUEST_STALE: {
    severity: 'info',
    meaning: 'libvirt’s state names a guest that has no process.',
    remedy: 'nothing is to be saved; libvirt clears it when it starts',
  },
} as const satisfies FindingTable

export const doctorFinding = findingsOf(DOCTOR_FINDINGS)
