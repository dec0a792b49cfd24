import { networkMachine, passedOnConsole } from '../../adapters/machine/index.ts'
import { glance, imageRegistry, ironic, ironicProvisioner, nova } from '../../adapters/openstack/index.ts'
import { deploymentFiles } from '../../adapters/state/index.ts'
import { systemClock } from '../../adapters/system/index.ts'
import type { ImageRegistry, MetalWorld } from '../../ports/index.ts'
import { cloudSession } from '../cloud.ts'
import type { CloudOptions } from '../cloud.ts'
import type { Environment } from '../environment.ts'

/** `conductor:UUID` is the console of a node that the conductor passes on. */
const CONDUCTOR = 'conductor:'

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
  const provisioner = ironicProvisioner(ironic(session))
  return {
    provisioner,
    compute: nova(session),
    machine: {
      ...networkMachine,
      openConsole: (source, from) =>
        source.startsWith(CONDUCTOR)
          ? passedOnConsole((signal) => provisioner.listen(source.slice(CONDUCTOR.length), signal))
          : networkMachine.openConsole(source, from),
    },
    records: deploymentFiles(options.stateDirectory),
    clock: systemClock,
  }
}

/** Images of OCI registries; logins are those of `podman login` and `docker login`. */
export function openArtifactImages(environment: Environment): ImageRegistry {
  return {
    async find(image) {
      // What reads registries is loaded where one is named.
      const { artifactImages } = await import('../../adapters/container-image/index.ts')
      return artifactImages({ env: environment }).find(image)
    },
  }
}

/** Glance of a cloud, to look images up in. */
export function openImages(options: CloudOptions): ImageRegistry {
  return imageRegistry(glance(cloudSession(options)))
}
