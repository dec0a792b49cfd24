import type { DeploymentPlan } from '../../contract/index.ts'
import type { MetalNode } from '../node.ts'
import { instanceInfoOf } from './instance-info.ts'
import type { DeployPlan } from './plan.ts'

/** A plan as its document says it: what the machine is prepared for stands there as Ironic is told it. */
export function shownPlan(
  { prepares, boots, ...plan }: DeployPlan,
  node: Pick<MetalNode, 'driverInfo'>,
): DeploymentPlan {
  return {
    ...plan,
    instanceInfo: prepares === undefined ? {} : instanceInfoOf(prepares, node),
    ...(boots === undefined ? {} : { bootInfo: instanceInfoOf(boots, node) }),
  }
}
