import type { AnnealError } from '../core/index.ts'
import { raise } from './errors.ts'
import type { MetalNode } from './node.ts'

/** A node in maintenance is left alone: somebody is at it. Throws METAL_NODE_MAINTENANCE. */
export function refuseMaintenance(node: MetalNode, action: string): void {
  if (node.maintenance) throw inMaintenance(node, action)
}

export function inMaintenance(node: MetalNode, action: string): AnnealError {
  const reason = node.maintenanceReason ?? node.fault ?? node.lastError ?? 'no reason is noted'
  return raise('METAL_NODE_MAINTENANCE', { action, node: node.name ?? node.uuid, reason })
}
