import { MARK, isManaged } from '../../metal/index.ts'
import type { InstanceInfo, MetalNode, NodeChange } from '../../metal/index.ts'

/** What makes the node's instance information the wanted one. What a deployment does not decide stays as it is. */
export function writing(node: MetalNode, wanted: InstanceInfo): readonly NodeChange[] {
  const added = Object.entries(wanted).map(([name, value]): NodeChange => ({
    op: 'add',
    path: member(name),
    value,
  }))
  return [...removals(node, wanted), ...added]
}

/** What takes away again what a deployment of Anneal wrote; nothing where none did. */
export function clearing(node: MetalNode): readonly NodeChange[] {
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
