import { findingsOf } from '../../../core/index.ts'
import type { FindingTable } from '../../../core/index.ts'

/** What can be wrong with a service of a release, and with a container as it runs. docs/errors.md lists them. */
export const LINT_FINDINGS = {
  SECRET_IN_ENVIRONMENT: {
    severity: 'refuse',
    meaning: 'A password, key or token is an environment variable: `inspect` and /proc/PID/environ show it.',
    remedy:
      'put it into a file that only root and the service can read, and grant the file under `secrets:`; list variables that are not secret in x-anneal.publicEnvironment',
  },
  SECRET_IN_ARGUMENTS: {
    severity: 'refuse',
    meaning:
      'A password, key or token is a command-line argument: every user of the host can see it in /proc.',
    remedy: 'let the program read it from a file under `secrets:`',
  },
  PID_NAMESPACE_PRIVATE: {
    severity: 'refuse',
    meaning:
      'libvirt has its own pid namespace: the kernel kills every guest in it when its first process ends, and nothing can move them out.',
    remedy: 'write `pid: host`; migrate or shut down running guests first',
  },
  PRIVILEGED_WITHOUT_HOST_PID: {
    severity: 'warn',
    meaning: 'A privileged service has its own pid namespace: every process that it starts dies with it.',
    remedy: 'write `pid: host`, or drop `privileged`',
  },
  CGROUP_BIND_MISSING: {
    severity: 'refuse',
    meaning:
      'libvirt does not see the cgroups of the host, so guests stay in the container’s cgroup, where the engine kills them with SIGKILL.',
    remedy: 'write `/sys/fs/cgroup:/sys/fs/cgroup` under `volumes`',
  },
  CGROUP_NAMESPACE_PRIVATE: {
    severity: 'refuse',
    meaning:
      'libvirt has its own cgroup namespace and takes the container’s cgroup for the root. This is the default of engines with cgroup v2.',
    remedy: 'write `cgroup: host`',
  },
  STATE_NOT_PERSISTENT: {
    severity: 'refuse',
    meaning:
      'A directory that the next libvirt needs is inside the container. Without /run/libvirt guests look shut off and can be started twice; without /var/lib/libvirt libvirt kills them when it reconnects.',
    remedy: 'write `DIRECTORY:DIRECTORY` under `volumes`, in the old release and in the new one',
  },
  BIND_MISSING: {
    severity: 'warn',
    meaning:
      'A directory that guests, consoles or definitions need is not on the host: a replacement loses it.',
    remedy: 'write `DIRECTORY:DIRECTORY` under `volumes`',
  },
  MACHINED_UNREACHABLE: {
    severity: 'warn',
    meaning:
      'libvirt cannot reach systemd-machined, which would give each guest its own scope outside every container.',
    remedy:
      'write `/run/dbus:/run/dbus` under `volumes`; without machined on the host, guests depend on the image’s hook or on `--rescue`',
  },
  NETWORK_NOT_HOST: {
    severity: 'warn',
    meaning: 'Bridges, taps and sockets are in a network namespace that disappears with the container.',
    remedy: 'write `network_mode: host`',
  },
  GRANT_INSIDE_BIND: {
    severity: 'warn',
    meaning:
      'A secret or config is mounted inside a bind mount: the engine creates an empty file for it on the host and leaves it there.',
    remedy:
      'give it a `target` outside of bind mounts, or bind smaller directories (/run/libvirt and /run/dbus instead of /run)',
  },
  VIRTLOGD_INSIDE: {
    severity: 'warn',
    meaning:
      'virtlogd runs in libvirt’s container and dies with it: the console logs of running guests then stop permanently.',
    remedy:
      'give virtlogd its own service with `x-anneal: {replace: when-idle}`, or set stdio_handler = "file" in qemu.conf',
  },
  VIRTLOGD_MISSING: {
    severity: 'info',
    meaning: 'No service runs virtlogd: libvirt must let QEMU write console logs itself.',
    remedy: 'set stdio_handler = "file" in qemu.conf, or add a virtlogd service',
  },
  IMAGE_FLOATING: {
    severity: 'warn',
    meaning: 'The image has the tag `latest` or no tag: its version is unknown.',
    remedy: 'name a version, then pin it with `anneal node lock`',
  },
  RESTART_MISSING: {
    severity: 'warn',
    meaning: 'Nothing starts the container again after a crash or a reboot.',
    remedy: 'write `restart: unless-stopped`',
  },
  RESTART_ALWAYS: {
    severity: 'warn',
    meaning:
      'The engine starts the container whenever the engine starts, even if it was stopped. It would then run beside its successor.',
    remedy: 'write `restart: unless-stopped`',
  },
  STOP_GRACE_SHORT: {
    severity: 'warn',
    meaning: 'The engine kills the service before it can finish its work on a guest.',
    remedy: 'set a longer stop_grace_period',
  },
  LIBVIRT_UNDECLARED: {
    severity: 'refuse',
    meaning:
      'A service runs libvirt and the file does not declare it: Anneal could not check that libvirt sees the guests again.',
    remedy: 'add `x-anneal: {libvirt: {service: NAME}}` at the top level',
  },
  COMPUTE_BEFORE_LIBVIRT: {
    severity: 'warn',
    meaning:
      'Nova’s compute service runs while libvirt is down. It disables itself, and returns about 25 s after libvirt.',
    remedy: 'make it depend on the libvirt service: then it stops first and starts last',
  },
  GUESTS_EXPENDABLE: {
    severity: 'warn',
    meaning: 'The release allows this service to kill guests when it stops.',
    remedy: 'remove `guests: expendable` unless you can lose these guests',
  },
  NO_EFFECT: {
    severity: 'info',
    meaning: 'A key of the file matters to Compose but not to a release.',
    remedy: 'remove it, or keep it for Compose',
  },
} as const satisfies FindingTable

export type LintCode = keyof typeof LINT_FINDINGS

export const lintFinding = findingsOf(LINT_FINDINGS)
