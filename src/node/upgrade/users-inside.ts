import type { Finding } from '../finding.ts'
import { hostPathOf } from '../host-path.ts'
import type { Plan } from './plan.ts'

/** Where saslpasswd2 keeps the users of libvirt: as the file that libvirt brings names it, and as Cyrus SASL does by itself. */
export const SASL_USERS = ['/etc/libvirt/passwd.db', '/etc/sasldb2'] as const

/** A container that is, or one that a release would make: then nothing was written in it yet. */
type Place = Readonly<{
  name: string
  mounts: Parameters<typeof hostPathOf>[0]
  /** Those of the files that are in its own layer; on the host, where it is the host's libvirt. */
  written: readonly string[]
  isHost?: true
}>

/**
 * Users that somebody made in a running container (`docker exec … saslpasswd2`, as Kolla does after each new container) are in its own
 * layer: the next container does not have them, and its libvirt refuses nova-compute. On the way back it may be another container than
 * the one that was adopted, which Kolla has made since.
 */
export function usersInside(plan: Pick<Plan, 'kind'>, old: Place, next: Place): readonly Finding[] {
  const has = ({ mounts, written }: Place, path: string): boolean =>
    hostPathOf(mounts, path) !== undefined || written.includes(path)
  // Any program of a host may have written the file of Cyrus SASL.
  const kept = SASL_USERS.filter((path) => old.isHost !== true || path.startsWith('/etc/libvirt/'))
  return kept
    .filter((path) => old.written.includes(path) && !has(next, path))
    .map((path) => {
      const held = hostPathOf(old.mounts, path)
      const isHost = old.isHost === true
      const where = isHost
        ? 'a file of the host'
        : held === undefined
          ? `inside of container "${old.name}"`
          : `${held} for container "${old.name}"`
      const name = path.slice(path.lastIndexOf('/') + 1)
      const copied = isHost
        ? `add \`${path}:${path}\` to \`volumes\` of service "${next.name}"`
        : `copy the file to the host, into a directory that only root can read (\`docker cp ${old.name}:${path} DIRECTORY/\`, or \`podman cp\`), and add \`DIRECTORY/${name}:${path}\` to \`volumes\` of service "${next.name}"`
      return {
        code: 'LIBVIRT_USERS_INSIDE',
        severity: plan.kind === 'rollback' ? 'warn' : 'refuse',
        subject: next.name,
        evidence: `${path}, libvirt's users and passwords for SASL, is ${where}: the libvirt of "${next.name}" would not have it, and refuse nova-compute and live migrations`,
        remedy:
          plan.kind === 'rollback'
            ? `copy the file into the container first (\`docker cp\`, \`podman cp\`), or make the users again in it afterwards (\`saslpasswd2 -a libvirt NAME\`; Kolla does so when it makes the container)`
            : copied,
      }
    })
}
