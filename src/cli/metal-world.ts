import { networkMachine } from '../adapters/machine/index.ts'
import {
  chooseCloud,
  glance,
  imageRegistry,
  ironic,
  ironicProvisioner,
  nova,
  openSession,
} from '../adapters/openstack/index.ts'
import { deploymentFiles } from '../adapters/state/index.ts'
import { systemClock } from '../adapters/system/index.ts'
import type { ImageRegistry, MetalWorld } from '../ports/index.ts'
import { CLOUD_FLAGS } from './cloud-flags.ts'
import type { FlagTable, FlagValues } from './command.ts'

export const METAL_FLAGS = {
  ...CLOUD_FLAGS,
  'os-system-scope': {
    kind: 'text',
    placeholder: 'all',
    help: 'ask Ironic with system scope, and not with the project of that cloud',
    environment: 'OS_SYSTEM_SCOPE',
  },
  state: {
    kind: 'text',
    placeholder: 'DIR',
    help: 'directory that keeps the records of deployments',
    default: '/var/lib/anneal',
    environment: 'ANNEAL_STATE',
  },
} as const satisfies FlagTable

export type MetalFlags = FlagValues<typeof METAL_FLAGS>

/** The cloud’s Ironic, and the state directory of this machine. */
export function openMetal(flags: MetalFlags): MetalWorld {
  const session = openSession(chosen(flags.cloud, flags['os-system-scope']))
  const metal = ironic(session)
  return {
    metal,
    provisioner: ironicProvisioner(metal),
    compute: nova(session),
    machine: networkMachine,
    records: deploymentFiles(flags.state),
    clock: systemClock,
  }
}

/** Glance of the cloud, or of another one where Ironic stands alone. */
export function openImages(cloud: string | undefined): ImageRegistry {
  return imageRegistry(glance(openSession(chosen(cloud))))
}

function chosen(name: string | undefined, systemScope?: string) {
  return chooseCloud({ environment: process.env, workingDirectory: process.cwd() }, name, systemScope)
}
