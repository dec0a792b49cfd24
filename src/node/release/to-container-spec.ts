import type { ContainerSpec } from './container-spec.ts'
import { containerLabels, containerName } from './names.ts'
import type { Release, Service } from './release.ts'

/** What an engine needs to create the service's container in this release. */
export function toContainerSpec(service: Service, release: Pick<Release, 'id' | 'project'>): ContainerSpec {
  return {
    ...service.container,
    name: containerName(release.project, service.name, release.id),
    image: service.image,
    labels: { ...service.container.labels, ...containerLabels(release, service) },
    restartPolicy: service.restart,
    stopGraceMs: service.stopGraceMs,
  }
}
