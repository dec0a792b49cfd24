import type { Container } from '../../node/index.ts'

/**
 * The kubelet starts a container again as another of the same name, and keeps the last ones that ended; a pod whose sandbox
 * is gone gets a new one. The one that runs, else the youngest, keeps the name; the others get the beginning of their id.
 */
export function uniqueNames(containers: readonly Container[]): readonly Container[] {
  const first = new Map<string, Container>()
  for (const one of containers.toSorted(byAge)) if (!first.has(one.name)) first.set(one.name, one)
  return containers.map((one) =>
    first.get(one.name) === one ? one : { ...one, name: `${one.name}@${one.id.slice(0, 12)}` },
  )
}

/** Those that run first, then the youngest. */
function byAge(a: Container, b: Container): number {
  const runs = Number(b.status === 'running') - Number(a.status === 'running')
  return runs === 0 ? (b.startedAt ?? '').localeCompare(a.startedAt ?? '') : runs
}
