import type { AnnealError } from '../../core/index.ts'
import { raise } from '../errors.ts'
import type { MetalNode } from '../node.ts'
import type { Server } from '../server.ts'
import { examineNode } from './examine.ts'
import type { Examination } from './examine.ts'
import type { DeployPlan } from './plan.ts'

/** How a node and the server of this deployment, where there is one, meet it. */
export function examineServer(node: MetalNode, server: Server | undefined, plan: DeployPlan): Examination {
  const no = (error: AnnealError): Examination => ({ ok: false, error })
  // A server that failed is removed and asked for again; until then its node may still be in its name.
  if (server === undefined || server.status === 'ERROR') {
    const free = server !== undefined && node.instanceUuid === server.id
    return free ? { ok: true, enter: 'preparing' } : examineNode(node, plan)
  }
  if (node.maintenance) {
    const reason = node.maintenanceReason ?? node.fault ?? 'no reason is noted'
    const action = `deploy on node "${plan.node.name}"`
    return no(raise('METAL_NODE_MAINTENANCE', { action, node: plan.node.name, reason }))
  }
  if (server.status === 'BUILD') return { ok: true, enter: 'deploying' }
  const isBehind = node.instanceUuid === server.id
  if (server.status === 'ACTIVE' && !isBehind) return { ok: true, enter: 'deploying' }
  if ((server.status === 'ACTIVE' || server.status === 'SHUTOFF') && isBehind)
    return { ok: true, enter: 'proving' }
  return no(
    raise('METAL_NODE_OCCUPIED', {
      node: plan.node.name,
      by: `server ${server.id} of Nova, in status ${server.status},`,
      remedy: `wait for it, or take it away: \`anneal metal undeploy ${plan.node.name}\``,
    }),
  )
}
