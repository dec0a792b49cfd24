import type { ContainerSpec } from '../../ports/index.ts'

/** A container that gets nothing of the host, no network and no restart policy, but for what `spec` says. */
export function plainSpec<Spec extends Pick<ContainerSpec, 'name' | 'image'> & Partial<ContainerSpec>>(
  spec: Spec,
): ContainerSpec & Spec {
  return { ...PLAIN, ...spec }
}

const PLAIN = {
  labels: {},
  environment: {},
  privileged: false,
  capAdd: [],
  capDrop: [],
  securityOpt: [],
  devices: [],
  networkMode: 'none',
  mounts: [],
  ulimits: {},
  sysctls: {},
  restartPolicy: 'no',
  extraHosts: [],
} as const satisfies Partial<ContainerSpec>
