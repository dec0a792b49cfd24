import type { Container } from '../container.ts'
import type { Finding } from '../finding.ts'
import { LABELS } from '../release/index.ts'
import { doctorFinding } from './findings.ts'

/** Containers that Kolla names so on a compute node (kolla-ansible, roles nova-cell, neutron and openvswitch). */
const KOLLA_NAMES =
  /^(nova_libvirt|nova_compute|nova_ssh|neutron_[a-z0-9_]+_agent|openvswitch_(db|vswitchd)|kolla_toolbox)$/

/** By the labels that Kolla's images carry, or by its names for containers. Anneal's own may be of Kolla's images, too. */
function isKolla(container: Container): boolean {
  const { labels } = container
  if (labels[LABELS.project] !== undefined) return false
  return (
    labels['kolla_version'] !== undefined ||
    /kolla/i.test(labels['maintainer'] ?? '') ||
    (KOLLA_NAMES.test(container.name) && container.command.includes('kolla_start'))
  )
}

/** Whether a unit of systemd or a kubelet brings the container up, so that its restart policy says nothing. */
export function startedByOther(container: Container): boolean {
  return (
    isKolla(container) || container.pod !== undefined || container.labels['PODMAN_SYSTEMD_UNIT'] !== undefined
  )
}

/** One finding for the node, however many containers it has. */
export function kollaFindings(containers: readonly Container[]): readonly Finding[] {
  const kolla = containers.filter(isKolla)
  if (kolla.length === 0) return []
  const versions = new Set(kolla.flatMap(({ labels }) => labels['kolla_version'] ?? []))
  const dates = new Set(kolla.flatMap(({ labels }) => labels['build-date'] ?? []))
  const names = kolla.map((container) => container.name).toSorted()
  const evidence = [
    `${names.length} containers (${names.slice(0, 5).join(', ')}${names.length > 5 ? ', …' : ''})`,
    ...(versions.size === 0 ? [] : [`Kolla ${[...versions].toSorted().join(', ')}`]),
    ...(dates.size === 0 ? [] : [`images of ${[...dates].toSorted().join(', ')}`]),
  ]
  return [doctorFinding('KOLLA_RECOGNISED', 'node', evidence.join('; '))]
}
