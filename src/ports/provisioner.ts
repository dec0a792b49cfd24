import type { ConfigDrive, InstanceInfo, MetalNode, Validation } from '../metal/index.ts'

/**
 * What carries a machine from prepared to deployed and back, whoever does it: Ironic, or a conductor. The capabilities are
 * those of metal3's `Provisioner` (baremetal-operator, pkg/provisioner/provisioner.go). A call asks and comes back before
 * it is done; what the machine is then tells how far it is. test/fixtures/provisioner-contract.ts holds every
 * implementation to this.
 */
export interface Provisioner {
  /** The machine is to become `wanted`. Of its instance information, what no deployment decides stays. Idempotent. */
  prepare(machine: MetalNode, wanted: InstanceInfo): Promise<void>
  /** Takes away what was prepared. Does nothing where no deployment of Anneal prepared the machine. Idempotent. */
  withdraw(machine: MetalNode): Promise<void>
  /** Whether what was prepared can be deployed, by each part that has a say. Changes nothing. */
  check(machine: MetalNode): Promise<readonly Validation[]>
  /** Deploys what was prepared. The config drive never comes back in an error or a record. */
  deploy(machine: MetalNode, wishes?: DeployOrder): Promise<void>
  /** Boots what was prepared on a machine that is deployed. Its disk is not written. */
  boot(machine: MetalNode): Promise<void>
  /** Ends what is deployed, with everything that was kept for it, and gives the machine back. */
  release(machine: MetalNode): Promise<void>
  /** On: does nothing where it is on. Restarted: off and on again. */
  power(machine: MetalNode, wanted: 'on' | 'restarted'): Promise<void>
}

export type DeployOrder = Readonly<{
  configDrive?: ConfigDrive
  /** `off`: the machine is left off once its disk is written, and does not boot it. By default it boots. */
  afterwards?: 'boots' | 'off'
}>
