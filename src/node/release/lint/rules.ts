import type { Finding } from '../../finding.ts'
import { parseImageReference } from '../image-reference.ts'
import { LINT_FINDINGS, lintFinding } from './findings.ts'
import type { LintCode } from './findings.ts'
import { mountedFrom } from './workload.ts'
import type { Role, Workload } from './workload.ts'

/** A directory of the host that a service needs, and what happens without it. */
type Missing = Readonly<{ path: string; without: string }>

/** One rule: what it says of a workload, as evidence; nothing where all is well. */
type Rule = Readonly<{
  code: LintCode
  roles?: readonly Role[]
}> &
  Readonly<
    | { evidence: (it: Workload) => readonly string[] }
    /** The remedy is then the line that mounts the directory. */
    | { missing: (it: Workload) => readonly Missing[] }
  >

const NODE_ROLES = ['libvirt', 'virtlogd', 'compute', 'network'] as const

/** Below these a service is cut off in its work; the engines' default is 10 s. */
const MINIMUM_GRACE_MS: Readonly<Record<Role, number>> = {
  libvirt: 10_000,
  virtlogd: 5000,
  // oslo.service's graceful_shutdown_timeout is 60 s; half of it covers what usually goes on.
  compute: 30_000,
  network: 30_000,
  other: 0,
}

/** facts measured with libvirt 9.0 and 11.3: what happens without each of them. */
const STATE_DIRECTORIES: readonly Missing[] = [
  { path: '/run/libvirt', without: 'running guests look shut off, and can be started twice' },
  { path: '/var/lib/libvirt', without: 'guests are killed when libvirt reconnects to them' },
]

const OTHER_DIRECTORIES: readonly (Missing & Readonly<{ roles: readonly Role[] }>)[] = [
  {
    path: '/dev',
    roles: ['libvirt'],
    without: '`virsh console` of running guests ends, and host devices are not seen',
  },
  { path: '/etc/libvirt/qemu', roles: ['libvirt'], without: 'definitions are lost once their guests stop' },
  {
    path: '/var/log/libvirt',
    roles: ['libvirt', 'virtlogd'],
    without: 'guests’ logs are lost with the container',
  },
  {
    path: '/var/lib/nova',
    roles: ['libvirt', 'compute', 'virtlogd'],
    without: 'Nova’s instance disks and console logs live in the container',
  },
  {
    path: '/run/libvirt',
    roles: ['compute', 'virtlogd'],
    without: 'the socket cannot be shared with libvirt',
  },
]

