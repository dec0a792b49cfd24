import type { Finding } from '../../finding.ts'
import type { Notice } from '../reader.ts'
import { formatPath } from '../problem.ts'
import type { ReleaseDraft, ServiceDraft } from '../release.ts'
import { lintFinding } from './findings.ts'
import { lintWorkload } from './rules.ts'
import { workloadOfService } from './workload.ts'
import type { Role } from './workload.ts'

/** What speaks against one service, whatever release it is in. */
function lintService(service: ServiceDraft): readonly Finding[] {
  return lintWorkload(workloadOfService(service))
}

/** What speaks against a release: its services, how they go together, and what of the file has no effect. */
export function lintRelease(draft: ReleaseDraft, notices: readonly Notice[] = []): readonly Finding[] {
  return [
    ...draft.services.flatMap((service) => lintService(service)),
    ...lintTogether(draft),
    ...notices.map(({ path, key, why }) => lintFinding('NO_EFFECT', formatPath(path), `"${key}": ${why}`)),
  ]
}

function lintTogether(draft: ReleaseDraft): readonly Finding[] {
  const withRole = (role: Role): readonly ServiceDraft[] =>
    draft.services.filter((service) => workloadOfService(service).role === role)
  const findings: Finding[] = []
  const [libvirt] = withRole('libvirt')
  if (libvirt === undefined) return findings
  if (draft.libvirt === undefined) {
    const remedy = `add \`x-anneal: {libvirt: {service: ${libvirt.name}}}\` at the top level`
    findings.push(lintFinding('LIBVIRT_UNDECLARED', libvirt.name, 'it runs libvirt', { remedy }))
  }
  // An entry point that does not name the daemon may start virtlogd, too, as Kolla's does.
  const { startsVirtlogd, namesDaemon } = workloadOfService(libvirt)
  if (withRole('virtlogd').length === 0 && !startsVirtlogd && namesDaemon) {
    findings.push(lintFinding('VIRTLOGD_MISSING', libvirt.name, 'no service of this release runs virtlogd'))
  }
  // Services are in start order.
  const rank = (service: ServiceDraft): number => draft.services.indexOf(service)
  for (const compute of withRole('compute').filter((service) => rank(service) < rank(libvirt))) {
    findings.push(
      lintFinding(
        'COMPUTE_BEFORE_LIBVIRT',
        compute.name,
        `it starts before "${libvirt.name}" and stops after it`,
      ),
    )
  }
  return findings
}
