import { networkMachine } from '../../adapters/machine/index.ts'
import { glance, imageRegistry, ironic, ironicProvisioner, nova } from '../../adapters/openstack/index.ts'
import { deploymentFiles } from '../../adapters/state/index.ts'
import { systemClock } from '../../adapters/system/index.ts'
import type { ImageRegistry, MetalWorld } from '../../ports/index.ts'
import { cloudSession } from '../cloud.ts'
import type { CloudOptions } from '../cloud.ts'

export type MetalOptions = CloudOptions &
  Readonly<{
    /** `all`: asks Ironic with system scope, and not with the project of that cloud. */
    systemScope?: string
    /** Directory that keeps the records of deployments. */
    stateDirectory: string
  }>

/** The Ironic of a cloud, and the state directory of this machine. It logs in when it is first asked. */
export function openMetal(options: MetalOptions): MetalWorld {
  const session = cloudSession(options, options.systemScope)
  const metal = ironic(session)
  return {
    metal,
    provisioner: ironicProvisioner(metal),
    compute: nova(session),
    machine: networkMachine,
    records: deploymentFiles(options.stateDirectory),
    clock: systemClock,
  }
}

/** Glance of a cloud, to look images up in. */
export function openImages(options: CloudOptions): ImageRegistry {
  return imageRegistry(glance(cloudSession(options)))
}
