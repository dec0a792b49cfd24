import { toContainerSpec } from '../node/index.ts'
import type { Release, Service } from '../node/index.ts'
import type { Engine } from '../ports/index.ts'

/** Creates a service's container, unstarted, and such that no reboot starts it before its release is committed. */
export function createDisarmed(
  engine: Engine,
  service: Service,
  release: Release,
  name: string,
): Promise<string> {
  return engine.createContainer({ ...toContainerSpec(service, release), name, restartPolicy: 'no' })
}
