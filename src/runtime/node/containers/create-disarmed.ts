import { toContainerSpec } from '../../../node/index.ts'
import type { Release, Service } from '../../../node/index.ts'
import type { Containers } from '../../../ports/index.ts'

/** Creates a service's container, unstarted, and such that no reboot starts it before its release is committed. */
export function createDisarmed(
  engine: Containers,
  service: Service,
  release: Release,
  name: string,
): Promise<string> {
  return engine.createContainer({ ...toContainerSpec(service, release), name, restartPolicy: 'no' })
}