const RULES: readonly Rule[] = [
  { code: 'SECRET_IN_ENVIRONMENT', evidence: (it) => list(it.secretVariables) },
  { code: 'SECRET_IN_ARGUMENTS', evidence: (it) => list(it.secretOptions) },
  {
    code: 'PID_NAMESPACE_PRIVATE',
    roles: ['libvirt'],
    evidence: (it) => when(it.pidMode !== 'host', `its pid namespace is ${it.pidMode}`),
  },
  {
    code: 'PRIVILEGED_WITHOUT_HOST_PID',
    roles: ['virtlogd', 'compute', 'network', 'other'],
    evidence: (it) =>
      when(it.privileged && it.pidMode === 'private', 'privileged, with a pid namespace of its own'),
  },
  { code: 'CGROUP_BIND_MISSING', roles: ['libvirt'], evidence: cgroupBind },
  {
    code: 'CGROUP_NAMESPACE_PRIVATE',
    roles: ['libvirt'],
    evidence: (it) => when(it.cgroupnsMode !== 'host', 'its cgroup namespace is not the host’s'),
  },
  {
    code: 'STATE_NOT_PERSISTENT',
    roles: ['libvirt'],
    missing: (it) => STATE_DIRECTORIES.filter(({ path }) => mountedFrom(it.mounts, path) === undefined),
  },
  {
    code: 'BIND_MISSING',
    missing: (it) =>
      OTHER_DIRECTORIES.filter(
        ({ path, roles }) => roles.includes(it.role) && mountedFrom(it.mounts, path) === undefined,
      ),
  },
  {
    code: 'MACHINED_UNREACHABLE',
    roles: ['libvirt'],
    evidence: (it) => when(mountedFrom(it.mounts, '/run/dbus') === undefined, '/run/dbus is not mounted'),
  },
  {
    code: 'NETWORK_NOT_HOST',
    roles: ['libvirt', 'compute', 'network'],
    evidence: (it) => when(it.networkMode !== 'host', `its network is "${it.networkMode}"`),
  },
  {
    code: 'GRANT_INSIDE_BIND',
    evidence: (it) =>
      it.grants.flatMap((target) => {
        const others = it.mounts.filter((mount) => mount.target !== target)
        const around = mountedFrom(others, target)
        return around?.type === 'bind' ? [`${target} is inside the bind of ${around.source}`] : []
      }),
  },
  {
    code: 'VIRTLOGD_INSIDE',
    roles: ['libvirt'],
    evidence: (it) => when(it.startsVirtlogd, 'its command starts virtlogd along with libvirt'),
  },
  { code: 'IMAGE_FLOATING', evidence: floatingImage },
  {
    code: 'RESTART_MISSING',
    roles: NODE_ROLES,
    evidence: (it) => when(it.restart === 'no', 'its restart policy is "no"'),
  },
  {
    code: 'RESTART_ALWAYS',
    evidence: (it) => when(it.restart === 'always', 'its restart policy is "always"'),
  },
  {
    code: 'STOP_GRACE_SHORT',
    roles: NODE_ROLES,
    evidence: (it) => {
      const minimum = MINIMUM_GRACE_MS[it.role]
      const given = it.stopGraceMs ?? Number.POSITIVE_INFINITY
      return when(
        given < minimum,
        `${given / 1000} s, and ${minimum / 1000} s is the least for a ${it.role} service`,
      )
    },
  },
  {
    code: 'GUESTS_EXPENDABLE',
    roles: NODE_ROLES,
    evidence: (it) => when(it.guests === 'expendable', 'x-anneal.guests is "expendable"'),
  },
]

/** Everything that the rules say of one workload. */
export function lintWorkload(it: Workload): readonly Finding[] {
  return RULES.filter((rule) => rule.roles === undefined || rule.roles.includes(it.role)).flatMap((rule) =>
    'evidence' in rule
      ? rule.evidence(it).map((evidence) => lintFinding(rule.code, it.subject, evidence))
      : rule.missing(it).map((one) => missingFinding(rule.code, it.subject, one)),
  )
}

function missingFinding(code: LintCode, subject: string, { path, without }: Missing): Finding {
  const remedy = LINT_FINDINGS[code].remedy.replaceAll('DIRECTORY', path)
  return lintFinding(code, subject, `${path} is not mounted: ${without}`, { remedy })
}

function cgroupBind(it: Workload): readonly string[] {
  const mount = mountedFrom(it.mounts, '/sys/fs/cgroup')
  if (mount === undefined) return ['/sys/fs/cgroup is not mounted']
  if (mount.type !== 'bind' || !['/sys/fs/cgroup', '/sys'].includes(mount.source.replace(/(.)\/$/, '$1'))) {
    return [`/sys/fs/cgroup is mounted from ${mount.source}`]
  }
  return when(mount.readOnly, '/sys/fs/cgroup is mounted read-only')
}

function floatingImage(it: Workload): readonly string[] {
  const reference = parseImageReference(it.image)
  if (reference?.kind !== 'tag') return []
  return when(reference.tag === undefined || reference.tag === 'latest', `"${it.image}"`)
}

function when(wrong: boolean, evidence: string): readonly string[] {
  return wrong ? [evidence] : []
}

function list(names: readonly string[]): readonly string[] {
  return names.length === 0 ? [] : [names.join(', ')]
}
