import type { Container } from '../container.ts'
import type { Deployment } from './plan.ts'

/** What must hold of a node at rest. The crash tests and `anneal node status` ask the same function. */
export type Breach = Readonly<{
  code: 'SERVICE_DOWN' | 'STRANGER_RUNS' | 'STRANGER_ARMED' | 'CONTAINER_GONE'
  subject: string
  detail: string
}>

/**
 * INVARIANTS at rest:
 * 1. every container of the current release runs;
 * 2. no other container of the project runs;
 * 3. no other container of the project would be started by the engine after a reboot.
 */
export function breachesAtRest(
  current: Deployment | undefined,
  containers: readonly Container[],
): readonly Breach[] {
  const wanted = new Set(current?.services.map((service) => service.containerName))
  const missing = (current?.services ?? []).flatMap((service): Breach[] => {
    const container = containers.find((candidate) => candidate.name === service.containerName)
    if (container === undefined) {
      return [
        {
          code: 'CONTAINER_GONE',
          subject: service.name,
          detail: `container "${service.containerName}" is gone`,
        },
      ]
    }
    if (container.status === 'running') return []
    return [
      {
        code: 'SERVICE_DOWN',
        subject: service.name,
        detail: `container "${container.name}" is ${container.status}`,
      },
    ]
  })
  const strangers = containers
    .filter((container) => !wanted.has(container.name))
    .flatMap((container): Breach[] => {
      const found: Breach[] = []
      if (container.status === 'running' || container.status === 'restarting') {
        found.push({
          code: 'STRANGER_RUNS',
          subject: container.name,
          detail: `"${container.name}" runs beside the release`,
        })
      }
      if (container.restartPolicy !== 'no') {
        found.push({
          code: 'STRANGER_ARMED',
          subject: container.name,
          detail: `"${container.name}" would be started by the engine after a reboot (${container.restartPolicy})`,
        })
      }
      return found
    })
  return [...missing, ...strangers]
}
