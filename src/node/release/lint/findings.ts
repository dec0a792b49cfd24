import { findingsOf } from '../../../core/index.ts'
import type { FindingTable } from '../../../core/index.ts'

/** What can be wrong with a service of a release, and with a container as it runs. docs/errors.md lists them. */
export const LINT_FINDINGS = {
  SECRET_IN_ENVIRONMENT: {
    severity: 'refuse',
    meaning:
      'A password, key or token is an environment variable: every `inspect` and /proc/PID/environ shows it.',
    remedy:
      'put it into a file that only root and the service may read and grant that under `secrets:`; name variables that are no secrets in x-anneal.publicEnvironment',
  },
  SECRET_IN_ARGUMENTS: {
    severity: 'refuse',
    meaning: 'A password, key or token is a command line argument: every user of the host sees it in /proc.',
    remedy: 'let the program read it from a file that is granted under `secrets:`',
  },
  PID_NAMESPACE_PRIVATE: {
    severity: 'refuse',
    meaning:
      'libvirt runs in a pid namespace of its own: the kernel kills every guest in it when its first process ends, and nothing can move them out.',
    remedy: 'write `pid: host`; guests that run now must be migrated or shut down first',
  },
  PRIVILEGED_WITHOUT_HOST_PID: {
    severity: 'warn',
    meaning: 'A privileged service has a pid namespace of its own: all that it starts dies with it.',
    remedy: 'write `pid: host`, or drop `privileged`',
  },
  CGROUP_BIND_MISSING: {
    severity: 'refuse',
    meaning:
      'libvirt does not see the host’s control groups, so guests land in the container’s own, which the engine empties with SIGKILL.',
    remedy: 'bind /sys/fs/cgroup:/sys/fs/cgroup',
  },
  CGROUP_NAMESPACE_PRIVATE: {
    severity: 'refuse',
    meaning:
      'libvirt has a cgroup namespace of its own: what it takes for the root is the container’s group. Engines choose this by default with cgroup v2.',
    remedy: 'write `cgroup: host`',
  },
  STATE_NOT_PERSISTENT: {
    severity: 'refuse',
    meaning:
      'A directory that the next libvirt needs to find its guests lives in the container. Without /run/libvirt guests look shut off and can be started twice; without /var/lib/libvirt they are killed on reconnection.',
    remedy: 'bind the directory from the host, in the old release and in the new one',
  },
  BIND_MISSING: {
    severity: 'warn',
    meaning: 'A directory that guests, consoles or definitions need after a replacement is not the host’s.',
    remedy: 'bind the directory from the host',
  },
  MACHINED_UNREACHABLE: {
    severity: 'warn',
    meaning:
      'libvirt cannot reach systemd-machined, which would give each guest a scope of its own outside every container.',
    remedy:
      'bind /run/dbus:/run/dbus; where the host has no machined, guests rely on the image’s hook or on `--rescue`',
  },
  NETWORK_NOT_HOST: {
    severity: 'warn',
    meaning: 'Bridges, taps and sockets are made in a network namespace that goes away with the container.',
    remedy: 'write `network_mode: host`',
  },
  GRANT_INSIDE_BIND: {
    severity: 'warn',
    meaning:
      'A secret or config is mounted inside a bind of a host directory: the engine makes an empty file for it on the host and leaves it there.',
    remedy:
      'give it a `target` that is in no bind, or bind narrower directories (/run/libvirt and /run/dbus, not /run)',
  },
  VIRTLOGD_INSIDE: {
    severity: 'warn',
    meaning:
      'virtlogd runs in libvirt’s container and dies with it: the console logs of running guests then stop for good.',
    remedy:
      'give virtlogd a service of its own with `x-anneal: {replace: when-idle}`, or set stdio_handler = "file" in qemu.conf',
  },
  VIRTLOGD_MISSING: {
    severity: 'info',
    meaning: 'No service runs virtlogd, so libvirt must be set to let QEMU write console logs itself.',
    remedy: 'set stdio_handler = "file" in qemu.conf, or add a virtlogd service',
  },
  IMAGE_FLOATING: {
    severity: 'warn',
    meaning: 'The image has the tag `latest` or none: nobody can tell which version that is.',
    remedy: 'name a version; `anneal node lock` then pins it',
  },
  RESTART_MISSING: {
    severity: 'warn',
    meaning: 'Nothing starts the container again after a crash or a reboot.',
    remedy: 'write `restart: unless-stopped`',
  },
  RESTART_ALWAYS: {
    severity: 'warn',
    meaning:
      'The engine starts the container whenever it starts itself, even one that was stopped: beside its successor, that makes two of them.',
    remedy: 'write `restart: unless-stopped`',
  },
  STOP_GRACE_SHORT: {
    severity: 'warn',
    meaning: 'The engine kills the service before it can have finished what it is doing with a guest.',
    remedy: 'write a longer stop_grace_period',
  },
  LIBVIRT_UNDECLARED: {
    severity: 'refuse',
    meaning:
      'A service runs libvirt and the file does not say so: no guest could be proven to be seen again.',
    remedy: 'add `x-anneal: {libvirt: {service: NAME}}` at the top level',
  },
  COMPUTE_BEFORE_LIBVIRT: {
    severity: 'warn',
    meaning:
      'Nova’s compute service runs while libvirt is away: it disables itself and takes some 25 s after libvirt’s return to come back.',
    remedy: 'let it depend on the libvirt service: it then stops first and starts last',
  },
  GUESTS_EXPENDABLE: {
    severity: 'warn',
    meaning: 'The release says that this service may take guests with it.',
    remedy: 'remove `guests: expendable` unless the guests are there to be lost',
  },
  NO_EFFECT: {
    severity: 'info',
    meaning: 'A key of the file means something to Compose’s own program and nothing to a release.',
    remedy: 'remove it, or leave it for others to use',
  },
} as const satisfies FindingTable

export type LintCode = keyof typeof LINT_FINDINGS

export const lintFinding = findingsOf(LINT_FINDINGS)
