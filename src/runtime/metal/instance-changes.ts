import { MANAGED, MARK } from '../../metal/index.ts'
import type { DeployPlan, MetalNode, NodeChange } from '../../metal/index.ts'

/** What makes the node's instance information that of the plan. What a deployment does not decide stays as it is. */
export function writing(node: MetalNode, plan: DeployPlan): readonly NodeChange[] {
  const wanted = Object.entries(plan.instanceInfo).map(([name, value]): NodeChange => ({
    op: 'add',
    path: member(name),
    value,
  }))
  return [...removals(node, plan.instanceInfo), ...wanted]
}

/** What takes away again what a deployment of Anneal wrote; nothing where none did. */
export function clearing(node: MetalNode): readonly NodeChange[] {
  return node.instanceInfo[MARK] === undefined ? [] : removals(node, {})
}

/** Member by member: Ironic shows asterisks for some, and would keep those if they were sent back with the whole. */
function removals(node: MetalNode, kept: Readonly<Record<string, unknown>>): readonly NodeChange[] {
  return MANAGED.filter((name) => name in node.instanceInfo && !(name in kept)).map((name) => ({
    op: 'remove',
    path: member(name),
  }))
}

function member(name: string): string {
  return `/instance_info/${name}`
}
