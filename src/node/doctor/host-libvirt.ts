import type { Container } from '../container.ts'
import type { Finding } from '../finding.ts'
import { workloadOfContainer } from '../release/index.ts'
import { doctorFinding } from './findings.ts'

/** How libvirt of the host's packages goes together with itself, and with that of a container. */
export function hostLibvirtFindings(
  hostLibvirts: readonly Container[],
  containers: readonly Container[],
): readonly Finding[] {
  const up = hostLibvirts.filter(({ status }) => status === 'running')
  const mixed = up.flatMap(({ hostUnit }) =>
    hostUnit?.rival === undefined ? [] : [`${hostUnit.unit} and ${hostUnit.rival}`],
  )
  const own = containers.find(
    (one) => one.status === 'running' && workloadOfContainer(one).role === 'libvirt',
  )
  const beside = own === undefined ? [] : up.map((host) => both(host, own))
  return [
    ...mixed.slice(0, 1).map((which) => doctorFinding('HOST_LIBVIRT_MIXED', 'node', `${which} are up`)),
    ...beside.map((evidence) => doctorFinding('HOST_LIBVIRT_BESIDE', 'node', evidence)),
  ]
}

function both({ pid, hostUnit }: Container, { name }: Container): string {
  return pid === 0
    ? `sockets of ${hostUnit?.unit} listen, and container ${name} runs libvirt`
    : `${hostUnit?.unit} runs (pid ${pid}), and so does container ${name}`
}
