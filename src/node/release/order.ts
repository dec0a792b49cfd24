import { raise } from './errors.ts'
import type { Path, Problems } from './problem.ts'
import type { ServiceDraft } from './release.ts'
import { compareText } from './tree.ts'

/**
 * Services in start order: dependencies first, then by `order`, then by name. The reverse is the stop order.
 * Notes unknown dependencies, circles, and orders that contradict a dependency.
 */
export function startOrder(services: readonly ServiceDraft[], problems: Problems): readonly ServiceDraft[] {
  const byName = new Map(services.map((service) => [service.name, service]))
  for (const service of services) checkDependencies(service, byName, problems)

  const waiting = services.toSorted((a, b) => a.order - b.order || compareText(a.name, b.name))
  const started: ServiceDraft[] = []
  while (waiting.length > 0) {
    const done = (name: string): boolean =>
      !byName.has(name) || started.some((service) => service.name === name)
    const index = waiting.findIndex((service) => service.dependsOn.every((needed) => done(needed.service)))
    if (index === -1) {
      const names = waiting.map((service) => service.name)
      const first = names[0] ?? ''
      const inCircle = circle(first, byName)
      const cycle =
        inCircle.length === 1
          ? `${inCircle[0]} depends on itself`
          : `${inCircle.join(', ')} depend on each other`
      problems.add(pathOf(first), raise('DEPENDENCY_CYCLE', { cycle }), 'key')
      return [...started, ...waiting]
    }
    started.push(...waiting.splice(index, 1))
  }
  return started
}

function checkDependencies(
  service: ServiceDraft,
  byName: ReadonlyMap<string, ServiceDraft>,
  problems: Problems,
): void {
  for (const { service: name, condition } of service.dependsOn) {
    const dependency = byName.get(name)
    const data = { service: service.name, dependency: name }
    if (dependency === undefined) {
      problems.add(pathOf(service.name, 'depends_on'), raise('DEPENDENCY_UNKNOWN', data))
      continue
    }
    if (dependency.order > service.order) {
      const orders = { order: service.order, dependencyOrder: dependency.order }
      problems.add(pathOf(service.name, 'depends_on'), raise('ORDER_CONTRADICTS', { ...data, ...orders }))
    }
    const check = dependency.container.healthcheck
    if (
      condition === 'healthy' &&
      (check === undefined || check.test[0] === 'NONE') &&
      dependency.ready.length === 0
    ) {
      problems.add(pathOf(service.name, 'depends_on'), raise('DEPENDENCY_NEVER_HEALTHY', data))
    }
  }
}

/** Names the services of one circle that is reached from `start`. */
function circle(start: string, byName: ReadonlyMap<string, ServiceDraft>): readonly string[] {
  const seen: string[] = []
  const walk = (name: string): readonly string[] | undefined => {
    const index = seen.indexOf(name)
    if (index !== -1) return seen.slice(index)
    seen.push(name)
    for (const { service } of byName.get(name)?.dependsOn ?? []) {
      const found = byName.has(service) ? walk(service) : undefined
      if (found !== undefined) return found
    }
    seen.pop()
    return undefined
  }
  return walk(start) ?? [start]
}

function pathOf(service: string, ...more: string[]): Path {
  return ['services', service, ...more]
}
