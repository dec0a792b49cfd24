import { BASE_WRITTEN } from '../../metal/index.ts'
import type { MetalNode } from '../../metal/index.ts'
import type { BareMetal, Provisioner } from '../../ports/index.ts'
import { clearing, writing } from './instance-changes.ts'

/** Ironic as a provisioner: what is prepared stands in the node's instance_info, and verbs carry the node on. */
export function ironicProvisioner(metal: BareMetal): Provisioner {
  return {
    async prepare(node, wanted) {
      await metal.changeNode(node.uuid, writing(node, wanted))
    },
    async withdraw(node) {
      const changes = clearing(node)
      if (changes.length > 0) await metal.changeNode(node.uuid, changes)
    },
    check: (node) => metal.validate(node.uuid),
    deploy: (node, { configDrive, afterwards = 'boots' } = {}) =>
      metal.provision(node.uuid, 'active', {
        ...(configDrive === undefined ? {} : { configDrive }),
        ...(afterwards === 'off' ? { skippedSteps: BOOT_STEPS } : {}),
      }),
    boot: (node) => metal.provision(node.uuid, 'rebuild'),
    async release(node) {
      await giveBackBase(metal, node)
      await metal.provision(node.uuid, 'deleted')
    },
    power: (node, wanted) => metal.power(node.uuid, wanted),
  }
}

const BOOT_STEPS: readonly string[] = ['deploy.boot_instance']

/**
 * The copy of a base that Ironic's deploy interface `direct` keeps for its agent is removed by `direct` alone, and not by
 * `ramdisk`, with which the node was booted (drivers/modules/agent.py, clean_up).
 */
async function giveBackBase(metal: BareMetal, node: MetalNode): Promise<void> {
  if (!(BASE_WRITTEN in node.instanceInfo) || node.instanceInfo['deploy_interface'] === 'direct') return
  await metal.changeNode(node.uuid, [{ op: 'add', path: '/instance_info/deploy_interface', value: 'direct' }])
}
