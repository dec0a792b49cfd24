import type { Container } from '../container.ts'
import type { Finding } from '../finding.ts'
import type { Census } from '../guests/index.ts'
import type { KillSet } from '../kill-set/index.ts'
import type { ProcessTable } from '../process.ts'

type Seen = Readonly<{
  killSets: readonly KillSet[]
  containers: readonly Container[]
  census: Census
  table: ProcessTable
}>

/**
 * Guests whose taps are in the network namespace of a container that stops. The engine takes the way out of that namespace away: the guest
 * runs on, and nobody reaches it. `when`: a plan refuses, doctor warns.
 */
export function networkEnds(seen: Seen, when: 'plan' | 'doctor'): readonly Finding[] {
  const { killSets, containers, census, table } = seen
  const netOf = (pid: number): number | undefined =>
    table.processes.find((process) => process.pid === pid)?.namespaces?.net
  return killSets.flatMap(({ containerId }): Finding[] => {
    const container = containers.find(({ id }) => id === containerId)
    if (container === undefined || !isOwn(container.networkMode)) return []
    const net = netOf(container.pid)
    if (net === undefined || net === netOf(1)) return []
    const guests = census.guests.filter(({ identity }) => identity.namespaces?.net === net)
    if (guests.length === 0) return []
    const names = guests.map(({ name }) => `"${name}"`).join(', ')
    return [
      {
        code: 'GUEST_NETWORK_ENDS',
        severity: when === 'plan' ? 'refuse' : 'warn',
        subject: container.name,
        evidence: `${names} ${guests.length === 1 ? 'has its' : 'have their'} network in a namespace of this container (its network is "${container.networkMode}"): once it stops, nobody reaches ${guests.length === 1 ? 'it' : 'them'}`,
        remedy:
          'migrate these guests or shut them down first, and start them again under a release with `network_mode: host`',
      },
    ]
  })
}

/** That of another container, or of a path, stays where that one does; `none` has no way out. */
function isOwn(networkMode: string): boolean {
  return networkMode !== 'host' && networkMode !== 'none' && !/^(container|ns):/.test(networkMode)
}
