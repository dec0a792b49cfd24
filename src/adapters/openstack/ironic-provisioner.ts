import { BASE_WRITTEN, MARK, isManaged } from '../../metal/index.ts'
import type { InstanceInfo, MetalNode, NodeChange } from '../../metal/index.ts'
import type { BareMetal, Provisioner } from '../../ports/index.ts'

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

/** What makes the node's instance information the wanted one. What a deployment does not decide stays as it is. */
function writing(node: MetalNode, wanted: InstanceInfo): readonly NodeChange[] {
  const added = Object.entries(wanted).map(([name, value]): NodeChange => ({
    op: 'add',
    path: member(name),
    value,
  }))
  return [...removals(node, wanted), ...added]
}

/** What takes away again what a deployment of Anneal wrote; nothing where none did. */
function clearing(node: MetalNode): readonly NodeChange[] {
  return node.instanceInfo[MARK] === undefined ? [] : removals(node, {})
}

/** Member by member: Ironic shows asterisks for some, and would keep those if they were sent back with the whole. */
function removals(node: MetalNode, kept: Readonly<Record<string, unknown>>): readonly NodeChange[] {
  return Object.entries(node.instanceInfo)
    .filter(([name, value]) => isManaged(name, value) && !(name in kept))
    .map(([name]) => ({ op: 'remove', path: member(name) }))
}

function member(name: string): string {
  return `/instance_info/${name}`
}
